// Prints what the library reads from CIFs, one JSON object a block: for comparing our reader with other
// programs (tools/crosscheck_pymatgen.py), and writes the structures again for readers of others
// (tools/check_written_files.py).
//
//   crystal-facts [--symprec 0.01] [--write FOLDER] FILE...      a FILE of '-' reads paths from stdin, one a
//   line
//
// --write leaves NUMBER.p1.cif, NUMBER.symmetric.cif and NUMBER.extxyz in FOLDER, with the NUMBER in the
// object.
#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "core/atomic_file.h"
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

struct Options {
  double symprec = 0.01;
  std::string write_folder;
  int n_written = 0;
};

void write_again(const clamp::Crystal& crystal, Options& options, json& facts) {
  const std::string stem = options.write_folder + "/" + std::to_string(options.n_written);
  facts["number"] = options.n_written++;
  clamp::write_file_atomically(stem + ".p1.cif", clamp::cif_text_p1(crystal));
  clamp::write_file_atomically(stem + ".extxyz", clamp::extxyz_frame(crystal, {{"name", crystal.name}}));
  if (const auto conventional = clamp::conventional_cell(crystal, options.symprec)) {
    facts["conventional_n_atoms"] = conventional->crystal.n_atoms();
    facts["conventional_volume"] = conventional->crystal.volume();
    clamp::write_file_atomically(stem + ".symmetric.cif",
                                 clamp::cif_text_symmetric(*conventional, crystal.name));
  }
}

void print_file(const std::string& path, Options& options) {
  const auto print = [&](json facts) {
    facts["file"] = path;
    std::cout << facts.dump(-1, ' ', false, json::error_handler_t::replace) << '\n';
  };
  try {
    for (const clamp::CifEntry& entry : clamp::read_cif_file(path)) {
      json facts = facts_of(entry, options.symprec);
      if (entry.error.empty() && !options.write_folder.empty()) write_again(entry.crystal, options, facts);
      print(facts);
    }
  } catch (const clamp::Error& error) {
    print({{"error", error.what()}});
  }
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  std::vector<std::string> arguments(argv + 1, argv + argc);
  while (arguments.size() >= 2 && (arguments[0] == "--symprec" || arguments[0] == "--write")) {
    if (arguments[0] == "--symprec") {
      options.symprec = std::atof(arguments[1].c_str());
    } else {
      options.write_folder = arguments[1];
    }
    arguments.erase(arguments.begin(), arguments.begin() + 2);
  }
  if (arguments.empty() || !(options.symprec > 0)) {
    std::cerr << "usage: crystal-facts [--symprec 0.01] [--write FOLDER] FILE...\n";
    return 2;
  }
  for (const std::string& argument : arguments) {
    if (argument != "-") {
      print_file(argument, options);
      continue;
    }
    for (std::string line; std::getline(std::cin, line);) print_file(line, options);
  }
  return 0;
}
