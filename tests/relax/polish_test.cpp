#include "relax/polish.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <utility>

#include "core/elements.h"
#include "core/seed.h"
#include "relax/random_start.h"
#include "tests/support/units.h"

namespace clamp::relax {
namespace {

const GeometryTable& sample_table() {
  static const GeometryTable kTable = GeometryTable::measure(tests::qmof_units());
  return kTable;
}

AsymmetricUnit perturbed(const AsymmetricUnit& unit, double sigma, uint64_t seed) {
  Rng rng(seed);
  AsymmetricUnit moved = unit;
  const Mat3 to_frac = unit.cell.transpose().inverse();
  for (size_t s = 0; s < moved.frac_coords.size(); ++s) {
    const Vec3 step = to_frac * (sigma * Vec3(rng.normal(), rng.normal(), rng.normal()));
    moved.frac_coords[s] += unit.chemistry.slots[s].site.projector() * step;
  }
  return moved;
}

/// Largest deviation of a bond from its typical length, Å.
double worst_bond(const AsymmetricUnit& unit) {
  const Crystal crystal = expand(unit);
  const std::vector<Bond> bonds = expand_bonds(unit);
  const Topology topology = make_topology(crystal.atomic_numbers, bonds);
  double worst = 0;
  for (const Bond& b : bonds) {
    const Typical t = sample_table().bond(topology.types[b.i], topology.types[b.j]);
    worst = std::max({worst, t.low - b.length, b.length - t.high});
  }
  return worst;
}

TEST(Polish, LeavesRealStructuresNearlyAsTheyAre) {
  std::vector<double> volume_changes;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    const RelaxResult result = polish(unit, sample_table(), PolishConfig{});
    volume_changes.push_back(std::abs(result.record.volume_change));
    const Crystal crystal = expand(result.unit);
    const std::vector<Bond> bonds = expand_bonds(result.unit);
    EXPECT_EQ(bonds.size(), expand_bonds(unit).size());
    for (const Bond& b : bonds) {
      const double radii =
          covalent_radius(crystal.atomic_numbers[b.i]) + covalent_radius(crystal.atomic_numbers[b.j]);
      ASSERT_LT(b.length, 1.3 * radii);
    }
  }
  std::sort(volume_changes.begin(), volume_changes.end());
  EXPECT_LT(volume_changes[volume_changes.size() / 2], 0.06);
  EXPECT_LT(volume_changes.back(), 0.3);
}

TEST(Polish, RestoresBondsOfNoisyStructures) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    const AsymmetricUnit start = perturbed(unit, 0.25, 11);
    const RelaxResult result = polish(start, sample_table(), PolishConfig{});
    EXPECT_LT(worst_bond(result.unit), 0.1);
    EXPECT_EQ(result.record.stage, "polish");
    EXPECT_GT(result.record.steps, 1);
  }
}

TEST(Polish, FixedCellStaysFixed) {
  const AsymmetricUnit unit = tests::qmof_unit("qmof-0e5bc0c");
  PolishConfig config;
  config.relax_cell = false;
  const RelaxResult result = polish(perturbed(unit, 0.1, 2), sample_table(), config);
  EXPECT_NEAR(result.record.volume_change, 0, 1e-6);
}

TEST(Polish, ResultsDoNotDependOnThreadsOrNeighbours) {
  std::vector<AsymmetricUnit> starts;
  for (size_t k = 0; k < 6; ++k) starts.push_back(perturbed(tests::qmof_units()[k], 0.3, k));
  const auto together = polish_all(starts, sample_table(), PolishConfig{}, 3);
  ASSERT_EQ(together.size(), starts.size());
  for (size_t k = 0; k < starts.size(); ++k) {
    const RelaxResult alone = polish(starts[k], sample_table(), PolishConfig{});
    EXPECT_EQ(alone.unit.cell, together[k].unit.cell);
    EXPECT_EQ(alone.record.energy, together[k].record.energy);
  }
}

// Being looked at changes nothing, and the objective falls within every round.
TEST(Polish, ShowsEveryStepWithoutChangingThem) {
  const AsymmetricUnit start = perturbed(tests::qmof_unit("qmof-0e5bc0c"), 0.3, 5);
  PolishConfig config;
  const RelaxResult unseen = polish(start, sample_table(), config);
  std::vector<AsymmetricUnit> frames;
  std::vector<double> objectives;
  config.on_frame = [&](const AsymmetricUnit& unit, double objective) {
    frames.push_back(unit);
    objectives.push_back(objective);
  };
  const RelaxResult seen = polish(start, sample_table(), config);
  EXPECT_EQ(seen.unit.cell, unseen.unit.cell);
  EXPECT_EQ(seen.record.energy, unseen.record.energy);
  ASSERT_GT(frames.size(), 4u);
  EXPECT_EQ(frames.back().cell, seen.unit.cell);
  EXPECT_EQ(objectives.back(), seen.record.energy);
  const auto rises = std::count_if(
      objectives.begin() + 1, objectives.end(),
      [before = objectives[0]](double now) mutable { return std::exchange(before, now) < now; });
  EXPECT_LT(rises, config.image_rounds);
}

TEST(Polish, PullsTowardsATargetVolume) {
  const AsymmetricUnit unit = tests::qmof_unit("qmof-0e62149");
  AsymmetricUnit start = unit;
  start.cell *= 1.3;
  PolishConfig config;
  config.max_steps = 60;
  const double without = polish(start, sample_table(), config).record.volume_change;
  config.target_volume = std::abs(unit.cell.determinant());
  const double with = polish(start, sample_table(), config).record.volume_change;
  EXPECT_LT(with, without + 0.02);
}

TEST(Polish, ReturnsBrokenStartsAsTheyAre) {
  AsymmetricUnit unit = tests::qmof_unit("qmof-0e5bc0c");
  AsymmetricUnit flat = unit;
  flat.cell.row(2) = flat.cell.row(1);
  unit.frac_coords[0][1] = std::nan("");
  for (const AsymmetricUnit& broken : {unit, flat}) {
    const RelaxResult result = polish(broken, sample_table(), PolishConfig{});
    EXPECT_FALSE(result.record.converged);
    EXPECT_TRUE(std::isinf(result.record.energy));
    EXPECT_EQ(result.unit.cell, broken.cell);
  }
}

TEST(Polish, OpensCellsThatAreFarTooThin) {
  AsymmetricUnit thin = tests::qmof_unit("qmof-0e62149");  // triclinic: the cell may take any shape
  thin.cell.row(0) *= 0.01;
  const RelaxResult result = polish(thin, sample_table(), PolishConfig{});
  EXPECT_GT(std::abs(result.unit.cell.determinant()), 10 * std::abs(thin.cell.determinant()));
  EXPECT_TRUE(std::isfinite(result.record.energy));
}

TEST(RandomStart, HasThePredictedVolumeAndLiesOnTheSites) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    Rng rng(4);
    const AsymmetricUnit start = random_start(unit.chemistry, sample_table(), rng);
    EXPECT_NEAR(std::abs(start.cell.determinant()), sample_table().predicted_volume(unit.chemistry), 1e-6);
    ASSERT_EQ(start.frac_coords.size(), unit.chemistry.slots.size());
    for (size_t s = 0; s < start.frac_coords.size(); ++s) {
      const Site& site = unit.chemistry.slots[s].site;
      const Vec3 on_site = site.projector() * start.frac_coords[s] + site.offset;
      EXPECT_LT((on_site - start.frac_coords[s]).norm(), 1e-9);
    }
  }
}

TEST(RandomStart, DependsOnTheGeneratorAlone) {
  const Chemistry& chemistry = tests::qmof_units()[0].chemistry;
  Rng a(1), b(1), c(2);
  const AsymmetricUnit first = random_start(chemistry, sample_table(), a);
  EXPECT_EQ(first.cell, random_start(chemistry, sample_table(), b).cell);
  EXPECT_NE(first.cell, random_start(chemistry, sample_table(), c).cell);
}

}  // namespace
}  // namespace clamp::relax
