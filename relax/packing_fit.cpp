#include "relax/packing_fit.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

#include "relax/lbfgs.h"
#include "relax/topology.h"

namespace clamp::relax {
namespace {

constexpr int kFar = 3;  // bonds; contacts are further apart
constexpr double kGradientTolerance = 1e-5;
constexpr double kMaxStep = 1.0;

/// A knot of a curve as a variable, scaled by the root mean square of its counts.
struct Variable {
  std::string key;
  size_t knot = 0;
  double scale = 1;
};

struct Entry {
  Eigen::Index variable;
  double count;  ///< scaled
};
using Row = std::vector<Entry>;

/// Second difference of three neighbouring knots.
struct Bend {
  Eigen::Index variables[3];
  double weights[3];
};

struct Problem {
  std::vector<Variable> variables;
  std::vector<Bend> bends;
  std::vector<std::vector<Row>> groups;  ///< the real structure first
};

std::vector<Variable> choose_variables(const std::vector<PackingGroup>& groups,
                                       const PackingFitConfig& config) {
  struct Seen {
    int64_t structures = 0;
    double squares = 0;
  };
  std::map<std::pair<std::string, size_t>, Seen> seen;
  int64_t n_structures = 0;
  const auto look = [&](const PackingCounts& counts) {
    ++n_structures;
    for (const auto& [key, curve] : counts) {
      for (size_t k = 0; k < curve.size(); ++k) {
        if (curve[k] == 0) continue;
        auto& s = seen[{key, k}];
        ++s.structures;
        s.squares += curve[k] * curve[k];
      }
    }
  };
  for (const auto& group : groups) {
    if (group.decoys.empty()) continue;
    look(group.real);
    for (const auto& decoy : group.decoys) look(decoy);
  }
  std::vector<Variable> variables;
  for (const auto& [place, s] : seen) {
    if (s.structures < config.least_structures) continue;
    variables.push_back(
        {place.first, place.second, std::sqrt(s.squares / static_cast<double>(n_structures))});
  }
  return variables;
}

Problem make_problem(const std::vector<PackingGroup>& groups, const PackingFitConfig& config) {
  Problem problem;
  problem.variables = choose_variables(groups, config);
  std::map<std::pair<std::string, size_t>, Eigen::Index> index;
  for (const Variable& v : problem.variables) {
    const auto next = static_cast<Eigen::Index>(index.size());
    index[{v.key, v.knot}] = next;
  }
  const auto scale = [&](Eigen::Index i) { return problem.variables[static_cast<size_t>(i)].scale; };
  for (const auto& [place, middle] : index) {
    if (place.second == 0) continue;
    const auto before = index.find({place.first, place.second - 1});
    const auto after = index.find({place.first, place.second + 1});
    if (before == index.end() || after == index.end()) continue;
    // Differences of the curve, which is variable / scale, weighted by how much the middle knot matters.
    const double s = scale(middle);
    problem.bends.push_back({{before->second, middle, after->second},
                             {-s / scale(before->second), 2, -s / scale(after->second)}});
  }
  const auto row_of = [&](const PackingCounts& counts) {
    Row row;
    for (const auto& [key, curve] : counts) {
      for (size_t k = 0; k < curve.size(); ++k) {
        const auto it = curve[k] == 0 ? index.end() : index.find({key, k});
        if (it != index.end()) row.push_back({it->second, curve[k] / scale(it->second)});
      }
    }
    return row;
  };
  for (const auto& group : groups) {
    if (group.decoys.empty()) continue;
    std::vector<Row> rows{row_of(group.real)};
    for (const auto& decoy : group.decoys) rows.push_back(row_of(decoy));
    problem.groups.push_back(std::move(rows));
  }
  return problem;
}

/// Probability of each structure of a group being the real one.
std::vector<double> probabilities(const std::vector<double>& energies) {
  const double least = *std::min_element(energies.begin(), energies.end());
  std::vector<double> p;
  double total = 0;
  for (const double e : energies) total += p.emplace_back(std::exp(least - e));
  for (double& v : p) v /= total;
  return p;
}

double penalised_loss(const Problem& problem, const PackingFitConfig& config, const Eigen::VectorXd& x,
                      Eigen::VectorXd& gradient) {
  gradient = 2 * config.size_penalty * x;
  double value = config.size_penalty * x.squaredNorm();
  for (const Bend& bend : problem.bends) {
    double d = 0;
    for (int k = 0; k < 3; ++k) d += bend.weights[k] * x[bend.variables[k]];
    value += config.roughness_penalty * d * d;
    for (int k = 0; k < 3; ++k) {
      gradient[bend.variables[k]] += 2 * config.roughness_penalty * d * bend.weights[k];
    }
  }
  const double share = 1 / static_cast<double>(problem.groups.size());
  for (const auto& rows : problem.groups) {
    std::vector<double> energies;
    for (const Row& row : rows) {
      double e = 0;
      for (const Entry& entry : row) e += x[entry.variable] * entry.count;
      energies.push_back(e);
    }
    const auto p = probabilities(energies);
    value -= share * std::log(std::max(p[0], 1e-300));
    for (size_t k = 0; k < rows.size(); ++k) {
      const double slope = share * ((k == 0 ? 1 : 0) - p[k]);
      for (const Entry& entry : rows[k]) gradient[entry.variable] += slope * entry.count;
    }
  }
  return value;
}

}  // namespace

PackingCounts packing_counts(const AsymmetricUnit& unit) {
  const Crystal crystal = expand(unit);
  const Topology topology = make_topology(crystal.atomic_numbers, expand_bonds(unit));
  std::vector<std::vector<Separation>> near;
  for (size_t a = 0; a < crystal.atomic_numbers.size(); ++a) {
    near.push_back(separations(topology, static_cast<int>(a)));
  }
  PackingCounts counts;
  const double share = 1 / static_cast<double>(crystal.n_atoms());
  for (const Bond& pair : neighbor_pairs(crystal, PackingPotential::kReach)) {
    const auto i = static_cast<size_t>(pair.i), j = static_cast<size_t>(pair.j);
    if (bonds_between(near[i], {static_cast<int>(pair.j), pair.shift}) <= kFar) continue;
    const auto &a = topology.types[i].contact, &b = topology.types[j].contact;
    auto& curve = counts[a <= b ? a + " " + b : b + " " + a];
    const double place = std::max(0.0, (pair.length - PackingPotential::kFirst) / PackingPotential::kStep);
    const auto k = static_cast<size_t>(place);
    const double rest = place - static_cast<double>(k);
    if (k < curve.size()) curve[k] += share * (1 - rest);
    if (k + 1 < curve.size()) curve[k + 1] += share * rest;
  }
  return counts;
}

double packing_energy(const PackingCounts& counts, const PackingPotential& potential) {
  double energy = 0;
  for (const auto& [key, count] : counts) {
    const auto it = potential.curves().find(key);
    if (it == potential.curves().end()) continue;
    for (size_t k = 0; k < count.size(); ++k) energy += count[k] * it->second[k];
  }
  return energy;
}

PackingFit judge_packing(const PackingPotential& potential, const std::vector<PackingGroup>& groups) {
  PackingFit fit;
  fit.potential = potential;
  double n = 0;
  for (const auto& group : groups) {
    if (group.decoys.empty()) continue;
    std::vector<double> energies{packing_energy(group.real, potential)};
    for (const auto& decoy : group.decoys) energies.push_back(packing_energy(decoy, potential));
    fit.loss -= std::log(std::max(probabilities(energies)[0], 1e-300));
    fit.real_first += energies[0] < *std::min_element(energies.begin() + 1, energies.end()) ? 1 : 0;
    ++n;
  }
  fit.loss /= n;
  fit.real_first /= n;
  return fit;
}

PackingFit fit_packing(const std::vector<PackingGroup>& groups, const PackingFitConfig& config) {
  const Problem problem = make_problem(groups, config);
  PackingPotential potential;
  if (!problem.variables.empty()) {
    Eigen::VectorXd x = Eigen::VectorXd::Zero(static_cast<Eigen::Index>(problem.variables.size()));
    LbfgsConfig lbfgs;
    lbfgs.max_evaluations = config.max_steps;
    lbfgs.gradient_tolerance = kGradientTolerance;
    lbfgs.max_step = kMaxStep;
    minimise([&](const Eigen::VectorXd& at,
                 Eigen::VectorXd& gradient) { return penalised_loss(problem, config, at, gradient); },
             x, lbfgs);
    for (size_t v = 0; v < problem.variables.size(); ++v) {
      const Variable& variable = problem.variables[v];
      const size_t space = variable.key.find(' ');
      const std::string a = variable.key.substr(0, space), b = variable.key.substr(space + 1);
      const auto* known = potential.find(a, b);
      PackingPotential::Curve curve = known == nullptr ? PackingPotential::Curve{} : *known;
      curve[variable.knot] = x[static_cast<Eigen::Index>(v)] / variable.scale;
      potential.set(a, b, curve);
    }
  }
  return judge_packing(potential, groups);
}

}  // namespace clamp::relax
