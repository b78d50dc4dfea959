// The same crystal written in another way.
#pragma once

#include <Eigen/LU>

#include "core/crystal.h"
#include "core/seed.h"

namespace clamp::tests {

/// Another unimodular basis, a doubled cell where `doubled`, another origin and order of atoms.
inline Crystal another_setting(const Crystal& crystal, uint64_t seed, bool doubled) {
  Rng rng(seed);
  Mat3 transform = Mat3::Identity();
  for (int k = 0; k < 4; ++k) {
    const auto i = static_cast<int>(rng.below(3));
    const auto j = static_cast<int>((static_cast<uint64_t>(i) + 1 + rng.below(2)) % 3);
    transform.row(i) += (rng.below(2) == 0 ? 1.0 : -1.0) * transform.row(j);
  }
  const int copies = doubled ? 2 : 1;
  Crystal other;
  other.name = crystal.name;
  other.cell = crystal.cell;
  other.cell.row(0) *= copies;
  const Vec3 origin(rng.uniform(), rng.uniform(), rng.uniform());
  for (int64_t i = crystal.n_atoms() - 1; i >= 0; --i) {
    for (int copy = 0; copy < copies; ++copy) {
      const Vec3 f = crystal.frac_coords[i] + origin + copy * Vec3::UnitX();
      other.atomic_numbers.push_back(crystal.atomic_numbers[i]);
      other.frac_coords.emplace_back(f[0] / copies, f[1], f[2]);
    }
  }
  const Mat3 to_other = transform.inverse().transpose();
  for (Vec3& f : other.frac_coords) f = to_other * f;
  other.cell = transform * other.cell;
  return other;
}

}  // namespace clamp::tests
