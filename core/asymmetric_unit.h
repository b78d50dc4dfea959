// The asymmetric unit of a bonded crystal: slots with element, site and bonds, in a canonical walk; and back.
//
// A slot stands for one orbit of atoms under the space group in the standardised primitive basis
// (core/symmetry.h). Slots are walked along bonds (metals first, then each organic fragment from its donor
// atoms, each H after its parent), so that the asymmetric unit is connected where the crystal is.
#pragma once

#include "core/bond_graph.h"
#include "core/symmetry.h"

namespace clamp {

/// The affine subspace x = A u + b that a slot's stabiliser leaves it; u has period 1 in each component.
struct Site {
  std::vector<int> operations;    ///< stabiliser: indices into SpaceGroup::operations, the identity included
  std::vector<Vec3i> shifts;      ///< R x + t + shift = x for each of them
  int dimension = 3;              ///< of the subspace, 0..3
  Mat3 basis = Mat3::Identity();  ///< A in its first `dimension` columns, zero elsewhere
  Mat3 coordinates = Mat3::Identity();  ///< B in its first `dimension` rows: u = B x, projector = A B
  Vec3 offset = Vec3::Zero();           ///< b
  Mat3 projector() const { return basis * coordinates; }
};

/// The site of a stabiliser given by (operation, shift) pairs. General position: only the identity.
Site make_site(const SpaceGroup& group, std::vector<int> operations, std::vector<Vec3i> shifts);

struct Slot {
  int atomic_number = 0;
  Site site;
  int parent = -1;  ///< the slot this one was reached from, -1 at the start of a component
};

/// Slot `i` is bonded to the copy of slot `j` by operation `op`: R_op x_j + t_op + shift.
/// `intra` bonds (op 0 and shift 0 with unwrapped coordinates) lie inside the asymmetric unit.
struct SlotBond {
  int i = 0;
  int j = 0;
  int op = 0;
  Vec3i shift = Vec3i::Zero();
  bool intra = false;
};

/// What is composed before any geometry: everything of a framework but its cell and coordinates.
struct Chemistry {
  int space_group = 1;
  std::vector<Slot> slots;
  std::vector<SlotBond> bonds;  ///< one a symmetry class of bonds; shifts mean nothing without coordinates
};

/// A full structure in its space group.
struct AsymmetricUnit {
  Chemistry chemistry;
  Mat3 cell = Mat3::Identity();   ///< rows are lattice vectors, Å, standardised primitive cell
  std::vector<Vec3> frac_coords;  ///< [n_slots], unwrapped along the walk
};

/// The atoms of the primitive cell as copies of slots.
struct ExpandedAtoms {
  int space_group = 1;
  std::vector<int> slot;                  ///< [n_atoms]
  std::vector<int> op;                    ///< [n_atoms] representative operation that makes the copy
  std::vector<std::vector<int>> atom_of;  ///< [n_slots][n_operations] -> atom index
  /// Lattice shift of copy (slot, op) relative to the representative copy of the same atom,
  /// [n_slots][n_operations].
  std::vector<std::vector<Vec3i>> shift_of;
};
ExpandedAtoms expand_atoms(const Chemistry& chemistry);

/// All atoms of the primitive cell, in the order of expand_atoms.
Crystal expand(const AsymmetricUnit& unit);
/// Sends every bond of known copy to the image of its second atom nearest to the first (bond.shift).
void assign_nearest_images(AsymmetricUnit& unit);
/// All bonds of the primitive cell with their lattice shifts.
std::vector<Bond> expand_bonds(const AsymmetricUnit& unit);

/// Asymmetric unit of an exactly symmetric crystal in the standard setting (SymmetryResult::primitive).
/// Throws clamp::Error where an atom's image is missing.
AsymmetricUnit make_asymmetric_unit(const Crystal& primitive, int space_group,
                                    const std::vector<Bond>& bonds);

}  // namespace clamp
