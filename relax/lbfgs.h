// Limited-memory BFGS with a step limit (Nocedal & Wright, Numerical Optimization, algorithm 7.4;
// backtracking line search on the Armijo condition).
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <functional>

namespace clamp::relax {

/// Value of the objective at x; writes its gradient.
using Objective = std::function<double(const Eigen::VectorXd& x, Eigen::VectorXd& gradient)>;

struct LbfgsConfig {
  int64_t max_evaluations = 200;
  double gradient_tolerance = 0.05;  ///< largest component of the gradient
  double max_step = 0.25;            ///< largest component of one step, in units of x
  double energy_tolerance =
      0;  ///< stop where kPatience steps together gain less than this share of the value
  int64_t history = 12;
  /// Asked at every accepted point, at which the objective was evaluated last: true ends the minimisation.
  std::function<bool(const Eigen::VectorXd& x)> stop = {};
};

struct LbfgsResult {
  double value = 0;
  double max_gradient = 0;
  int64_t evaluations = 0;
  bool converged = false;
};

/// Minimises in place.
LbfgsResult minimise(const Objective& objective, Eigen::VectorXd& x, const LbfgsConfig& config);

}  // namespace clamp::relax
