// The walk along the bonds of a crystal that chooses one atom of each orbit and orders them.
//
// Metals first, then each organic fragment from its donor atoms, each H after its parent. What the bond graph
// leaves open is decided by bond lengths, then by the places of copies in the canonical setting
// (core/canonical_setting.h), so that the walk does not depend on the order of the atoms.
#pragma once

#include <vector>

#include "core/bond_graph.h"
#include "core/symmetry.h"

namespace clamp {

/// Image of an atom under an operation: the atom and the lattice shift, R x_a + t = x_atom + shift.
struct AtomImage {
  int64_t atom = -1;
  Vec3i shift = Vec3i::Zero();
};

/// [n_operations][n_atoms]. Throws clamp::Error where an atom's image is missing.
std::vector<std::vector<AtomImage>> symmetry_images(const Crystal& crystal, const SpaceGroup& group);

struct Neighbor {
  int64_t atom;
  Vec3i shift;
  double length;  ///< Å
};

/// Bonds of each atom, from both ends.
std::vector<std::vector<Neighbor>> neighbor_lists(size_t n_atoms, const std::vector<Bond>& bonds);

/// An atom, the lattice shift that keeps it bonded to its parent, and the step that it was reached from (-1:
/// none).
struct WalkStep {
  int64_t atom;
  Vec3i shift;
  int parent;
};

/// One step an orbit. `images` of symmetry_images(), `neighbors` of neighbor_lists().
std::vector<WalkStep> canonical_walk(const Crystal& crystal, const SpaceGroup& group,
                                     const std::vector<std::vector<AtomImage>>& images,
                                     const std::vector<std::vector<Neighbor>>& neighbors);

}  // namespace clamp
