// FIRE: relaxation by damped dynamics (Bitzek, Koskinen, Gähler, Moseler & Gumbsch, Phys. Rev. Lett. 2006,
// 97, 170201), with its published constants, unit masses and a limit on the step.
#pragma once

#include "relax/lbfgs.h"

namespace clamp::relax {

struct FireConfig {
  int64_t max_evaluations = 1000;
  double gradient_tolerance = 0;  ///< largest component of the gradient; 0: until `stop`
  double max_step = 0.1;          ///< largest component of one step, in units of x
  double time_step = 0.1;         ///< in units of x, the objective and unit masses
  double max_time_step = 1.0;
  /// Asked after every step, at the point that was evaluated last: true ends the minimisation.
  std::function<bool(const Eigen::VectorXd& x)> stop = {};
};

/// Minimises in place. Where the objective is no finite number the step is taken back and the velocity lost.
LbfgsResult minimise_by_fire(const Objective& objective, Eigen::VectorXd& x, const FireConfig& config);

}  // namespace clamp::relax
