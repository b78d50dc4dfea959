#include "relax/relaxer.h"

#include <Eigen/LU>
#include <cmath>
#include <limits>

#include "core/error.h"
#include "core/parallel.h"
#include "relax/fire.h"
#include "relax/lbfgs.h"
#include "relax/symmetric_state.h"

namespace clamp::relax {
namespace {

constexpr double kGpa = 160.21766208;  // 1 eV/Å^3
// A cell is taken as collapsed below this share of the first volume, as burst above that multiple of it.
constexpr double kLeastVolume = 0.25;
constexpr double kMostVolume = 8;
constexpr double kInfinite = std::numeric_limits<double>::infinity();

class Relaxation {
 public:
  Relaxation(const AsymmetricUnit& start, const PotentialFactory& factory, const RelaxerConfig& config)
      : start_(start), config_(config), state_(start, config.relax_cell), first_crystal_(present()) {
    potential_ = factory.bind(first_crystal_, expand_bonds(start));
    record_.stage = config.stage;
    record_.potential = factory.name();
    record_.counts = potential_->counts();
  }

  RelaxResult run() {
    Eigen::VectorXd x = Eigen::VectorXd::Zero(state_.n_variables());
    Eigen::VectorXd gradient(x.size());
    const double first = evaluate(x, gradient);
    record_.energy_before = first;
    if (!std::isfinite(first)) {
      record_.energy = first;
      record_.reason = "the energy of the start is no finite number";
      return {start_, record_};
    }
    if (!accept()) minimise_from(x);
    state_.apply(x);
    return finish(x);
  }

 private:
  Crystal present() const {
    Crystal crystal;
    crystal.cell = state_.cell();
    crystal.frac_coords = state_.atom_coords();
    for (const int slot : state_.atoms().slot)
      crystal.atomic_numbers.push_back(state_.slot(static_cast<size_t>(slot)).atomic_number);
    return crystal;
  }

  /// Energy at x in eV, with its gradient. Infinite for a cell that has collapsed or burst.
  double evaluate(const Eigen::VectorXd& x, Eigen::VectorXd& gradient) {
    ++record_.steps;
    state_.apply(x);
    const Mat3& cell = state_.cell();
    const double volume = std::abs(cell.determinant());
    const double first = first_crystal_.volume();
    if (!(volume > kLeastVolume * first && volume < kMostVolume * first)) return kInfinite;
    cart_.clear();
    for (const Vec3& f : state_.atom_coords()) {
      cart_.push_back(cell.transpose() * f);
      if (!cart_.back().allFinite()) return kInfinite;
    }
    const EnergyForces& result = potential_->evaluate(cell, cart_);
    if (!std::isfinite(result.energy)) return kInfinite;
    std::vector<Vec3> slot_gradient(state_.n_slots(), Vec3::Zero());
    const auto& atoms = state_.atoms();
    energy_ = result.energy;
    max_force_ = 0;
    for (size_t a = 0; a < cart_.size(); ++a) {
      const auto& op = state_.group().operations[static_cast<size_t>(atoms.op[a])];
      slot_gradient[atoms.slot[a]] -= op.rotation.cast<double>().transpose() * (cell * result.forces[a]);
      max_force_ = std::max(max_force_, result.forces[a].norm());
    }
    max_stress_ = config_.relax_cell ? result.virial.cwiseAbs().maxCoeff() / volume * kGpa : 0;
    gradient = state_.pull_back(slot_gradient, cell.transpose().inverse() * result.virial);
    return std::isfinite(max_force_) && gradient.allFinite() ? energy_ : kInfinite;
  }

  /// Notes the state evaluated last; true where the relaxation is over.
  bool accept() {
    record_.energy = energy_;
    record_.max_force = max_force_;
    record_.max_stress = max_stress_;
    if (config_.on_frame) config_.on_frame({record_.steps - 1, present(), energy_, max_force_, max_stress_});
    record_.converged = max_force_ <= config_.force_tolerance && max_stress_ <= config_.stress_tolerance;
    stopped_ = !record_.converged && config_.stop && config_.stop();
    return record_.converged || stopped_;
  }

  void minimise_from(Eigen::VectorXd& x) {
    const Objective objective = [this](const Eigen::VectorXd& at, Eigen::VectorXd& gradient) {
      return evaluate(at, gradient);
    };
    const auto stop = [this](const Eigen::VectorXd&) { return accept(); };
    if (config_.optimizer == Optimizer::kFire) {
      FireConfig fire;
      fire.max_evaluations = config_.max_steps;
      fire.stop = stop;
      minimise_by_fire(objective, x, fire);
      return;
    }
    // A line search that gives up starts anew without memory, once without progress is enough.
    while (!record_.converged && !stopped_ && record_.steps < config_.max_steps) {
      LbfgsConfig lbfgs;
      lbfgs.max_evaluations = config_.max_steps - record_.steps;
      lbfgs.gradient_tolerance = 0;
      lbfgs.stop = stop;
      const double before = record_.energy;
      minimise(objective, x, lbfgs);
      if (!(record_.energy < before)) break;
    }
  }

  RelaxResult finish(const Eigen::VectorXd& x) {
    if (!record_.converged) {
      record_.reason = stopped_                             ? "stopped"
                       : record_.steps >= config_.max_steps ? "step limit"
                                                            : "no progress";
    }
    state_.apply(x);
    RelaxResult result;
    result.unit = start_;
    result.unit.cell = state_.cell();
    result.unit.frac_coords = state_.slot_coords();
    const Crystal last = present();
    record_.rmsd = displacement(first_crystal_, last, record_.max_move);
    record_.volume_change = last.volume() / first_crystal_.volume() - 1;
    --record_.steps;  // the start's evaluation is no step
    result.record = record_;
    return result;
  }

  const AsymmetricUnit& start_;
  const RelaxerConfig& config_;
  SymmetricState state_;
  Crystal first_crystal_;
  std::unique_ptr<Potential> potential_;
  RelaxRecord record_;
  std::vector<Vec3> cart_;
  double energy_ = 0, max_force_ = 0, max_stress_ = 0;
  bool stopped_ = false;
};

}  // namespace

double displacement(const Crystal& from, const Crystal& to, double& largest) {
  const Mat3 to_cart = 0.5 * (from.cell + to.cell).transpose();
  std::vector<Vec3> moves;
  Vec3 mean = Vec3::Zero();
  for (size_t a = 0; a < from.frac_coords.size(); ++a) {
    moves.push_back(to_cart * (to.frac_coords[a] - from.frac_coords[a]));
    mean += moves.back();
  }
  const double n = static_cast<double>(std::max<size_t>(1, moves.size()));
  mean /= n;
  double sum = 0;
  largest = 0;
  for (const Vec3& move : moves) {
    sum += (move - mean).squaredNorm();
    largest = std::max(largest, (move - mean).norm());
  }
  return std::sqrt(sum / n);
}

RelaxResult relax_structure(const AsymmetricUnit& start, const PotentialFactory& potential,
                            const RelaxerConfig& config) {
  try {
    return Relaxation(start, potential, config).run();
  } catch (const Error& error) {
    RelaxResult result{start, {}};
    result.record.stage = config.stage;
    result.record.potential = potential.name();
    result.record.energy = std::numeric_limits<double>::quiet_NaN();
    result.record.reason = error.what();
    return result;
  }
}

std::vector<RelaxResult> relax_all(const std::vector<AsymmetricUnit>& starts,
                                   const PotentialFactory& potential, const RelaxerConfig& config,
                                   int n_threads) {
  std::vector<RelaxResult> results(starts.size());
  parallel_for(starts.size(), n_threads,
               [&](size_t k) { results[k] = relax_structure(starts[k], potential, config); });
  return results;
}

}  // namespace clamp::relax
