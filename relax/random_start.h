// Starting point of the control experiment: the chemistry of a crystal, nothing of its geometry.
#pragma once

#include "core/asymmetric_unit.h"
#include "core/seed.h"
#include "relax/geometry_table.h"

namespace clamp::relax {

/// Uniform site coordinates and a random cell: normal noise (standard deviation 0.2 a component) in the
/// strains that the point group allows, scaled to the predicted volume.
AsymmetricUnit random_start(const Chemistry& chemistry, const GeometryTable& table, Rng& rng);

}  // namespace clamp::relax
