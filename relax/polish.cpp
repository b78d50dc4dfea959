#include "relax/polish.h"

#include <Eigen/LU>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <exception>
#include <thread>

#include "relax/bond_images.h"
#include "relax/lbfgs.h"
#include "relax/polish_energy.h"

namespace clamp::relax {
namespace {

constexpr double kMaxStep = 0.3;     // Å an atom and step
constexpr double kSoftest = 1.5;     // 1/Å^2, repulsion of the first round
constexpr double kHardest = 60;      // 1/Å^2, of the last
constexpr double kFirstReach = 0.6;  // of contact distances, first round

/// Weights of round k of n: repulsion grows geometrically, the volume term fades.
StageWeights round_weights(const PolishConfig& config, int64_t k, int64_t n) {
  StageWeights weights;
  const double t = n > 1 ? static_cast<double>(k) / static_cast<double>(n - 1) : 1;
  weights.repulsion = kSoftest * std::pow(kHardest / kSoftest, t);
  weights.reach = kFirstReach + (1 - kFirstReach) * t;
  weights.planar = t;
  if (config.target_volume > 0) {
    weights.volume = config.volume_weight * (1 - t);
    weights.target_volume = config.target_volume;
  }
  return weights;
}

double largest_move(const Crystal& before, const Crystal& after) {
  double largest = 0;
  for (size_t a = 0; a < before.frac_coords.size(); ++a) {
    Vec3 delta = after.frac_coords[a] - before.frac_coords[a];
    for (int k = 0; k < 3; ++k) delta[k] -= std::round(delta[k]);
    largest = std::max(largest, (after.cell.transpose() * delta).norm());
  }
  return largest;
}

}  // namespace

RelaxResult polish(const AsymmetricUnit& start, const GeometryTable& table, const PolishConfig& config) {
  RelaxResult result;
  result.unit = start;
  result.record.stage = "polish";
  result.record.potential = "bond-keeping";
  SymmetricState state(start, config.relax_cell);
  PolishEnergy energy(state, table);
  std::vector<SlotBond>& bonds = result.unit.chemistry.bonds;
  const std::vector<size_t> sizes = orbit_sizes(state, bonds);

  const Objective objective = [&energy](const Eigen::VectorXd& w, Eigen::VectorXd& gradient) {
    return energy.evaluate(w, gradient);
  };
  const int64_t rounds = std::max<int64_t>(1, config.image_rounds);
  LbfgsResult last;
  for (int64_t k = 0; k < rounds && result.record.steps < config.max_steps; ++k) {
    energy.set_bonds(assign_images(state, sizes, bonds));
    energy.set_weights(round_weights(config, k, rounds));
    state.set_reference();
    LbfgsConfig lbfgs;
    const int64_t left = config.max_steps - result.record.steps;
    lbfgs.max_evaluations = k + 1 < rounds ? std::min(left, config.max_steps / (rounds + 1)) : left;
    lbfgs.gradient_tolerance = k + 1 < rounds ? 20 * config.force_tolerance : config.force_tolerance;
    lbfgs.energy_tolerance = k + 1 < rounds ? 1e-2 : 1e-5;
    lbfgs.max_step = kMaxStep;
    Eigen::VectorXd w = Eigen::VectorXd::Zero(state.n_variables());
    last = minimise(objective, w, lbfgs);
    state.apply(w);
    result.record.steps += last.evaluations;
  }
  result.unit.cell = state.cell();
  result.unit.frac_coords = state.slot_coords();
  result.record.converged = last.converged;
  result.record.energy = last.value;
  result.record.max_force = last.max_gradient;
  result.record.max_move = largest_move(expand(start), expand(result.unit));
  result.record.volume_change =
      std::abs(result.unit.cell.determinant()) / std::abs(start.cell.determinant()) - 1;
  return result;
}

std::vector<RelaxResult> polish_all(const std::vector<AsymmetricUnit>& starts, const GeometryTable& table,
                                    const PolishConfig& config, int n_threads) {
  std::vector<RelaxResult> results(starts.size());
  std::vector<std::exception_ptr> errors(starts.size());
  std::atomic<size_t> next{0};
  const auto work = [&] {
    for (size_t k = next++; k < starts.size(); k = next++) {
      try {
        results[k] = polish(starts[k], table, config);
      } catch (...) {
        errors[k] = std::current_exception();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int t = 1; t < n_threads; ++t) threads.emplace_back(work);
  work();
  for (std::thread& thread : threads) thread.join();
  for (const std::exception_ptr& error : errors) {
    if (error) std::rethrow_exception(error);
  }
  return results;
}

}  // namespace clamp::relax
