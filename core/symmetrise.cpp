#include "core/symmetrise.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/bond_graph.h"

namespace clamp {
namespace {

constexpr double kContactReach = 3;          // Å: nearer pairs can overlap
constexpr double kSameNumberDensity = 0.02;  // relative; the cell is averaged too

/// Shortest distance of two atoms, Å; the reach where none is nearer.
double shortest_distance(const Crystal& crystal) {
  double shortest = kContactReach;
  for (const Bond& pair : neighbor_pairs(crystal, kContactReach)) shortest = std::min(shortest, pair.length);
  return shortest;
}

double number_density(const Crystal& crystal) {
  return static_cast<double>(crystal.n_atoms()) / crystal.volume();
}

}  // namespace

std::vector<SymmetryAtTolerance> symmetry_at(const Crystal& crystal, const std::vector<double>& tolerances) {
  std::vector<SymmetryAtTolerance> list;
  for (const double tolerance : tolerances) {
    SymmetryAtTolerance entry;
    entry.symprec = tolerance;
    if (const auto found = find_symmetry(crystal, tolerance)) {
      entry.number = found->number;
      entry.symbol = found->symbol;
      entry.max_move = found->max_move;
    }
    list.push_back(std::move(entry));
  }
  return list;
}

std::string symmetrise_refusal(const Crystal& before, const Crystal& after, double max_move, double symprec) {
  if (max_move > symprec)
    return fmt::format("would move an atom by {:.3f} Å, the tolerance is {} Å", max_move, symprec);
  const double density = number_density(after) / number_density(before);
  if (std::abs(density - 1) > kSameNumberDensity)
    return fmt::format("would change the number of atoms a volume by a factor of {:.2f}", density);
  const double shortest_before = shortest_distance(before);
  const double shortest_after = shortest_distance(after);
  if (shortest_after < shortest_before - 2 * symprec) {
    return fmt::format("would bring two atoms to {:.3f} Å, the nearest were {:.3f} Å apart", shortest_after,
                       shortest_before);
  }
  return "";
}

Symmetrised symmetrise(const Crystal& crystal, double symprec) {
  const auto found = find_symmetry(crystal, symprec);
  if (!found) return {{}, fmt::format("spglib finds no exact symmetry at {} Å", symprec)};
  if (found->number == 1) return {{}, "P1 only"};
  auto cell = conventional_cell(crystal, symprec);
  if (!cell || cell->number != found->number)
    return {{}, fmt::format("{} has no exact conventional cell", found->symbol)};
  const std::string refusal = symmetrise_refusal(crystal, cell->crystal, found->max_move, symprec);
  if (!refusal.empty()) return {{}, fmt::format("{} {}", found->symbol, refusal)};
  return {std::move(cell), ""};
}

}  // namespace clamp
