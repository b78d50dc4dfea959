#include "apps/evaluate_relax.h"

#include <cmath>

#include "apps/symmetric_unit.h"
#include "core/error.h"
#include "relax/potential_registry.h"
#include "relax/relaxer.h"

namespace clamp::apps {
namespace {

constexpr double kSymprec = 0.01;  // Å

relax::RelaxResult relax_crystal(const Crystal& crystal, const relax::PotentialFactory& potential) {
  relax::RelaxerConfig config;
  config.stop = [] { return interrupted(); };
  return relax::relax_structure(symmetric_unit(crystal, kSymprec), potential, config);
}

RelaxedFacts relaxed_facts(const Crystal& crystal, const relax::PotentialFactory& potential,
                           const MeasurePores& pores) {
  RelaxedFacts result;
  try {
    const auto relaxed = relax_crystal(crystal, potential);
    result.record = relaxed.record;
    if (std::isfinite(result.record.energy)) {
      const Crystal after = expand(relaxed.unit);
      const auto n_atoms = static_cast<double>(after.n_atoms());
      result.facts = evaluate::structure_facts(after, pores(after));
      result.facts.relaxed = result.record.converged;
      result.facts.energy_per_atom = result.record.energy / n_atoms;
      result.energy_per_atom_before = result.record.energy_before / n_atoms;
      return result;
    }
  } catch (const Error& error) {
    result.record.converged = false;
    result.record.reason = error.what();
  }
  result.facts = evaluate::structure_facts(crystal, pores(crystal));
  return result;
}

}  // namespace

RelaxAndJudge relax_and_judge(const EvaluateOptions& options, const MeasurePores& pores) {
  if (options.relax == "none") return [](const Crystal&) { return std::optional<RelaxedFacts>(); };
  const std::shared_ptr<relax::PotentialFactory> potential = relax::make_potential(options.relax);
  return [potential, pores](const Crystal& crystal) {
    return std::optional(relaxed_facts(crystal, *potential, pores));
  };
}

}  // namespace clamp::apps
