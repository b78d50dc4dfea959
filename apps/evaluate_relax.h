// Structures that clamp-evaluate judges once more after a relaxation.
#pragma once

#include <limits>
#include <memory>
#include <optional>

#include "apps/evaluate_set.h"
#include "relax/potential.h"
#include "relax/relaxation.h"

namespace clamp::apps {

/// A structure after relaxation, or as it was where the potential cannot describe it (`record.reason`).
struct RelaxedFacts {
  evaluate::StructureFacts facts;
  relax::RelaxRecord record;
  double energy_per_atom_before = std::numeric_limits<double>::quiet_NaN();  ///< eV
};

/// Throws as relax::make_potential().
RelaxAndJudge relax_and_judge(const EvaluateOptions& options, const MeasurePores& pores);

}  // namespace clamp::apps
