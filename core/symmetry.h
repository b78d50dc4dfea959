// Space groups through spglib: operations in the standardised primitive basis, detection, symmetrisation.
//
// Every structure is brought to spglib's standardised primitive cell, so that a space group always has the
// same operations (R, t). spglib 2.0 is not thread-safe: all calls to it are serialised here.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/crystal.h"

namespace clamp {

/// x' = rotation * x + translation, on fractional coordinates as columns.
struct SymmetryOperation {
  Mat3i rotation = Mat3i::Identity();
  Vec3 translation = Vec3::Zero();  ///< in [0, 1)
};

/// A space-group type in the standardised primitive basis. The identity is operation 0.
struct SpaceGroup {
  int number = 1;      ///< 1..230
  std::string symbol;  ///< international short symbol, "P2_1/c"
  std::vector<SymmetryOperation> operations;
  /// operations[product[g][h]] is g after h, up to the lattice translation product_shift[g][h]:
  /// R_g (R_h x + t_h) + t_g = R_k x + t_k + product_shift[g][h] with k = product[g][h].
  std::vector<std::vector<int>> product;
  std::vector<std::vector<Vec3i>> product_shift;
};

/// The space group of this number. Throws clamp::Error outside 1..230. Cached; thread-safe.
const SpaceGroup& space_group(int number);

/// Orthogonal form of a group's rotations: rotations act on Cartesian columns in the canonical cell frame,
/// in which the invariant metric reference is `metric_root` (G0 = metric_root^2, G0 = mean of R^T R).
struct PointGroupFrame {
  Mat3 metric_root = Mat3::Identity();
  std::vector<Mat3> cartesian_rotations;  ///< one an operation, orthogonal
};
const PointGroupFrame& point_group_frame(int number);

/// What spglib says of a structure at a tolerance.
struct SymmetryResult {
  int number = 1;
  std::string symbol;
  double symprec = 0;   ///< Å
  Crystal primitive;    ///< standardised primitive cell, exactly symmetric, see core/canonical_setting.h
  double max_move = 0;  ///< Å, the largest displacement that symmetrisation caused
};

/// The symmetry of `crystal`, or nothing where spglib finds none or the structure cannot be made exactly
/// symmetric in the standard operations.
std::optional<SymmetryResult> find_symmetry(const Crystal& crystal, double symprec);

/// The standardised conventional cell of `crystal` at `symprec`, for output.
struct ConventionalCell {
  Crystal crystal;
  int number = 1;
  std::string symbol;
  std::vector<SymmetryOperation> operations;  ///< in the conventional basis, centring included
  std::vector<int64_t> asymmetric_atoms;      ///< one index of `crystal` an orbit
};
std::optional<ConventionalCell> conventional_cell(const Crystal& crystal, double symprec);

}  // namespace clamp
