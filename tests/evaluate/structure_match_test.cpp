#include "evaluate/structure_match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/seed.h"
#include "evaluate/assignment.h"
#include "evaluate/primitive_cell.h"
#include "tests/support/crystals.h"
#include "tests/support/random_crystal.h"
#include "tests/support/settings.h"

namespace clamp::evaluate {
namespace {

double normal(Rng& rng) {
  return std::sqrt(-2 * std::log(1 - rng.uniform())) * std::cos(2 * M_PI * rng.uniform());
}

Crystal with_noise(const Crystal& crystal, double sigma, uint64_t seed) {
  Rng rng(seed);
  Crystal moved = crystal;
  const Mat3 to_frac = crystal.cell.transpose().inverse();
  for (Vec3& f : moved.frac_coords)
    f += to_frac * Vec3(sigma * normal(rng), sigma * normal(rng), sigma * normal(rng));
  return moved;
}

TEST(MatchRms, IsZeroForOtherSettingsOfOneCrystal) {
  for (const char* id : {"qmof-000512e", "qmof-23397f7", "qmof-7501cda", "qmof-82f44d0"}) {
    const Crystal crystal = tests::load_qmof(id);
    for (const uint64_t seed : {1, 2}) {
      SCOPED_TRACE(std::string(id) + ", seed " + std::to_string(seed));
      const auto rms = match_rms(crystal, tests::another_setting(crystal, seed, true));
      ASSERT_TRUE(rms.has_value());
      EXPECT_LT(*rms, 1e-4);
    }
  }
}

// Atoms moved by s along each axis: the root mean square distance is close to s sqrt(3), over (V / N)^(1/3).
TEST(MatchRms, MeasuresNoise) {
  const Crystal crystal = tests::load_qmof("qmof-0ca8ad2");
  const double length = std::cbrt(crystal.volume() / static_cast<double>(crystal.n_atoms()));
  for (const uint64_t seed : {1, 2, 3}) {
    const auto rms = match_rms(crystal, with_noise(crystal, 0.1, seed));
    ASSERT_TRUE(rms.has_value()) << seed;
    EXPECT_NEAR(*rms, 0.1 * std::sqrt(3) / length, 0.02) << seed;
  }
}

TEST(MatchRms, ScalesTheVolume) {
  const Crystal crystal = tests::load_qmof("qmof-23397f7");
  Crystal larger = crystal;
  larger.cell *= 1.3;
  ASSERT_TRUE(match_rms(crystal, larger).has_value());
  EXPECT_LT(*match_rms(crystal, larger), 1e-6);
}

TEST(MatchRms, TellsStructuresOfOneFormulaApart) {
  const Crystal rock_salt = tests::rock_salt();
  Crystal cesium_chloride = rock_salt;
  cesium_chloride.cell = 3.5 * Mat3::Identity();
  EXPECT_FALSE(match_rms(rock_salt, cesium_chloride).has_value());
  EXPECT_FALSE(match_rms(tests::load_qmof("qmof-7501cda"), tests::load_qmof("qmof-23397f7")).has_value());
}

// A monoclinic distortion of the cubic cell: the angle of 83 degrees is out of 5 and within 10.
TEST(MatchRms, KeepsToItsTolerances) {
  Crystal cubic;
  cubic.cell = 4 * Mat3::Identity();
  cubic.atomic_numbers = {55, 17};
  cubic.frac_coords = {Vec3::Zero(), Vec3::Constant(0.5)};
  Crystal oblique = cubic;
  oblique.cell = cell_from_parameters({4, 4, 4, 90, 83, 90});
  EXPECT_FALSE(match_rms(cubic, oblique, {0.2, 0.3, 5}).has_value());
  EXPECT_TRUE(match_rms(cubic, oblique, {0.3, 0.5, 10}).has_value());
  Crystal moved = cubic;
  moved.frac_coords[1][0] = 0.9;  // 1.6 Å along a; after the mean is taken off 0.8 Å each, 0.25 of 3.17 Å
  const auto rms = match_rms(cubic, moved);
  ASSERT_TRUE(rms.has_value());
  EXPECT_NEAR(*rms, 0.8 / std::cbrt(32.0), 1e-9);
  EXPECT_FALSE(match_rms(cubic, moved, {0.2, 0.25, 5}).has_value());
}

// Two atoms: each is half of the move away from the mean.
TEST(MatchRms, TakesOffTheMeanMove) {
  Crystal moved = tests::rock_salt();
  moved.frac_coords[1][0] += 0.02;
  const auto rms = match_rms(tests::rock_salt(), moved);
  ASSERT_TRUE(rms.has_value());
  EXPECT_NEAR(*rms, 0.01 * 2.82 * std::sqrt(2) / std::cbrt(2.82 * 2.82 * 2.82), 1e-9);
}

TEST(PrimitiveCell, UndoesSupercells) {
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = tests::load_qmof(sample.id);
    const Crystal primitive = primitive_cell(tests::another_setting(crystal, 5, true));
    EXPECT_EQ(primitive.n_atoms(), crystal.n_atoms());
    EXPECT_NEAR(primitive.volume(), crystal.volume(), 1e-6 * crystal.volume());
  }
}

TEST(Assign, FindsTheLeastSum) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    Rng rng(seed);
    constexpr int n = 6;
    std::vector<double> cost(n * n);
    for (double& c : cost) c = rng.uniform();
    std::vector<int> order(n);
    std::iota(order.begin(), order.end(), 0);
    double least = n;
    do {
      double sum = 0;
      for (int k = 0; k < n; ++k) sum += cost[k * n + order[k]];
      least = std::min(least, sum);
    } while (std::next_permutation(order.begin(), order.end()));
    double sum = 0;
    const std::vector<int> found = assign(cost, n);
    for (int k = 0; k < n; ++k) sum += cost[k * n + found[k]];
    EXPECT_NEAR(sum, least, 1e-12) << seed;
  }
}

}  // namespace
}  // namespace clamp::evaluate
