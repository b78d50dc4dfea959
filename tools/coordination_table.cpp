// coordination-table DATA.h5 SPLIT: rows {atomic number, low, high} for evaluate/metal_coordination.cpp, the
// numbers of bonds to other than metals that all but 0.2 % of an element's atoms at either end have.
#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <map>
#include <string>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "data/dataset.h"

namespace {

constexpr double kTail = 0.002;
constexpr int64_t kFewest = 50;

using Counts = std::map<int, int64_t>;  // bonds -> atoms

void print_row(int atomic_number, const Counts& counts) {
  int64_t total = 0;
  for (const auto& [bonds, atoms] : counts) total += atoms;
  if (total < kFewest) return;
  int64_t sum = 0;
  int low = 0, high = 0;
  for (const auto& [bonds, atoms] : counts) {
    const auto before = static_cast<double>(sum);
    sum += atoms;
    const auto n = static_cast<double>(total);
    if (before <= kTail * n && static_cast<double>(sum) > kTail * n) low = std::max(1, bonds);
    if (before < (1 - kTail) * n && static_cast<double>(sum) >= (1 - kTail) * n) high = bonds;
  }
  std::cout << fmt::format("{{{}, {}, {}}}, ", atomic_number, low, high);
}

void print_table(const std::string& path, const std::string& split) {
  const auto dataset = clamp::data::Dataset::open(path);
  std::map<int, Counts> counts;
  for (int64_t k = 0; k < dataset.size(); ++k) {
    if (dataset.split(k) != split) continue;
    const auto crystal = dataset.read_crystal(k);
    const auto& z = crystal.atomic_numbers;
    std::vector<int> bonds(z.size(), 0);
    for (const auto& bond : clamp::perceive_bonds(crystal)) {
      bonds[bond.i] += clamp::is_metal(z[bond.j]) ? 0 : 1;
      bonds[bond.j] += clamp::is_metal(z[bond.i]) ? 0 : 1;
    }
    for (size_t i = 0; i < z.size(); ++i) {
      if (clamp::is_metal(z[i])) ++counts[z[i]][bonds[i]];
    }
  }
  for (const auto& [element, of_element] : counts) print_row(element, of_element);
  std::cout << "\n";
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: coordination-table DATA.h5 SPLIT\n";
    return 2;
  }
  try {
    print_table(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
