// Reduction of a lattice to its shortest vectors, and of a crystal to its primitive, reduced cell.
#pragma once

#include "core/crystal.h"

namespace clamp::evaluate {

/// A Minkowski-reduced basis: |a| <= |b| <= |c|, none shortened by adding the others (P. Q. Nguyen, D.
/// Stehle, ANTS-VI 2004, greedy reduction; the lengths are those of the Niggli cell).
struct ReducedLattice {
  Mat3 cell = Mat3::Identity();         ///< rows in Å; cell = transform * original
  Mat3i transform = Mat3i::Identity();  ///< determinant +1 or -1
};
ReducedLattice minkowski_reduce(const Mat3& cell);

/// The same atoms in the reduced basis, coordinates wrapped into [0, 1). Throws clamp::Error for a cell
/// without volume or with a coordinate that is not finite.
Crystal reduced_cell(const Crystal& crystal);

}  // namespace clamp::evaluate
