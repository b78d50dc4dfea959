// Cells as six numbers in which any value is a valid cell and the point group acts linearly.
//
// A space group's mean metric G0 = mean_R(R^T R) is invariant. Every cell has a unique symmetric S with
// metric G = G0^(1/2) exp(2 S) G0^(1/2); its rows are L = G0^(1/2) exp(S), an orientation that depends on the
// metric alone, so that directions in it are invariant under rotation of the input. In this frame the group's
// rotations are fixed orthogonal matrices O, and the cells that the group allows are the linear subspace O^T
// S O = S. S' = S - 1/3 (log(n v0) - 1/2 log det G0) has trace log(V / (n v0)). It is stored as a Mandel
// vector (xx, yy, zz, sqrt2 yz, sqrt2 xz, sqrt2 xy), in which Frobenius products are dot products, with trace
// and deviator standardised separately (both parts are invariant under rotations).
#pragma once

#include <Eigen/Core>

#include "core/symmetry.h"

namespace clamp::diffusion {

using Vec6 = Eigen::Matrix<double, 6, 1>;
using Mat6 = Eigen::Matrix<double, 6, 6>;

/// Constants of the standardisation, measured on training data and stored with the model.
struct LatticeScale {
  double volume_per_atom = 13.0;  ///< v0 in Å^3
  double trace_mean = 0.0;        ///< of log(V / (n v0))
  double trace_std = 0.25;
  double deviator_std = 0.35;  ///< per component
};

/// Standardised lattice vector of a cell (rows are lattice vectors, Å, any orientation).
Vec6 lattice_from_cell(const Mat3& cell, int space_group, int64_t n_atoms, const LatticeScale& scale);
/// The cell in the canonical orientation.
Mat3 cell_from_lattice(const Vec6& lattice, int space_group, int64_t n_atoms, const LatticeScale& scale);
/// Projector [6, 6] on the lattice vectors that the point group allows.
Mat6 lattice_projector(int space_group);

/// Mandel vector of a symmetric matrix and back.
Vec6 to_mandel(const Mat3& m);
Mat3 from_mandel(const Vec6& v);

}  // namespace clamp::diffusion
