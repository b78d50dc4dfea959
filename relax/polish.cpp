#include "relax/polish.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

#include "core/parallel.h"
#include "core/seed.h"
#include "relax/bond_images.h"
#include "relax/images.h"
#include "relax/lbfgs.h"
#include "relax/polish_energy.h"

namespace clamp::relax {
namespace {

constexpr double kFlat = 1e-6;         // volume over the product of the lengths
constexpr double kThinnest = 2.0;      // Å
constexpr double kMaxStep = 0.3;       // Å an atom and step
constexpr double kSoftest = 1.5;       // 1/Å^2, repulsion of the first round
constexpr double kHardest = 60;        // 1/Å^2, of the last
constexpr double kFirstReach = 0.6;    // of contact distances, first round
constexpr double kRoughForce = 20;     // times the tolerance, where a further round follows
constexpr double kRoughEnergy = 1e-2;  // relative gain over the patience of the minimiser, likewise
constexpr double kFinalEnergy = 1e-5;
constexpr int64_t kRoundShare = 6;               // a round before the last gets this fraction of the steps
constexpr double kFourthSpread = 1.0;            // Å, standard deviation of the fourth coordinates
constexpr double kFlatness[] = {0, 2, 20, 200};  // 1/Å^2, their stages
constexpr double kFourthRepulsion = 20;          // 1/Å^2
constexpr double kFourthVolume = 20;   // weight of the volume meanwhile: contacts do not hold the cell open
constexpr int64_t kFourthSteps = 150;  // a stage

double largest_move(const Crystal& before, const Crystal& after) {
  double largest = 0;
  for (size_t a = 0; a < before.frac_coords.size(); ++a) {
    Vec3 delta = after.frac_coords[a] - before.frac_coords[a];
    for (int k = 0; k < 3; ++k) delta[k] -= std::round(delta[k]);
    largest = std::max(largest, (after.cell.transpose() * delta).norm());
  }
  return largest;
}

bool finite(const AsymmetricUnit& unit) {
  const double lengths = unit.cell.row(0).norm() * unit.cell.row(1).norm() * unit.cell.row(2).norm();
  bool all = unit.cell.allFinite() && std::abs(unit.cell.determinant()) > kFlat * lengths;
  for (const Vec3& x : unit.frac_coords) all = all && x.allFinite();
  return all;
}

/// The start, its cell inflated until no height is under kThinnest: images within reach stay few.
AsymmetricUnit inflated(AsymmetricUnit unit) {
  const double height = cell_heights(unit.cell).minCoeff();
  if (height < kThinnest) unit.cell *= kThinnest / height;
  return unit;
}

/// One structure on its way.
class Polisher {
 public:
  Polisher(const AsymmetricUnit& start, const GeometryTable& table, const PolishConfig& config)
      : config_(config),
        start_(start),
        state_(inflated(start), config.relax_cell),
        energy_(state_, table),
        packing_(table.packing().empty() ? 0 : config.packing),
        bonds_(start.chemistry.bonds),
        sizes_(orbit_sizes(state_, bonds_)),
        target_volume_(config.target_volume > 0 ? config.target_volume : std::abs(start.cell.determinant())) {
  }

  /// From soft repulsion to hard, bonds re-assigned at each round.
  void anneal() {
    const int64_t rounds = std::max<int64_t>(1, config_.image_rounds);
    for (int64_t k = 0; k < rounds && steps_left() > 0; ++k) {
      run(round_weights(k, rounds), k + 1 == rounds, config_.max_steps / kRoundShare);
    }
  }

  /// Spreads the atoms into a fourth dimension, relaxes there and presses them flat again, ever harder.
  void untangle(Rng& rng) {
    fourth_.resize(static_cast<Eigen::Index>(state_.n_slots()));
    for (Eigen::Index s = 0; s < fourth_.size(); ++s) {
      fourth_[s] = kFourthSpread * rng.normal() * std::sqrt(state_.multiplicity(static_cast<size_t>(s)));
    }
    energy_.open_fourth(true);
    for (const double flatness : kFlatness) {
      StageWeights weights;
      weights.planar = 0;
      weights.repulsion = kFourthRepulsion;
      weights.volume = kFourthVolume;
      weights.target_volume = target_volume_;
      weights.flatness = flatness;
      if (steps_left() > 0) run(weights, false, kFourthSteps);
    }
    energy_.open_fourth(false);
    fourth_.resize(0);
    run(round_weights(0, 1), true, 0);
  }

  void pack() { run(packing_weights(), true, 0); }

  double packing_objective() {
    energy_.set_bonds(assign_images(state_, sizes_, bonds_));
    energy_.set_weights(packing_weights());
    state_.set_reference();
    Eigen::VectorXd unused;
    return energy_.evaluate(Eigen::VectorXd::Zero(energy_.n_variables()), unused);
  }

  double energy_per_atom() const { return last_.value / static_cast<double>(state_.n_atoms()); }
  int64_t steps() const { return steps_; }
  int64_t steps_left() const { return config_.max_steps - steps_; }

  void write(RelaxResult& result) const {
    result.unit.chemistry.bonds = bonds_;
    result.unit.cell = state_.cell();
    result.unit.frac_coords = state_.slot_coords();
    result.record.converged = last_.converged;
    result.record.energy = last_.value;
    result.record.max_force = last_.max_gradient;
  }

 private:
  /// Weights of round k of n: repulsion and planarity grow, the hold on the volume too.
  StageWeights round_weights(int64_t k, int64_t n) const {
    StageWeights weights;
    const double t = n > 1 ? static_cast<double>(k) / static_cast<double>(n - 1) : 1;
    weights.repulsion = kSoftest * std::pow(kHardest / kSoftest, t);
    weights.reach = kFirstReach + (1 - kFirstReach) * t;
    weights.planar = t;
    weights.volume = config_.volume_weight * t;
    weights.target_volume = target_volume_;
    return weights;
  }

  StageWeights packing_weights() const {
    StageWeights weights = round_weights(0, 1);
    weights.packing = packing_;
    return weights;
  }

  void run(const StageWeights& weights, bool final, int64_t most_steps) {
    energy_.set_bonds(assign_images(state_, sizes_, bonds_));
    energy_.set_weights(weights);
    state_.set_reference();
    LbfgsConfig lbfgs;
    lbfgs.max_evaluations = std::max<int64_t>(1, final ? steps_left() : std::min(steps_left(), most_steps));
    lbfgs.gradient_tolerance = (final ? 1 : kRoughForce) * config_.force_tolerance;
    lbfgs.energy_tolerance = final ? kFinalEnergy : kRoughEnergy;
    lbfgs.max_step = kMaxStep;
    Eigen::VectorXd w = Eigen::VectorXd::Zero(energy_.n_variables());
    w.tail(fourth_.size()) = fourth_;
    double value = 0;
    const Objective objective = [&](const Eigen::VectorXd& x, Eigen::VectorXd& g) {
      return value = energy_.evaluate(x, g);
    };
    if (config_.on_frame) {
      lbfgs.stop = [&](const Eigen::VectorXd&) {
        AsymmetricUnit unit = start_;
        unit.chemistry.bonds = bonds_;
        unit.cell = state_.cell();
        unit.frac_coords = state_.slot_coords();
        config_.on_frame(unit, value);
        return false;
      };
    }
    last_ = minimise(objective, w, lbfgs);
    state_.apply(w.head(state_.n_variables()));
    fourth_ = w.tail(fourth_.size()).eval();
    steps_ += last_.evaluations;
  }

  const PolishConfig& config_;
  const AsymmetricUnit& start_;
  SymmetricState state_;
  PolishEnergy energy_;
  double packing_;
  std::vector<SlotBond> bonds_;
  std::vector<size_t> sizes_;
  double target_volume_;
  Eigen::VectorXd fourth_;
  LbfgsResult last_;
  int64_t steps_ = 0;
};

/// `start` as a result that nothing has moved yet.
RelaxResult unmoved(const AsymmetricUnit& start, const char* stage, const char* potential) {
  RelaxResult result;
  result.unit = start;
  result.record.stage = stage;
  result.record.potential = potential;
  result.record.energy = std::numeric_limits<double>::infinity();
  return result;
}

void describe_moves(RelaxResult& result, const AsymmetricUnit& start, int64_t steps) {
  result.record.steps = steps;
  result.record.max_move = largest_move(expand(start), expand(result.unit));
  result.record.volume_change =
      std::abs(result.unit.cell.determinant()) / std::abs(start.cell.determinant()) - 1;
}

}  // namespace

RelaxResult polish(const AsymmetricUnit& start, const GeometryTable& table, const PolishConfig& config) {
  RelaxResult result = unmoved(start, "polish", "bond-keeping");
  if (!finite(start)) return result;
  Polisher polisher(start, table, config);
  polisher.anneal();
  polisher.write(result);
  Rng rng(derive_seed(config.seed, 0));
  double best = polisher.energy_per_atom();
  const auto strained = [&] { return best > config.strain_threshold; };
  for (int64_t k = 0; k < config.untangle_tries && strained() && polisher.steps_left() > 0; ++k) {
    polisher.untangle(rng);
    if (polisher.energy_per_atom() >= best) continue;
    best = polisher.energy_per_atom();
    polisher.write(result);
  }
  describe_moves(result, start, polisher.steps());
  return result;
}

RelaxResult pack(const AsymmetricUnit& polished, const GeometryTable& table, const PolishConfig& config) {
  RelaxResult result = unmoved(polished, "packing", "bond-keeping and packing");
  if (!finite(polished)) return result;
  Polisher polisher(polished, table, config);
  polisher.pack();
  polisher.write(result);
  describe_moves(result, polished, polisher.steps());
  return result;
}

double packing_objective(const AsymmetricUnit& unit, const GeometryTable& table, const PolishConfig& config) {
  if (!finite(unit)) return std::numeric_limits<double>::infinity();
  return Polisher(unit, table, config).packing_objective();
}

std::vector<RelaxResult> polish_all(const std::vector<AsymmetricUnit>& starts, const GeometryTable& table,
                                    const PolishConfig& config, int n_threads) {
  std::vector<RelaxResult> results(starts.size());
  parallel_for(starts.size(), n_threads, [&](size_t k) { results[k] = polish(starts[k], table, config); });
  return results;
}

}  // namespace clamp::relax
