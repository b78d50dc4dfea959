#include "relax/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace clamp::relax {
namespace {

constexpr double kArmijo = 1e-4;
constexpr double kShrink = 0.35;
constexpr int kMostBacktracks = 8;
constexpr double kCurvature = 1e-10;  // smallest s.y / (|s||y|) that is stored
constexpr int kPatience = 10;

struct Pair {
  Eigen::VectorXd s;
  Eigen::VectorXd y;
  double rho;
};

Eigen::VectorXd direction(const Eigen::VectorXd& gradient, const std::deque<Pair>& history) {
  Eigen::VectorXd d = -gradient;
  std::vector<double> alpha(history.size());
  for (size_t k = history.size(); k-- > 0;) {
    alpha[k] = history[k].rho * history[k].s.dot(d);
    d -= alpha[k] * history[k].y;
  }
  if (!history.empty()) d /= history.back().rho * history.back().y.squaredNorm();
  for (size_t k = 0; k < history.size(); ++k) {
    const double beta = history[k].rho * history[k].y.dot(d);
    d += (alpha[k] - beta) * history[k].s;
  }
  return d;
}

double largest(const Eigen::VectorXd& v) { return v.size() == 0 ? 0 : v.cwiseAbs().maxCoeff(); }

}  // namespace

LbfgsResult minimise(const Objective& objective, Eigen::VectorXd& x, const LbfgsConfig& config) {
  LbfgsResult result;
  Eigen::VectorXd gradient(x.size());
  double value = objective(x, gradient);
  result.evaluations = 1;
  std::deque<Pair> history;
  std::deque<double> past;
  Eigen::VectorXd tried(x.size());
  Eigen::VectorXd tried_gradient(x.size());
  while (result.evaluations < config.max_evaluations && largest(gradient) > config.gradient_tolerance) {
    past.push_back(value);
    if (past.size() > kPatience) {
      const double gain = past.front() - value;
      past.pop_front();
      if (gain < config.energy_tolerance * std::abs(value)) break;
    }
    Eigen::VectorXd step = direction(gradient, history);
    if (step.dot(gradient) >= 0) {
      history.clear();
      step = -gradient;
    }
    const double length = largest(step);
    // The first step knows no curvature: a tenth of the limit.
    const double limit = history.empty() ? 0.1 * config.max_step : config.max_step;
    if (length > limit || history.empty()) step *= std::min(limit / length, 1.0);
    const double slope = step.dot(gradient);
    double t = 1;
    double tried_value = 0;
    bool accepted = false;
    for (int k = 0; k < kMostBacktracks && result.evaluations < config.max_evaluations; ++k) {
      tried = x + t * step;
      tried_value = objective(tried, tried_gradient);
      ++result.evaluations;
      accepted = tried_value <= value + kArmijo * t * slope;
      if (accepted) break;
      t *= kShrink;
    }
    if (!accepted) {
      if (history.empty()) break;
      history.clear();
      continue;
    }
    Pair pair{tried - x, tried_gradient - gradient, 0};
    const double sy = pair.s.dot(pair.y);
    if (sy > kCurvature * pair.s.norm() * pair.y.norm()) {
      pair.rho = 1 / sy;
      history.push_back(std::move(pair));
      if (history.size() > static_cast<size_t>(config.history)) history.pop_front();
    }
    x.swap(tried);
    gradient.swap(tried_gradient);
    value = tried_value;
    if (config.stop && config.stop(x)) break;
  }
  result.value = value;
  result.max_gradient = largest(gradient);
  result.converged = result.max_gradient <= config.gradient_tolerance;
  return result;
}

}  // namespace clamp::relax
