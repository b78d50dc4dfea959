// What the tests of potentials share: Cartesian coordinates, noise, finite differences.
#pragma once

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "core/seed.h"
#include "relax/potential.h"

namespace clamp::tests {

inline std::vector<Vec3> cart_coords(const Crystal& crystal) {
  std::vector<Vec3> r;
  for (const Vec3& f : crystal.frac_coords) r.push_back(crystal.cell.transpose() * f);
  return r;
}

inline std::vector<Vec3> with_noise(std::vector<Vec3> r, double sigma, uint64_t seed) {
  Rng rng(seed);
  for (Vec3& x : r) x += sigma * Vec3(rng.normal(), rng.normal(), rng.normal());
  return r;
}

/// Central differences of the energy in `n_checked` coordinates and in all six strains.
inline void expect_derivatives(relax::Potential& potential, const Mat3& cell, const std::vector<Vec3>& r,
                               size_t n_checked, double h, double tolerance) {
  const relax::EnergyForces at = potential.evaluate(cell, r);
  const size_t stride = std::max<size_t>(1, r.size() / n_checked);
  for (size_t a = 0; a < r.size(); a += stride) {
    for (int k = 0; k < 3; ++k) {
      auto up = r, down = r;
      up[a][k] += h;
      down[a][k] -= h;
      const double high = potential.evaluate(cell, up).energy;
      const double numeric = (high - potential.evaluate(cell, down).energy) / (2 * h);
      EXPECT_NEAR(-at.forces[a][k], numeric, tolerance * (1 + std::abs(numeric)))
          << "atom " << a << ", " << k;
    }
  }
  for (int i = 0; i < 3; ++i) {
    for (int j = i; j < 3; ++j) {
      double energy[2];
      for (int side = 0; side < 2; ++side) {
        Mat3 strain = Mat3::Identity();
        const double e = side == 0 ? h : -h;
        strain(i, j) += 0.5 * e;
        strain(j, i) += 0.5 * e;
        auto moved = r;
        for (Vec3& x : moved) x = strain * x;
        energy[side] = potential.evaluate(cell * strain.transpose(), moved).energy;
      }
      const double numeric = (energy[0] - energy[1]) / (2 * h);
      EXPECT_NEAR(at.virial(i, j), numeric, 10 * tolerance * (1 + std::abs(numeric))) << "strain " << i << j;
    }
  }
}

}  // namespace clamp::tests
