// A relaxation's record as JSON, the same in the results of all programs.
#pragma once

#include <string>

#include "relax/relaxation.h"

namespace clamp::relax {

/// One JSON object. The polish has an objective without unit: it is under keys of its own, and the energies
/// in eV are null. Numbers that are not finite are null.
std::string record_json(const RelaxRecord& record);

}  // namespace clamp::relax
