// Compares our MOF checks with MOFChecker's own flags, flag by flag.
//
//   compare-mofchecker FLAGS.csv FOLDER    FLAGS.csv has the columns id, valid, has_... with True or False
//   (or 1, 0);
//                                          FOLDER holds <id>.cif
//
// Prints a Markdown table: agreement, ours alone, MOFChecker's alone, and the structures that differ.
#include <fmt/format.h>

#include <fstream>
#include <iostream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "core/cif.h"
#include "core/error.h"
#include "evaluate/checks.h"

namespace {

constexpr size_t kMostNamed = 8;  // structures listed a flag

struct Tally {
  int same = 0;
  int ours_alone = 0;
  int theirs_alone = 0;
  std::vector<std::string> differing;
};

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) {
    while (!cell.empty() && cell.back() == '\r') cell.pop_back();
    cells.push_back(cell);
  }
  return cells;
}

void add(Tally& tally, bool ours, bool theirs, const std::string& id) {
  if (ours == theirs) {
    ++tally.same;
    return;
  }
  ++(ours ? tally.ours_alone : tally.theirs_alone);
  tally.differing.push_back(id);
}

void print(const std::string& name, const Tally& tally) {
  const int total = tally.same + tally.ours_alone + tally.theirs_alone;
  std::string named;
  for (size_t k = 0; k < tally.differing.size() && k < kMostNamed; ++k) named += " " + tally.differing[k];
  std::cout << fmt::format("| {} | {:.2f} % | {} | {} |{} |\n", name, 100.0 * tally.same / total,
                           tally.ours_alone, tally.theirs_alone, named);
}

void compare(const std::string& flags_path, const std::string& folder) {
  std::ifstream table(flags_path);
  std::string line;
  if (!std::getline(table, line)) clamp::fail(fmt::format("{}: no table of flags", flags_path));
  const std::vector<std::string> names = split(line);
  std::map<std::string, Tally> tallies;
  while (std::getline(table, line)) {
    const std::vector<std::string> cells = split(line);
    if (cells.size() != names.size()) {
      clamp::fail(
          fmt::format("{}: {} cells in a row, the header has {}", flags_path, cells.size(), names.size()));
    }
    const clamp::evaluate::MofChecks checks =
        clamp::evaluate::check_mof(clamp::read_crystal(folder + "/" + cells[0] + ".cif"));
    for (size_t k = 1; k < names.size(); ++k) {
      const bool theirs = cells[k] == "True" || cells[k] == "1";
      const auto flag = checks.flags.find(names[k]);
      if (names[k] == "valid") add(tallies["valid"], checks.valid, theirs, cells[0]);
      if (flag != checks.flags.end()) add(tallies[names[k]], flag->second, theirs, cells[0]);
    }
  }
  std::cout << "| flag | agreement | ours alone | MOFChecker alone | differing |\n|---|---|---|---|---|\n";
  for (const auto& [name, tally] : tallies) print(name, tally);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: compare-mofchecker FLAGS.csv FOLDER\n";
    return 2;
  }
  try {
    compare(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
