#include "core/asymmetric_walk.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>

#include "core/canonical_setting.h"
#include "core/elements.h"
#include "core/error.h"

namespace clamp {
namespace {

// An exactly symmetric crystal maps onto itself within this, in Å.
constexpr double kExact = 1e-3;
constexpr int kHydrogen = 1;
// Refinement rounds of the canonical ranks: enough to tell atoms apart across the asymmetric units of MOFs.
constexpr int kRankRounds = 12;
// A direction that tells the copies of an orbit around an atom apart.
const Vec3 kOblique(1.0, 0.618034, 0.381966);

struct Orbits {
  std::vector<int> of_atom;
  std::vector<int> size;  // of an orbit
};

Orbits find_orbits(const std::vector<std::vector<AtomImage>>& images) {
  const size_t n_atoms = images.front().size();
  Orbits orbits{std::vector<int>(n_atoms, -1), {}};
  for (size_t a = 0; a < n_atoms; ++a) {
    if (orbits.of_atom[a] >= 0) continue;
    const auto orbit = static_cast<int>(orbits.size.size());
    orbits.size.push_back(0);
    for (const auto& by_operation : images) {
      int& of_image = orbits.of_atom[static_cast<size_t>(by_operation[a].atom)];
      if (of_image < 0) ++orbits.size.back();
      of_image = orbit;
    }
  }
  return orbits;
}

/// Ranks of atoms from the bond graph alone (colour refinement): equal for symmetry copies, independent of
/// input order.
std::vector<size_t> graph_ranks(const Crystal& crystal, const std::vector<std::vector<Neighbor>>& neighbors,
                                const Orbits& orbits) {
  const size_t n = neighbors.size();
  using Color = std::vector<size_t>;
  std::vector<Color> colors(n);
  for (size_t a = 0; a < n; ++a) {
    const int z = crystal.atomic_numbers[a];
    // Metals first, then heavy atoms, hydrogen last.
    const size_t kind = is_metal(z) ? 0 : (z == kHydrogen ? 2 : 1);
    colors[a] = {kind, static_cast<size_t>(kMaxAtomicNumber - z), neighbors[a].size(),
                 static_cast<size_t>(orbits.size[static_cast<size_t>(orbits.of_atom[a])])};
  }
  std::vector<size_t> ranks(n, 0);
  for (int round = 0; round <= kRankRounds; ++round) {
    const std::set<Color> distinct(colors.begin(), colors.end());
    for (size_t a = 0; a < n; ++a) {
      ranks[a] = static_cast<size_t>(std::distance(distinct.begin(), distinct.find(colors[a])));
    }
    for (size_t a = 0; a < n; ++a) {
      Color color;
      for (const Neighbor& neighbor : neighbors[a]) color.push_back(ranks[neighbor.atom]);
      std::sort(color.begin(), color.end());
      color.insert(color.begin(), ranks[a]);
      colors[a] = std::move(color);
    }
  }
  return ranks;
}

/// A number of each orbit that depends on its bonds and their lengths, for orbits that the graph alone does
/// not tell apart.
std::vector<double> surroundings(const Crystal& crystal, const std::vector<std::vector<Neighbor>>& neighbors,
                                 const Orbits& orbits) {
  const size_t n = neighbors.size();
  std::vector<double> value(crystal.atomic_numbers.begin(), crystal.atomic_numbers.end());
  for (int round = 0; round < kRankRounds; ++round) {
    std::vector<double> next(n);
    for (size_t a = 0; a < n; ++a) {
      next[a] = crystal.atomic_numbers[a];
      for (const Neighbor& neighbor : neighbors[a])
        next[a] += value[neighbor.atom] * neighbor.length / static_cast<double>(1 + neighbors[a].size());
    }
    value.swap(next);
  }
  std::vector<double> of_orbit(orbits.size.size(), 0);
  for (size_t a = 0; a < n; ++a) {
    const auto orbit = static_cast<size_t>(orbits.of_atom[a]);
    of_orbit[orbit] += value[a] / orbits.size[orbit];
  }
  return of_orbit;
}

/// Places of atoms in an order without ties, independent of input order: by graph, bond lengths, and, among
/// the copies of an orbit, landmarks of the canonical setting.
std::vector<size_t> canonical_ranks(const Crystal& crystal,
                                    const std::vector<std::vector<Neighbor>>& neighbors, const Orbits& orbits,
                                    const SpaceGroup& group) {
  const auto ranks = graph_ranks(crystal, neighbors, orbits);
  const auto around = surroundings(crystal, neighbors, orbits);
  std::vector<double> place;
  for (const Vec3& x : crystal.frac_coords) place.push_back(landmark(group, x));
  std::vector<size_t> order(ranks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const auto key = [&](size_t atom) {
      const int orbit = orbits.of_atom[atom];
      return std::make_tuple(ranks[atom], around[static_cast<size_t>(orbit)], orbit, place[atom], atom);
    };
    return key(a) < key(b);
  });
  std::vector<size_t> result(order.size());
  for (size_t k = 0; k < order.size(); ++k) result[order[k]] = k;
  return result;
}

/// Walks the bonds: one atom (with its image) an orbit.
class Walk {
 public:
  Walk(const Crystal& crystal, const std::vector<std::vector<Neighbor>>& neighbors, std::vector<int> orbit,
       std::vector<size_t> rank)
      : crystal_(crystal), neighbors_(neighbors), orbit_(std::move(orbit)), rank_(std::move(rank)) {
    const int n_orbits = 1 + *std::max_element(orbit_.begin(), orbit_.end());
    slot_of_orbit_.assign(static_cast<size_t>(n_orbits), -1);
    first_of_orbit_.assign(static_cast<size_t>(n_orbits), rank_.size());
    for (size_t a = 0; a < rank_.size(); ++a) {
      size_t& first = first_of_orbit_[static_cast<size_t>(orbit_[a])];
      first = std::min(first, rank_[a]);
    }
  }

  std::vector<WalkStep> run() {
    std::vector<int64_t> order(orbit_.size());
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) { return rank_[a] < rank_[b]; });
    for (const int64_t root : order) {
      if (slot_of_orbit_[orbit_[root]] >= 0) continue;
      visit(root, Vec3i::Zero(), -1);
      for (size_t k = steps_.size() - 1; k < steps_.size(); ++k) {
        if (is_metal(crystal_.atomic_numbers[steps_[k].atom]) || k == steps_.size() - 1) {
          expand_from(static_cast<int>(k));
        }
      }
    }
    return steps_;
  }

 private:
  void visit(int64_t atom, const Vec3i& shift, int parent) {
    slot_of_orbit_[orbit_[atom]] = static_cast<int>(steps_.size());
    steps_.push_back({atom, shift, parent});
  }

  /// Depth first over the fragment; metals met on the way become slots and are expanded later.
  void expand_from(int slot) {
    const WalkStep from = steps_[slot];
    auto next = neighbors_[from.atom];
    // Hydrogens right after their parent, then by orbit; copies of one orbit by their direction.
    const Vec3 here = crystal_.frac_coords[from.atom];
    std::stable_sort(next.begin(), next.end(), [&](const Neighbor& p, const Neighbor& q) {
      const auto order = [&](const Neighbor& n) {
        const Vec3 direction = crystal_.frac_coords[n.atom] + n.shift.cast<double>() - here;
        return std::make_tuple(crystal_.atomic_numbers[n.atom] != kHydrogen, first_of_orbit_[orbit_[n.atom]],
                               kOblique.dot(direction));
      };
      return order(p) < order(q);
    });
    for (const Neighbor& neighbor : next) {
      if (slot_of_orbit_[orbit_[neighbor.atom]] >= 0) continue;
      const int child = static_cast<int>(steps_.size());
      visit(neighbor.atom, from.shift + neighbor.shift, slot);
      if (!is_metal(crystal_.atomic_numbers[neighbor.atom])) expand_from(child);
    }
  }

  const Crystal& crystal_;
  const std::vector<std::vector<Neighbor>>& neighbors_;
  std::vector<int> orbit_;
  std::vector<size_t> rank_;
  std::vector<int> slot_of_orbit_;
  std::vector<size_t> first_of_orbit_;
  std::vector<WalkStep> steps_;
};

}  // namespace

std::vector<std::vector<AtomImage>> symmetry_images(const Crystal& crystal, const SpaceGroup& group) {
  std::vector<std::vector<AtomImage>> images(group.operations.size());
  const Mat3 to_cart = crystal.cell.transpose();
  for (size_t g = 0; g < images.size(); ++g) {
    const auto& op = group.operations[g];
    for (int64_t a = 0; a < crystal.n_atoms(); ++a) {
      const Vec3 image = op.rotation.cast<double>() * crystal.frac_coords[a] + op.translation;
      AtomImage found;
      for (int64_t b = 0; b < crystal.n_atoms() && found.atom < 0; ++b) {
        if (crystal.atomic_numbers[b] != crystal.atomic_numbers[a]) continue;
        const Vec3 delta = image - crystal.frac_coords[b];
        const Vec3 rounded = delta.array().round();
        if ((to_cart * (delta - rounded)).norm() < kExact) found = {b, rounded.cast<int>()};
      }
      if (found.atom < 0) {
        fail(fmt::format("{}: operation {} of space group {} sends atom {} ({}) to an empty place",
                         crystal.name, g, group.number, a, element_symbol(crystal.atomic_numbers[a])));
      }
      images[g].push_back(found);
    }
  }
  return images;
}

std::vector<std::vector<Neighbor>> neighbor_lists(size_t n_atoms, const std::vector<Bond>& bonds) {
  std::vector<std::vector<Neighbor>> lists(n_atoms);
  for (const Bond& b : bonds) {
    lists[b.i].push_back({b.j, b.shift, b.length});
    lists[b.j].push_back({b.i, -b.shift, b.length});
  }
  return lists;
}

std::vector<WalkStep> canonical_walk(const Crystal& crystal, const SpaceGroup& group,
                                     const std::vector<std::vector<AtomImage>>& images,
                                     const std::vector<std::vector<Neighbor>>& neighbors) {
  const Orbits orbits = find_orbits(images);
  return Walk(crystal, neighbors, orbits.of_atom, canonical_ranks(crystal, neighbors, orbits, group)).run();
}

}  // namespace clamp
