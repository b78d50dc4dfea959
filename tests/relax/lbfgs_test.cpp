#include "relax/lbfgs.h"

#include <gtest/gtest.h>

namespace clamp::relax {
namespace {

TEST(Lbfgs, FindsTheMinimumOfRosenbrock) {
  const Objective rosenbrock = [](const Eigen::VectorXd& x, Eigen::VectorXd& g) {
    const double a = 1 - x[0], b = x[1] - x[0] * x[0];
    g = Eigen::Vector2d(-2 * a - 400 * x[0] * b, 200 * b);
    return a * a + 100 * b * b;
  };
  Eigen::VectorXd x = Eigen::Vector2d(-1.2, 1);
  LbfgsConfig config;
  config.gradient_tolerance = 1e-8;
  config.max_evaluations = 300;
  const LbfgsResult result = minimise(rosenbrock, x, config);
  EXPECT_TRUE(result.converged);
  EXPECT_NEAR(x[0], 1, 1e-6);
  EXPECT_NEAR(x[1], 1, 1e-6);
}

TEST(Lbfgs, NeverStepsFartherThanAllowed) {
  Eigen::VectorXd last = Eigen::VectorXd::Zero(1);
  double farthest = 0;
  const Objective slope = [&](const Eigen::VectorXd& x, Eigen::VectorXd& g) {
    farthest = std::max(farthest, std::abs(x[0] - last[0]));
    last = x;
    g = Eigen::VectorXd::Constant(1, 5.0);
    return 5 * x[0];
  };
  Eigen::VectorXd x = Eigen::VectorXd::Zero(1);
  LbfgsConfig config;
  config.max_evaluations = 20;
  EXPECT_FALSE(minimise(slope, x, config).converged);
  EXPECT_LE(farthest, config.max_step + 1e-12);
}

TEST(Lbfgs, NothingToMoveIsConverged) {
  const Objective constant = [](const Eigen::VectorXd&, Eigen::VectorXd& g) {
    g.resize(0);
    return 3.0;
  };
  Eigen::VectorXd x(0);
  const LbfgsResult result = minimise(constant, x, LbfgsConfig{});
  EXPECT_TRUE(result.converged);
  EXPECT_EQ(result.value, 3.0);
}

}  // namespace
}  // namespace clamp::relax
