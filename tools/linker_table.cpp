// linker-table DATA.h5 SPLIT: rows {name, SMILES} for evaluate/linker_smiles.cpp, from the column
// linker_names and the molecules perceived in the structures: the molecule that goes with a name most
// exclusively (largest cosine of the two occurrences), where at least 80 % of the structures with the name,
// and at least 3, have it. With --check: how many structures of the split with a name of the table have its
// molecule.
#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <iostream>
#include <map>
#include <set>
#include <string>

#include "core/bond_graph.h"
#include "data/caption_columns.h"
#include "data/dataset.h"
#include "evaluate/building_blocks.h"
#include "evaluate/linker_smiles.h"

namespace {

using namespace clamp;

constexpr int64_t kFewest = 3;
constexpr double kLeastShare = 0.8;

std::set<std::string> molecules_of(const Crystal& crystal) {
  const auto blocks = evaluate::building_blocks(crystal.atomic_numbers, perceive_bonds(crystal));
  std::set<std::string> molecules;
  for (const auto& fragment : blocks.fragments) {
    if (fragment.molecule.sane) molecules.insert(evaluate::neutral_smiles(fragment.molecule.smiles));
  }
  return molecules;
}

struct Counts {
  std::map<std::string, int64_t> names, molecules;
  std::map<std::string, std::map<std::string, int64_t>> together;
  int64_t known = 0, found = 0;
};

Counts count(const std::string& path, const std::string& split) {
  const auto dataset = data::Dataset::open(path);
  const auto column = dataset.labels("linker_names");
  Counts counts;
  for (int64_t k = 0; k < dataset.size(); ++k) {
    const auto listed = data::split_words(column[static_cast<size_t>(k)], ';');
    const std::set<std::string> names(listed.begin(), listed.end());
    if (dataset.split(k) != split || names.empty()) continue;
    const auto molecules = molecules_of(dataset.read_crystal(k));
    for (const auto& molecule : molecules) ++counts.molecules[molecule];
    for (const auto& name : names) {
      ++counts.names[name];
      for (const auto& molecule : molecules) ++counts.together[name][molecule];
      const auto smiles = evaluate::linker_smiles(name);
      counts.known += smiles.empty() ? 0 : 1;
      counts.found += molecules.count(smiles) > 0 ? 1 : 0;
    }
  }
  return counts;
}

void print_table(const Counts& counts) {
  for (const auto& [name, of_name] : counts.together) {
    double best = 0;
    std::string smiles;
    for (const auto& [molecule, n] : of_name) {
      const auto both = static_cast<double>(n);
      const double cosine = both / std::sqrt(static_cast<double>(counts.molecules.at(molecule)) *
                                             static_cast<double>(counts.names.at(name)));
      if (cosine > best) smiles = molecule;
      best = std::max(best, cosine);
    }
    const auto n = of_name.at(smiles);
    if (n < kFewest || static_cast<double>(n) < kLeastShare * static_cast<double>(counts.names.at(name))) {
      std::cerr << fmt::format("left out: {} ({} of {} {})\n", name, n, counts.names.at(name), smiles);
      continue;
    }
    std::string escaped;
    for (const char c : smiles) escaped += c == '\\' ? std::string("\\\\") : std::string(1, c);
    std::cout << fmt::format("    {{\"{}\", \"{}\"}},\n", name, escaped);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool check = argc == 4 && std::string(argv[3]) == "--check";
  if (argc != 3 && !check) {
    std::cerr << "usage: linker-table DATA.h5 SPLIT [--check]\n";
    return 2;
  }
  try {
    const Counts counts = count(argv[1], argv[2]);
    if (check) {
      std::cout << fmt::format("{} of {} names are molecules of their structures\n", counts.found,
                               counts.known);
    } else {
      print_table(counts);
    }
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
