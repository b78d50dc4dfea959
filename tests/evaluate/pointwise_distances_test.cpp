#include "evaluate/pointwise_distances.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/seed.h"
#include "evaluate/duplicates.h"
#include "tests/support/crystals.h"
#include "tests/support/settings.h"

namespace clamp::evaluate {
namespace {

Crystal cubic(double edge) {
  Crystal crystal;
  crystal.cell = edge * Mat3::Identity();
  crystal.atomic_numbers = {30};
  crystal.frac_coords = {Vec3(0.1, 0.2, 0.3)};
  return crystal;
}

/// Points on a line of period `period` Å, lines 1000 Å apart.
Crystal on_a_line(double period, const std::vector<double>& places) {
  Crystal crystal;
  crystal.cell = Vec3(period, 1000, 1000).asDiagonal();
  for (const double x : places) {
    crystal.atomic_numbers.push_back(6);
    crystal.frac_coords.emplace_back(x / period, 0, 0);
  }
  return crystal;
}

double distance(const Crystal& a, const Crystal& b, int k) {
  return pointwise_distance(pointwise_distances(a, k), pointwise_distances(b, k));
}

double amd_difference(const Crystal& a, const Crystal& b, int k) {
  const auto p = average_minimum_distances(a, k);
  const auto q = average_minimum_distances(b, k);
  double largest = 0;
  for (int n = 0; n < k; ++n) largest = std::max(largest, std::abs(p[n] - q[n]));
  return largest;
}

// Six neighbours at a, twelve at a sqrt(2), for every atom of every cell of it.
TEST(PointwiseDistances, OfACubicLatticeAreOneRow) {
  Crystal twice = cubic(4);
  twice.cell.row(0) *= 2;
  twice.frac_coords = {Vec3(0, 0, 0), Vec3(0.5, 0, 0)};
  twice.atomic_numbers = {30, 30};
  const auto pdd = pointwise_distances(twice, 18);
  ASSERT_EQ(pdd.rows.size(), 1u);
  EXPECT_EQ(pdd.atoms, (std::vector<int64_t>{2}));
  for (int k = 0; k < 18; ++k) EXPECT_NEAR(pdd.rows[0][k], k < 6 ? 4 : 4 * std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(distance(cubic(4), twice, 18), 0, 1e-9);
  // The second shell differs most between lattices of 4 and 5 Å.
  EXPECT_NEAR(distance(cubic(4), cubic(5), 6), 1, 1e-9);
  EXPECT_NEAR(distance(cubic(4), cubic(5), 7), std::sqrt(2.0), 1e-9);
}

// Gaps 2 and 4 on a line against gaps 3: rows (2, 4) against (3, 3): every point is 1 from it. Against one
// cell of gaps 1 and 3 and another of 2: half of the points have (1, 3), half (2, 2).
TEST(PointwiseDistance, MatchesClosedFormsOnALine) {
  EXPECT_NEAR(distance(on_a_line(6, {0, 2}), on_a_line(3, {0}), 2), 1, 1e-9);
  EXPECT_NEAR(distance(on_a_line(6, {0, 2}), on_a_line(6, {0, 2}), 2), 0, 1e-9);
  // Gaps 1, 1, 4: rows (1, 2) of the middle's neighbours and (1, 1) of the middle; against gaps 2: (2, 2).
  EXPECT_NEAR(distance(on_a_line(6, {0, 1, 2}), on_a_line(2, {0}), 2), 1, 1e-9);
  // Two of three points go to (1, 2), one to (1, 1); the other set has (1, 1) in three of four, (1, 5) ...
  const auto a = on_a_line(6, {0, 1, 2});         // rows: 2 x (1, 2), 1 x (1, 1)
  const auto b = on_a_line(7, {0, 1, 2, 3});      // rows: 2 x (1, 2), 2 x (1, 1)
  EXPECT_NEAR(distance(a, b, 2), 1.0 / 6, 1e-9);  // 1/6 of the mass moves from (1, 2) to (1, 1)
}

// Two sets with the same distances between all pairs, told apart (arXiv:2108.04798, figure 4: S15 and Q15).
TEST(PointwiseDistance, TellsHomometricSetsApart) {
  const auto s = on_a_line(15, {0, 1, 3, 4, 5, 7, 9, 10, 12});
  const auto q = on_a_line(15, {0, 1, 3, 4, 6, 8, 9, 12, 14});
  EXPECT_GT(distance(s, q, 8), 0.1);
}

TEST(PointwiseDistance, IsAMetricThatBoundsTheAverageMinimumDistances) {
  std::vector<Crystal> crystals;
  Rng rng(3);
  for (int c = 0; c < 4; ++c) {
    Crystal crystal;
    crystal.cell = Vec3(6, 7, 8).asDiagonal();
    for (int a = 0; a < 3 + 2 * c; ++a) {
      crystal.atomic_numbers.push_back(6);
      crystal.frac_coords.emplace_back(rng.uniform(), rng.uniform(), rng.uniform());
    }
    crystals.push_back(crystal);
  }
  constexpr int k = 12;
  for (const Crystal& a : crystals) {
    for (const Crystal& b : crystals) {
      EXPECT_NEAR(distance(a, b, k), distance(b, a, k), 1e-9);
      EXPECT_GE(distance(a, b, k), amd_difference(a, b, k) - 1e-9);
      for (const Crystal& c : crystals)
        EXPECT_LE(distance(a, b, k), distance(a, c, k) + distance(c, b, k) + 1e-9);
    }
  }
}

TEST(PointwiseDistance, DoesNotDependOnTheSetting) {
  const Crystal crystal = tests::load_qmof("qmof-82f44d0");
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    EXPECT_LT(distance(crystal, tests::another_setting(crystal, seed, true), 30), 1e-3);
  }
}

}  // namespace
}  // namespace clamp::evaluate
