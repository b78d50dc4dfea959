// Measures the order of metal-ligand bonds for UFF: for each metal type and number of neighbours the median,
// over all such bonds of the structures given, of the order at which the natural length is the real one.
// Prints rows for the table in relax/uff_metal_orders.cpp.
//
//   uff-metal-orders [--least 20] STRUCTURES.cif...
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/cif.h"
#include "core/elements.h"
#include "core/error.h"
#include "relax/uff_terms.h"

namespace {

using Key = std::pair<std::string, int>;

void add_bonds(const clamp::Crystal& crystal, std::map<Key, std::vector<double>>& log_orders) {
  using namespace clamp::relax;
  const auto bonds = clamp::perceive_bonds(crystal);
  const UffGraph graph = make_uff_graph(crystal, bonds);
  const UffTyping typing = assign_uff_types(graph, bonds.size());
  for (size_t k = 0; k < bonds.size(); ++k) {
    const bool metal_i = clamp::is_metal(crystal.atomic_numbers[bonds[k].i]);
    const bool metal_j = clamp::is_metal(crystal.atomic_numbers[bonds[k].j]);
    if (metal_i == metal_j || typing.bonds.order[k] > 1.5) continue;  // no oxo groups
    const auto metal = static_cast<size_t>(metal_i ? bonds[k].i : bonds[k].j);
    const auto ligand = static_cast<size_t>(metal_i ? bonds[k].j : bonds[k].i);
    const UffType& a = *typing.types[metal];
    const UffType& b = *typing.types[ligand];
    const double slope = natural_length(a, b, 1) - natural_length(a, b, std::exp(1.0));  // Å a unit of ln n
    log_orders[{a.name, graph.covalent[metal]}].push_back((natural_length(a, b, 1) - bonds[k].length) /
                                                          slope);
  }
}

}  // namespace

int main(int argc, char** argv) {
  size_t least = 20;
  std::map<Key, std::vector<double>> log_orders;
  for (int k = 1; k < argc; ++k) {
    if (std::string(argv[k]) == "--least" && k + 1 < argc) {
      least = static_cast<size_t>(std::atol(argv[++k]));
      continue;
    }
    try {
      add_bonds(clamp::read_crystal(argv[k]), log_orders);
    } catch (const clamp::Error& error) {
      fmt::print(stderr, "skipped {}: {}\n", argv[k], error.what());
    }
  }
  for (auto& [key, values] : log_orders) {
    if (values.size() < least) continue;
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    fmt::print("    {{\"{}\", {}, {:.2f}}},  // {} bonds\n", key.first, key.second, std::exp(*middle),
               values.size());
  }
  return 0;
}
