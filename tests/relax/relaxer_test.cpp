#include "relax/relaxer.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "core/error.h"
#include "relax/fire.h"
#include "relax/uff_potential.h"
#include "tests/support/units.h"

namespace clamp::relax {
namespace {

TEST(Fire, FindsTheMinimumOfAQuadratic) {
  Eigen::VectorXd x(3);
  x << 3, -2, 1;
  FireConfig config;
  config.gradient_tolerance = 1e-6;
  const auto result = minimise_by_fire(
      [](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
        const Eigen::Vector3d k(1, 10, 30);
        gradient = k.cwiseProduct(at);
        return 0.5 * at.dot(gradient);
      },
      x, config);
  EXPECT_TRUE(result.converged);
  EXPECT_LT(x.norm(), 1e-5);
}

TEST(Fire, StepsBackFromWhereThereIsNoEnergy) {
  Eigen::VectorXd x = Eigen::VectorXd::Constant(1, 2.0);
  FireConfig config;
  config.gradient_tolerance = 1e-6;
  config.max_step = 1;
  const auto result = minimise_by_fire(
      [](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {  // x - ln x, none below zero
        gradient = Eigen::VectorXd::Constant(1, 1 - 1 / at[0]);
        return at[0] > 0 ? at[0] - std::log(at[0]) : std::nan("");
      },
      x, config);
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(x[0], 1, 1e-5);
}

TEST(Relaxer, ZirconiumFrameworkStaysWhereItIs) {
  const AsymmetricUnit start = tests::qmof_unit("qmof-7501cda");
  const RelaxResult result = relax_structure(start, UffFactory(), {});
  const RelaxRecord& record = result.record;
  EXPECT_TRUE(record.converged) << record.reason;
  EXPECT_EQ(record.reason, "");
  EXPECT_LT(record.rmsd, 0.3);
  EXPECT_LT(std::abs(record.volume_change), 0.05);
  EXPECT_LE(record.max_force, 0.02);
  EXPECT_LE(record.max_stress, 0.02);
  EXPECT_LT(record.energy, record.energy_before);
  EXPECT_EQ(record.potential, "uff4mof");
  EXPECT_NEAR(result.unit.cell.determinant() / start.cell.determinant() - 1, record.volume_change, 1e-6);
  const auto symmetry = find_symmetry(expand(result.unit), 1e-4);
  ASSERT_TRUE(symmetry.has_value());
  EXPECT_EQ(symmetry->number, 216);
}

TEST(Relaxer, FireAndLbfgsEndInOneMinimum) {
  const AsymmetricUnit start = tests::qmof_unit("qmof-7501cda");
  RelaxerConfig config;
  config.force_tolerance = 0.002;
  config.stress_tolerance = 0.002;
  const RelaxResult lbfgs = relax_structure(start, UffFactory(), config);
  config.optimizer = Optimizer::kFire;
  config.max_steps = 3000;
  const RelaxResult fire = relax_structure(start, UffFactory(), config);
  ASSERT_TRUE(lbfgs.record.converged) << lbfgs.record.reason;
  ASSERT_TRUE(fire.record.converged) << fire.record.reason;
  EXPECT_NEAR(fire.record.energy, lbfgs.record.energy, 1e-3);
  EXPECT_NEAR(fire.record.volume_change, lbfgs.record.volume_change, 1e-3);
}

TEST(Relaxer, FixedCellStaysFixed) {
  const AsymmetricUnit start = tests::qmof_unit("qmof-0e5bc0c");
  RelaxerConfig config;
  config.relax_cell = false;
  const RelaxResult result = relax_structure(start, UffFactory(), config);
  EXPECT_TRUE(result.record.converged) << result.record.reason;
  EXPECT_EQ(result.record.volume_change, 0);
  EXPECT_EQ(result.record.max_stress, 0);
  EXPECT_NEAR(result.unit.cell.determinant(), start.cell.determinant(), 1e-6);
}

TEST(Relaxer, SaysWhyItEndedAndKeepsTheLastState) {
  const AsymmetricUnit start = tests::qmof_unit("qmof-0e5bc0c");
  RelaxerConfig config;
  config.max_steps = 7;
  double last = 0;
  int64_t frames = 0;
  config.on_frame = [&](const RelaxFrame& frame) {
    last = frame.energy;
    ++frames;
  };
  const RelaxResult cut = relax_structure(start, UffFactory(), config);
  EXPECT_FALSE(cut.record.converged);
  EXPECT_EQ(cut.record.reason, "step limit");
  EXPECT_GE(frames, 2);
  EXPECT_EQ(cut.record.energy, last);
  EXPECT_LT(cut.record.energy, cut.record.energy_before);
  config.on_frame = {};
  config.stop = [] { return true; };
  const RelaxResult stopped = relax_structure(start, UffFactory(), config);
  EXPECT_EQ(stopped.record.reason, "stopped");
  EXPECT_EQ(stopped.record.steps, 0);
}

TEST(Relaxer, AnEnergyThatIsNoNumberGivesTheStartBack) {
  AsymmetricUnit start = tests::qmof_unit("qmof-0e5bc0c");
  start.frac_coords[0][0] = std::nan("");
  const RelaxResult result = relax_structure(start, UffFactory(), {});
  EXPECT_FALSE(result.record.converged);
  EXPECT_EQ(result.record.reason, "the energy of the start is no finite number");
}

TEST(Relaxer, BatchGivesWhatSinglesGive) {
  const std::vector<AsymmetricUnit> starts = {
      tests::qmof_unit("qmof-7501cda"), tests::qmof_unit("qmof-83a307d"), tests::qmof_unit("qmof-47144b2")};
  const auto together = relax_all(starts, UffFactory(), {}, 2);
  for (size_t k = 0; k < starts.size(); ++k) {
    const RelaxResult alone = relax_structure(starts[k], UffFactory(), {});
    EXPECT_EQ(together[k].record.energy, alone.record.energy);
    EXPECT_EQ(together[k].record.steps, alone.record.steps);
  }
}

TEST(Displacement, LeavesOutTheCommonTranslation) {
  Crystal from = tests::diamond();
  Crystal to = from;
  for (Vec3& f : to.frac_coords) f += Vec3(0.2, 0.1, 0);
  double largest = 0;
  EXPECT_NEAR(displacement(from, to, largest), 0, 1e-12);
  to.frac_coords[0] += to.cell.transpose().inverse() * Vec3(0.3, 0, 0);
  EXPECT_NEAR(displacement(from, to, largest), 0.15, 1e-12);
  EXPECT_NEAR(largest, 0.15, 1e-12);
}

}  // namespace
}  // namespace clamp::relax
