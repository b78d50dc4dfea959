#include "relax/fire.h"

#include <algorithm>
#include <cmath>

namespace clamp::relax {
namespace {

constexpr int kPatience = 5;  // steps downhill before the time step grows
constexpr double kGrow = 1.1;
constexpr double kShrink = 0.5;
constexpr double kMixing = 0.1;
constexpr double kMixingShrink = 0.99;
constexpr double kLeastTimeStep = 1e-6;

double largest(const Eigen::VectorXd& v) { return v.size() == 0 ? 0 : v.cwiseAbs().maxCoeff(); }

}  // namespace

LbfgsResult minimise_by_fire(const Objective& objective, Eigen::VectorXd& x, const FireConfig& config) {
  Eigen::VectorXd gradient(x.size());
  Eigen::VectorXd tried_gradient(x.size());
  Eigen::VectorXd velocity = Eigen::VectorXd::Zero(x.size());
  LbfgsResult result;
  result.value = objective(x, gradient);
  result.evaluations = 1;
  double time_step = config.time_step;
  double mixing = kMixing;
  int downhill = 0;
  while (result.evaluations < config.max_evaluations && largest(gradient) > config.gradient_tolerance &&
         time_step > kLeastTimeStep) {
    if (velocity.dot(gradient) <= 0) {
      velocity = (1 - mixing) * velocity - mixing * velocity.norm() / gradient.norm() * gradient;
      if (++downhill > kPatience) {
        time_step = std::min(time_step * kGrow, config.max_time_step);
        mixing *= kMixingShrink;
      }
    } else {
      velocity.setZero();
      time_step *= kShrink;
      mixing = kMixing;
      downhill = 0;
    }
    velocity -= time_step * gradient;
    Eigen::VectorXd step = time_step * velocity;
    const double length = largest(step);
    if (length > config.max_step) step *= config.max_step / length;
    const Eigen::VectorXd tried = x + step;
    const double value = objective(tried, tried_gradient);
    ++result.evaluations;
    if (!std::isfinite(value)) {
      velocity.setZero();
      time_step *= kShrink;
      continue;
    }
    x = tried;
    gradient.swap(tried_gradient);
    result.value = value;
    if (config.stop && config.stop(x)) break;
  }
  result.max_gradient = largest(gradient);
  result.converged = result.max_gradient <= config.gradient_tolerance;
  return result;
}

}  // namespace clamp::relax
