#include "core/asymmetric_unit.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

#include "core/asymmetric_walk.h"
#include "core/error.h"

namespace clamp {
namespace {

// Atoms nearer than this are in one place, in Å.
constexpr double kSamePlace = 1e-3;

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

/// Full-cell bond seen as (lower atom, other, shift), one form for both directions.
using BondKey = std::tuple<int64_t, int64_t, ShiftKey>;

BondKey bond_key(int64_t i, int64_t j, const Vec3i& shift) {
  const BondKey forward{i, j, key_of(shift)};
  const BondKey backward{j, i, key_of(-shift)};
  return std::min(forward, backward);
}

/// Bonds of the slots' representatives, one a symmetry class, those inside the asymmetric unit preferred.
std::vector<SlotBond> classify_bonds(const std::vector<WalkStep>& steps, const ExpandedAtoms& atoms,
                                     const std::vector<std::vector<AtomImage>>& images,
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
      const AtomImage& image = images[g][steps[s].atom];
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
        const AtomImage& a = images[g][steps[s].atom];
        const AtomImage& b = images[g][neighbor.atom];
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
          if (length < best && (bond.i != bond.j || length > kSamePlace)) {
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
  const auto images = symmetry_images(primitive, group);
  const auto neighbors = neighbor_lists(primitive.frac_coords.size(), bonds);

  const auto steps = canonical_walk(primitive, group, images, neighbors);

  AsymmetricUnit unit;
  unit.cell = primitive.cell;
  unit.chemistry.space_group = number;
  for (const WalkStep& step : steps) {
    Slot slot;
    slot.atomic_number = primitive.atomic_numbers[step.atom];
    slot.parent = step.parent;
    std::vector<int> operations;
    std::vector<Vec3i> shifts;
    for (size_t g = 0; g < images.size(); ++g) {
      const AtomImage& image = images[g][step.atom];
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
