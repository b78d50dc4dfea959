#include "core/bond_graph.h"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <queue>
#include <tuple>

#include "core/elements.h"

namespace clamp {
namespace {

constexpr int kHydrogen = 1;
constexpr int kCarbon = 6;
// A metal-carbon contact of a chelating carboxylate reaches 1.2 x the radii; true metal-carbon bonds stay
// below this.
constexpr double kMetalCarbonTolerance = 1.15;
// A non-metal with this many non-metal bonds (sulfate S, perchlorate Cl, ammonium N) has no pair left for a
// metal.
constexpr int kSaturated = 4;

bool bond_less(const Bond& p, const Bond& q) {
  return std::tie(p.i, p.j, p.shift[0], p.shift[1], p.shift[2]) <
         std::tie(q.i, q.j, q.shift[0], q.shift[1], q.shift[2]);
}

void drop(std::vector<Bond>& bonds, const std::vector<char>& dropped) {
  std::vector<Bond> kept;
  for (size_t k = 0; k < bonds.size(); ++k) {
    if (!dropped[k]) kept.push_back(bonds[k]);
  }
  bonds.swap(kept);
}

/// Hydrogen keeps its shortest bond: to a non-metal if it has one, else to hydrogen or a metal.
void keep_one_bond_of_hydrogen(const std::vector<int>& z, std::vector<Bond>& bonds) {
  struct Best {
    int rank = 3;
    double length = std::numeric_limits<double>::infinity();
    size_t bond = std::numeric_limits<size_t>::max();
  };
  std::vector<Best> best(z.size());
  const auto offer = [&](int64_t hydrogen, int64_t other, size_t bond) {
    const int rank = z[other] == kHydrogen ? 1 : (is_metal(z[other]) ? 2 : 0);
    Best& b = best[hydrogen];
    if (std::tie(rank, bonds[bond].length) < std::tie(b.rank, b.length)) b = {rank, bonds[bond].length, bond};
  };
  for (size_t k = 0; k < bonds.size(); ++k) {
    if (z[bonds[k].i] == kHydrogen) offer(bonds[k].i, bonds[k].j, k);
    if (z[bonds[k].j] == kHydrogen) offer(bonds[k].j, bonds[k].i, k);
  }
  std::vector<char> dropped(bonds.size(), 0);
  for (size_t k = 0; k < bonds.size(); ++k) {
    const bool h_i = z[bonds[k].i] == kHydrogen && best[bonds[k].i].bond != k;
    const bool h_j = z[bonds[k].j] == kHydrogen && best[bonds[k].j].bond != k;
    dropped[k] = h_i || h_j;
  }
  drop(bonds, dropped);
}

/// Metals: no bond to saturated non-metals, short ones only to carbon, to other metals only where little else
/// binds.
void refine_metal_bonds(const std::vector<int>& z, std::vector<Bond>& bonds) {
  std::vector<int> non_metal_bonds(z.size(), 0);
  for (const Bond& b : bonds) {
    if (!is_metal(z[b.j])) ++non_metal_bonds[b.i];
    if (!is_metal(z[b.i])) ++non_metal_bonds[b.j];
  }
  std::vector<char> dropped(bonds.size(), 0);
  for (size_t k = 0; k < bonds.size(); ++k) {
    const Bond& b = bonds[k];
    const bool metal_i = is_metal(z[b.i]);
    const bool metal_j = is_metal(z[b.j]);
    if (metal_i && metal_j) {
      dropped[k] = non_metal_bonds[b.i] >= 2 && non_metal_bonds[b.j] >= 2;
    } else if (metal_i || metal_j) {
      const int64_t other = metal_i ? b.j : b.i;
      const double radii = covalent_radius(z[b.i]) + covalent_radius(z[b.j]);
      dropped[k] = (z[other] == kCarbon && b.length > kMetalCarbonTolerance * radii) ||
                   (z[other] != kHydrogen && non_metal_bonds[other] >= kSaturated);
    }
  }
  drop(bonds, dropped);
}

/// Adds `v` to a lattice basis in echelon form over the rationals; true where the rank grew.
bool add_to_span(std::vector<Vec3>& span, const Vec3i& v) {
  Vec3 rest = v.cast<double>();
  for (const Vec3& s : span) rest -= rest.dot(s) * s;
  if (rest.norm() < 1e-6) return false;
  span.push_back(rest.normalized());
  return true;
}

}  // namespace

std::vector<Bond> perceive_bonds(const Crystal& crystal, const BondOptions& options) {
  const auto& z = crystal.atomic_numbers;
  double largest = 0;
  for (const int number : z) largest = std::max(largest, covalent_radius(number));
  std::vector<Bond> bonds = neighbor_pairs(crystal, 2 * options.tolerance * largest);
  const auto too_long = [&](const Bond& b) {
    return b.length >= options.tolerance * (covalent_radius(z[b.i]) + covalent_radius(z[b.j]));
  };
  bonds.erase(std::remove_if(bonds.begin(), bonds.end(), too_long), bonds.end());
  if (options.refine) {
    keep_one_bond_of_hydrogen(z, bonds);
    refine_metal_bonds(z, bonds);
  }
  std::sort(bonds.begin(), bonds.end(), bond_less);
  return bonds;
}

std::vector<Component> components(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds) {
  const size_t n = atomic_numbers.size();
  std::vector<std::vector<std::pair<int64_t, Vec3i>>> neighbors(n);
  for (const Bond& b : bonds) {
    neighbors[b.i].emplace_back(b.j, b.shift);
    neighbors[b.j].emplace_back(b.i, -b.shift);
  }
  std::vector<Component> found;
  std::vector<char> seen(n, 0);
  std::vector<Vec3i> offset(n, Vec3i::Zero());
  for (size_t root = 0; root < n; ++root) {
    if (seen[root]) continue;
    Component component;
    std::vector<Vec3> span;
    std::queue<int64_t> queue;
    queue.push(static_cast<int64_t>(root));
    seen[root] = 1;
    while (!queue.empty()) {
      const int64_t atom = queue.front();
      queue.pop();
      component.atoms.push_back(atom);
      component.has_metal |= is_metal(atomic_numbers[atom]);
      for (const auto& [other, shift] : neighbors[atom]) {
        const Vec3i reached = offset[atom] + shift;
        if (!seen[other]) {
          seen[other] = 1;
          offset[other] = reached;
          queue.push(other);
        } else if (span.size() < 3) {
          add_to_span(span, reached - offset[other]);
        }
      }
    }
    component.dimension = static_cast<int>(span.size());
    std::sort(component.atoms.begin(), component.atoms.end());
    found.push_back(std::move(component));
  }
  return found;
}

int framework_dimension(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds) {
  int with_metal = -1;
  int any = 0;
  for (const Component& c : components(atomic_numbers, bonds)) {
    any = std::max(any, c.dimension);
    if (c.has_metal) with_metal = std::max(with_metal, c.dimension);
  }
  return with_metal >= 0 ? with_metal : any;
}

}  // namespace clamp
