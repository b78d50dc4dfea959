// Enumeration of lattice images within a distance, for cells of any shape.
#pragma once

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>

#include "core/crystal.h"

namespace clamp::relax {

/// Heights of the cell over its three faces, Å.
inline Vec3 cell_heights(const Mat3& cell) {
  const double volume = std::abs(cell.determinant());
  Vec3 heights;
  for (int k = 0; k < 3; ++k) {
    const Vec3 p = cell.row((k + 1) % 3);
    const Vec3 q = cell.row((k + 2) % 3);
    heights[k] = volume / p.cross(q).norm();
  }
  return heights;
}

/// Calls visit(shift, squared distance in Å^2) for every lattice shift with |cell^T (delta + shift)| < reach.
template <typename Visit>
void for_each_image(const Mat3& cell, const Vec3& heights, const Vec3& delta, double reach, Visit visit) {
  Vec3i low, high;
  for (int k = 0; k < 3; ++k) {
    low[k] = static_cast<int>(std::ceil(-reach / heights[k] - delta[k]));
    high[k] = static_cast<int>(std::floor(reach / heights[k] - delta[k]));
  }
  const double reach2 = reach * reach;
  for (int a = low[0]; a <= high[0]; ++a) {
    for (int b = low[1]; b <= high[1]; ++b) {
      for (int c = low[2]; c <= high[2]; ++c) {
        const Vec3i shift(a, b, c);
        const double d2 = (cell.transpose() * (delta + shift.cast<double>())).squaredNorm();
        if (d2 < reach2) visit(shift, d2);
      }
    }
  }
}

}  // namespace clamp::relax
