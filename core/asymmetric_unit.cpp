#include "core/asymmetric_unit.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
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

// Body diagonals in the face-centred primitive basis reach (3, -1, -1).
constexpr int kBasisRange = 3;

using ShiftKey = std::array<int, 3>;

ShiftKey key_of(const Vec3i& s) { return {s[0], s[1], s[2]}; }

/// Integer vectors that every rotation leaves fixed: a basis of that sublattice in the first columns.
Mat3 invariant_basis(const std::vector<Mat3i>& rotations, int& dimension) {
  std::vector<Vec3i> fixed;
  for (int a = -kBasisRange; a <= kBasisRange; ++a) {
    for (int b = -kBasisRange; b <= kBasisRange; ++b) {
      for (int c = -kBasisRange; c <= kBasisRange; ++c) {
        const Vec3i v(a, b, c);
        if (v.isZero()) continue;
        const bool invariant =
            std::all_of(rotations.begin(), rotations.end(), [&](const Mat3i& r) { return r * v == v; });
        if (invariant) fixed.push_back(v);
      }
    }
  }
  // The shortest independent vectors of a lattice of rank 1 or 2 are a basis of it.
  std::stable_sort(fixed.begin(), fixed.end(),
                   [](const Vec3i& p, const Vec3i& q) { return p.squaredNorm() < q.squaredNorm(); });
  Mat3 basis = Mat3::Zero();
  dimension = 0;
  for (const Vec3i& v : fixed) {
    if (dimension == 3) break;
    basis.col(dimension) = v.cast<double>();
    const Eigen::FullPivLU<Mat3> lu(basis);
    if (lu.rank() == dimension + 1) {
      ++dimension;
    } else {
      basis.col(dimension).setZero();
    }
  }
  return basis;
}

/// Image of an atom under an operation: the atom and the lattice shift, R x_a + t = x_atom + shift.
struct Image {
  int64_t atom = -1;
  Vec3i shift = Vec3i::Zero();
};

std::vector<std::vector<Image>> map_exactly(const Crystal& crystal, const SpaceGroup& group) {
  std::vector<std::vector<Image>> images(group.operations.size());
  const Mat3 to_cart = crystal.cell.transpose();
  for (size_t g = 0; g < images.size(); ++g) {
    const auto& op = group.operations[g];
    for (int64_t a = 0; a < crystal.n_atoms(); ++a) {
      const Vec3 image = op.rotation.cast<double>() * crystal.frac_coords[a] + op.translation;
      Image found;
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

struct Neighbor {
  int64_t atom;
  Vec3i shift;
  double length;  // Å
};

std::vector<std::vector<Neighbor>> neighbor_lists(size_t n_atoms, const std::vector<Bond>& bonds) {
  std::vector<std::vector<Neighbor>> lists(n_atoms);
  for (const Bond& b : bonds) {
    lists[b.i].push_back({b.j, b.shift, b.length});
    lists[b.j].push_back({b.i, -b.shift, b.length});
  }
  return lists;
}

struct Orbits {
  std::vector<int> of_atom;
  std::vector<int> size;  // of an orbit
};

Orbits find_orbits(const std::vector<std::vector<Image>>& images) {
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
  struct Step {
    int64_t atom;
    Vec3i shift;
    int parent;
  };

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

  std::vector<Step> run() {
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
    const Step from = steps_[slot];
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
  std::vector<Step> steps_;
};

/// Full-cell bond seen as (lower atom, other, shift), one form for both directions.
using BondKey = std::tuple<int64_t, int64_t, ShiftKey>;

BondKey bond_key(int64_t i, int64_t j, const Vec3i& shift) {
  const BondKey forward{i, j, key_of(shift)};
  const BondKey backward{j, i, key_of(-shift)};
  return std::min(forward, backward);
}

/// Bonds of the slots' representatives, one a symmetry class, those inside the asymmetric unit preferred.
std::vector<SlotBond> classify_bonds(const std::vector<Walk::Step>& steps, const ExpandedAtoms& atoms,
                                     const std::vector<std::vector<Image>>& images,
                                     const std::vector<std::vector<Neighbor>>& neighbors) {
  const SpaceGroup& group = space_group(atoms.space_group);
  const size_t n_operations = images.size();
  std::vector<int> slot_of_atom(neighbors.size(), -1);
  std::vector<int> op_of_atom(neighbors.size(), 0);
  std::vector<Vec3i> image_of_atom(neighbors.size(), Vec3i::Zero());
  for (size_t s = 0; s < steps.size(); ++s) {
    for (size_t g = 0; g < n_operations; ++g) {
      if (atoms.op[static_cast<size_t>(atoms.atom_of[s][g])] != static_cast<int>(g)) continue;
      // Copy g of x_a + w is x_image + shift + R w.
      const Image& image = images[g][steps[s].atom];
      const Mat3i& rotation = group.operations[g].rotation;
      slot_of_atom[image.atom] = static_cast<int>(s);
      op_of_atom[image.atom] = static_cast<int>(g);
      image_of_atom[image.atom] = image.shift + rotation * steps[s].shift;
    }
  }
  std::vector<SlotBond> candidates;
  std::vector<BondKey> class_of;
  for (size_t s = 0; s < steps.size(); ++s) {
    for (const Neighbor& neighbor : neighbors[steps[s].atom]) {
      const int j = slot_of_atom[neighbor.atom];
      SlotBond bond;
      bond.i = static_cast<int>(s);
      bond.j = j;
      bond.op = op_of_atom[neighbor.atom];
      bond.shift = neighbor.shift + steps[s].shift - image_of_atom[neighbor.atom];
      bond.intra = bond.op == 0 && bond.shift.isZero();
      BondKey smallest = bond_key(steps[s].atom, neighbor.atom, neighbor.shift);
      for (size_t g = 0; g < n_operations; ++g) {
        const Image& a = images[g][steps[s].atom];
        const Image& b = images[g][neighbor.atom];
        const Vec3i rotated = group.operations[g].rotation * neighbor.shift;
        smallest = std::min(smallest, bond_key(a.atom, b.atom, rotated + b.shift - a.shift));
      }
      candidates.push_back(bond);
      class_of.push_back(smallest);
    }
  }
  std::map<BondKey, SlotBond> chosen;
  const auto preference = [](const SlotBond& b) {
    return std::make_tuple(!b.intra, b.i > b.j, b.i, b.j, b.op, key_of(b.shift));
  };
  for (size_t k = 0; k < candidates.size(); ++k) {
    const auto [it, inserted] = chosen.emplace(class_of[k], candidates[k]);
    if (!inserted && preference(candidates[k]) < preference(it->second)) it->second = candidates[k];
  }
  std::vector<SlotBond> bonds;
  for (const auto& entry : chosen) bonds.push_back(entry.second);
  std::sort(bonds.begin(), bonds.end(),
            [&](const SlotBond& p, const SlotBond& q) { return preference(p) < preference(q); });
  return bonds;
}

}  // namespace

Site make_site(const SpaceGroup& group, std::vector<int> operations, std::vector<Vec3i> shifts) {
  Site site;
  site.operations = std::move(operations);
  site.shifts = std::move(shifts);
  if (site.operations.size() <= 1) return site;
  std::vector<Mat3i> rotations;
  Mat3 projector = Mat3::Zero();
  Vec3 offset = Vec3::Zero();
  for (size_t k = 0; k < site.operations.size(); ++k) {
    const auto& op = group.operations.at(static_cast<size_t>(site.operations[k]));
    rotations.push_back(op.rotation);
    projector += op.rotation.cast<double>();
    offset += op.translation + site.shifts[k].cast<double>();
  }
  const double order = static_cast<double>(site.operations.size());
  site.offset = offset / order;
  site.basis = invariant_basis(rotations, site.dimension);
  site.coordinates = Mat3::Zero();
  if (site.dimension > 0) {
    const Eigen::MatrixXd a = site.basis.leftCols(site.dimension);
    const Eigen::MatrixXd left_inverse = (a.transpose() * a).inverse() * a.transpose();
    site.coordinates.topRows(site.dimension) = left_inverse * (projector / order);
  }
  return site;
}

ExpandedAtoms expand_atoms(const Chemistry& chemistry) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const size_t n_operations = group.operations.size();
  ExpandedAtoms atoms;
  atoms.space_group = chemistry.space_group;
  for (size_t s = 0; s < chemistry.slots.size(); ++s) {
    const Site& site = chemistry.slots[s].site;
    atoms.atom_of.emplace_back(n_operations, -1);
    atoms.shift_of.emplace_back(n_operations, Vec3i::Zero());
    for (size_t g = 0; g < n_operations; ++g) {
      if (atoms.atom_of[s][g] >= 0) continue;
      const int atom = static_cast<int>(atoms.slot.size());
      atoms.slot.push_back(static_cast<int>(s));
      atoms.op.push_back(static_cast<int>(g));
      atoms.atom_of[s][g] = atom;
      // A stabiliser with R_k x + t_k + n = x gives R_m x + t_m = R_g x + t_g - R_g n - product_shift, m = g
      // k.
      for (size_t k = 0; k < site.operations.size(); ++k) {
        const int m = group.product[g][static_cast<size_t>(site.operations[k])];
        if (m == static_cast<int>(g)) continue;
        atoms.atom_of[s][m] = atom;
        atoms.shift_of[s][m] = -(group.operations[g].rotation * site.shifts[k]) -
                               group.product_shift[g][static_cast<size_t>(site.operations[k])];
      }
    }
  }
  return atoms;
}

Crystal expand(const AsymmetricUnit& unit) {
  const SpaceGroup& group = space_group(unit.chemistry.space_group);
  const ExpandedAtoms atoms = expand_atoms(unit.chemistry);
  Crystal crystal;
  crystal.cell = unit.cell;
  for (size_t a = 0; a < atoms.slot.size(); ++a) {
    const auto& op = group.operations[static_cast<size_t>(atoms.op[a])];
    const auto slot = static_cast<size_t>(atoms.slot[a]);
    crystal.atomic_numbers.push_back(unit.chemistry.slots[slot].atomic_number);
    crystal.frac_coords.push_back(op.rotation.cast<double>() * unit.frac_coords[slot] + op.translation);
  }
  return crystal;
}

void assign_nearest_images(AsymmetricUnit& unit) {
  const SpaceGroup& group = space_group(unit.chemistry.space_group);
  const Mat3 to_cart = unit.cell.transpose();
  for (SlotBond& bond : unit.chemistry.bonds) {
    if (bond.op < 0) continue;
    const auto& op = group.operations[static_cast<size_t>(bond.op)];
    const Vec3 delta =
        op.rotation.cast<double>() * unit.frac_coords[bond.j] + op.translation - unit.frac_coords[bond.i];
    const Vec3i wrapped = (-delta.array().round()).matrix().cast<int>();
    double best = std::numeric_limits<double>::infinity();
    // Rounding finds the nearest image up to one cell where the cell is skewed.
    for (int a = -1; a <= 1; ++a) {
      for (int b = -1; b <= 1; ++b) {
        for (int c = -1; c <= 1; ++c) {
          const Vec3i shift = wrapped + Vec3i(a, b, c);
          const double length = (to_cart * (delta + shift.cast<double>())).norm();
          // A bond of an atom to its own lattice image cannot have length zero.
          if (length < best && (bond.i != bond.j || length > kExact)) {
            best = length;
            bond.shift = shift;
          }
        }
      }
    }
  }
}

std::vector<Bond> expand_bonds(const AsymmetricUnit& unit) {
  const SpaceGroup& group = space_group(unit.chemistry.space_group);
  const ExpandedAtoms atoms = expand_atoms(unit.chemistry);
  const Crystal crystal = expand(unit);
  std::set<BondKey> keys;
  for (const SlotBond& bond : unit.chemistry.bonds) {
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const auto op = static_cast<size_t>(bond.op);
      const int m = group.product[h][op];
      const Vec3i to_first = atoms.shift_of[bond.i][h];
      const Vec3i to_second =
          atoms.shift_of[bond.j][m] + group.product_shift[h][op] + group.operations[h].rotation * bond.shift;
      keys.insert(bond_key(atoms.atom_of[bond.i][h], atoms.atom_of[bond.j][m], to_second - to_first));
    }
  }
  std::vector<Bond> bonds;
  for (const auto& [i, j, shift] : keys) {
    Bond bond{i, j, Vec3i(shift[0], shift[1], shift[2]), 0};
    const Vec3 delta = crystal.frac_coords[j] + bond.shift.cast<double>() - crystal.frac_coords[i];
    bond.length = (crystal.cell.transpose() * delta).norm();
    bonds.push_back(bond);
  }
  return bonds;
}

AsymmetricUnit make_asymmetric_unit(const Crystal& primitive, int number, const std::vector<Bond>& bonds) {
  const SpaceGroup& group = space_group(number);
  if (primitive.n_atoms() == 0) fail(fmt::format("{}: no atoms", primitive.name));
  const auto images = map_exactly(primitive, group);
  const auto neighbors = neighbor_lists(primitive.frac_coords.size(), bonds);

  const Orbits orbits = find_orbits(images);
  const auto ranks = canonical_ranks(primitive, neighbors, orbits, group);
  const auto steps = Walk(primitive, neighbors, orbits.of_atom, ranks).run();

  AsymmetricUnit unit;
  unit.cell = primitive.cell;
  unit.chemistry.space_group = number;
  for (const Walk::Step& step : steps) {
    Slot slot;
    slot.atomic_number = primitive.atomic_numbers[step.atom];
    slot.parent = step.parent;
    std::vector<int> operations;
    std::vector<Vec3i> shifts;
    for (size_t g = 0; g < images.size(); ++g) {
      const Image& image = images[g][step.atom];
      if (image.atom != step.atom) continue;
      // R (x + w) + t + n = x + w with R x + t = x + shift.
      operations.push_back(static_cast<int>(g));
      shifts.push_back(step.shift - group.operations[g].rotation * step.shift - image.shift);
    }
    slot.site = make_site(group, std::move(operations), std::move(shifts));
    unit.chemistry.slots.push_back(std::move(slot));
    const Vec3 position = primitive.frac_coords[step.atom] + step.shift.cast<double>();
    const Site& site = unit.chemistry.slots.back().site;
    unit.frac_coords.push_back(site.projector() * position + site.offset);
  }
  unit.chemistry.bonds = classify_bonds(steps, expand_atoms(unit.chemistry), images, neighbors);
  return unit;
}

}  // namespace clamp
