// Periodic bond graph of a crystal: which atoms are bonded, and into which image the bond goes.
#pragma once

#include "core/crystal.h"

namespace clamp {

/// Atom `i` is bonded to atom `j` displaced by `shift` lattice vectors: (f_j + shift - f_i) * cell is the
/// bond.
struct Bond {
  int64_t i = 0;
  int64_t j = 0;
  Vec3i shift = Vec3i::Zero();
  double length = 0;  ///< Å
};

struct BondOptions {
  double tolerance = 1.25;  ///< bonded below tolerance x sum of covalent radii
  bool refine =
      true;  ///< apply the chemical rules of bond_graph.cpp (H has one bond, no metal-H beside another ...)
};

/// Every bond once (i < j, or i == j with a lexicographically positive shift), sorted by (i, j, shift).
std::vector<Bond> perceive_bonds(const Crystal& crystal, const BondOptions& options = {});

/// All pairs closer than `cutoff` Å, same conventions as perceive_bonds; correct for small and skewed cells.
std::vector<Bond> neighbor_pairs(const Crystal& crystal, double cutoff);

/// One connected component of the periodic graph.
struct Component {
  std::vector<int64_t> atoms;
  int dimension = 0;  ///< rank of the lattice translations that map it to itself, 0 (molecule) .. 3
  bool has_metal = false;
};
std::vector<Component> components(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds);

/// Largest dimension of any component with a metal (of any component where there is no metal).
int framework_dimension(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds);

}  // namespace clamp
