#include "encoders/pore_field.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/elements.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

Crystal one_atom(double edge) {
  Crystal crystal;
  crystal.cell = Mat3::Identity() * edge;
  crystal.atomic_numbers = {6};
  crystal.frac_coords = {Vec3(0.3, -1.4, 2.2)};
  return crystal;
}

// A simple cubic lattice of spheres: the cavity is at the body centre, the window at the face centre.
TEST(PoreField, CubicLatticeHasItsClosedForm) {
  for (const double edge : {6.0, 7.5, 9.0}) {
    SCOPED_TRACE(edge);
    const double radius = vdw_radius(6);
    const auto pores = pore_summary(one_atom(edge));
    const double step = 0.6;  // of the grid
    // The nearest grid point is at most sqrt(3) / 2 steps away from the centre.
    EXPECT_NEAR(pores.largest_cavity, std::sqrt(3.0) * edge - 2 * radius, std::sqrt(3.0) * step);
    EXPECT_NEAR(pores.pore_limit, std::sqrt(2.0) * edge - 2 * radius, 2 * step);
    EXPECT_LE(pores.pore_limit, pores.largest_cavity);
    const double pi = std::acos(-1.0);
    const double filled = 4.0 / 3.0 * pi * radius * radius * radius / (edge * edge * edge);
    EXPECT_NEAR(pores.void_fractions[0], 1 - filled, 0.04);
    for (size_t k = 1; k < kPoreProbes.size(); ++k) {
      EXPECT_LE(pores.void_fractions[k], pores.void_fractions[k - 1]);
    }
  }
}

// Atoms so near that nothing is left between them.
TEST(PoreField, DenseCrystalHasNoPores) {
  const auto pores = pore_summary(one_atom(1.8));
  EXPECT_EQ(pores.largest_cavity, 0);
  EXPECT_EQ(pores.pore_limit, 0);
  EXPECT_EQ(pores.void_fractions[0], 0);
}

// A closed wall of atoms across z leaves passages along x and y; a closed cage leaves a cavity without
// passage.
TEST(PoreField, CavityWithoutPassageHasNoPoreLimit) {
  Crystal cage;
  const int n = 8;
  cage.cell = Mat3::Identity() * 12.0;
  for (int a = 0; a < n; ++a) {
    for (int b = 0; b < n; ++b) {
      const double x = a / static_cast<double>(n), y = b / static_cast<double>(n);
      for (const Vec3& at : {Vec3(0, x, y), Vec3(x, 0, y), Vec3(x, y, 0)}) {
        cage.atomic_numbers.push_back(6);
        cage.frac_coords.push_back(at);
      }
    }
  }
  const auto closed = pore_summary(cage);
  EXPECT_NEAR(closed.largest_cavity, 12.0 - 2 * vdw_radius(6), 0.7);
  EXPECT_EQ(closed.pore_limit, 0);
  Crystal slabs = cage;
  slabs.atomic_numbers.clear();
  slabs.frac_coords.clear();
  for (size_t i = 0; i < cage.frac_coords.size(); ++i) {
    if (cage.frac_coords[i][2] != 0) continue;
    slabs.atomic_numbers.push_back(6);
    slabs.frac_coords.push_back(cage.frac_coords[i]);
  }
  const auto layered = pore_summary(slabs);
  EXPECT_NEAR(layered.pore_limit, 12.0 - 2 * vdw_radius(6), 1.3);
}

TEST(PoreField, DoesNotDependOnOriginOrSupercell) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    auto crystal = tests::random_crystal(seed, 6);
    crystal.cell *= 1.7;
    const auto pores = pore_summary(crystal);
    for (auto& x : crystal.frac_coords) x += Vec3(0.37, 0.11, -2.8);
    const auto moved = pore_summary(crystal);
    EXPECT_NEAR(moved.largest_cavity, pores.largest_cavity, 0.6);
    EXPECT_NEAR(moved.void_fractions[0], pores.void_fractions[0], 0.05);
  }
}

}  // namespace
}  // namespace clamp::encoders
