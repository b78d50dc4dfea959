// Prints what the library reads from CIFs, one JSON object a block: for comparing our reader with other
// programs (tools/crosscheck_pymatgen.py).
//
//   crystal-facts [--symprec 0.01] FILE...      a FILE of '-' reads paths from stdin, one a line
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/cif.h"
#include "core/error.h"
#include "core/symmetry.h"

namespace {

using nlohmann::json;

json facts_of(const clamp::CifEntry& entry, double symprec) {
  json facts = {{"block", entry.block_name}};
  if (!entry.error.empty()) {
    facts["error"] = entry.error;
    return facts;
  }
  const clamp::Crystal& crystal = entry.crystal;
  facts["n_atoms"] = crystal.n_atoms();
  facts["formula"] = clamp::formula(crystal.atomic_numbers);
  facts["volume"] = crystal.volume();
  facts["space_group_in_file"] = entry.space_group_number;
  const auto symmetry = clamp::find_symmetry(crystal, symprec);
  facts["space_group"] = symmetry ? symmetry->number : 0;
  facts["n_atoms_primitive"] = symmetry ? symmetry->primitive.n_atoms() : 0;
  const auto conventional = clamp::conventional_cell(crystal, symprec);
  facts["conventional_space_group"] = conventional ? conventional->number : 0;
  return facts;
}

void print_file(const std::string& path, double symprec) {
  const auto print = [&](json facts) {
    facts["file"] = path;
    std::cout << facts.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  };
  try {
    for (const clamp::CifEntry& entry : clamp::read_cif_file(path)) print(facts_of(entry, symprec));
  } catch (const clamp::Error& error) {
    print({{"error", error.what()}});
  }
}

}  // namespace

int main(int argc, char** argv) {
  double symprec = 0.01;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  if (arguments.size() >= 2 && arguments[0] == "--symprec") {
    symprec = std::atof(arguments[1].c_str());
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (arguments.empty() || !(symprec > 0)) {
    std::cerr << "usage: crystal-facts [--symprec 0.01] FILE...\n";
    return 2;
  }
  for (const std::string& argument : arguments) {
    if (argument != "-") {
      print_file(argument, symprec);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) print_file(line, symprec);
  }
  return 0;
}
