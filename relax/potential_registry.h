// Potentials by the names that users give.
#pragma once

#include <memory>
#include <string>

#include "relax/potential.h"

namespace clamp::relax {

/// "uff" (UFF4MOF with the additions of docs/relaxation.md), "uff-plain" (without them) or the path of a
/// TorchScript file (relax/torchscript_potential.h). Throws clamp::UsageError for a name that is none of
/// these, clamp::Error for a file that is no potential.
std::unique_ptr<PotentialFactory> make_potential(const std::string& name);

}  // namespace clamp::relax
