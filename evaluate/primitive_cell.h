// The primitive cell of a crystal by its own translations, within a tolerance.
#pragma once

#include "core/crystal.h"

namespace clamp::evaluate {

/// The smallest cell whose copies are the crystal, Minkowski-reduced, coordinates wrapped into [0, 1). Atoms
/// that a translation brings within `tolerance` Å of an atom of the same element are copies of one, and their
/// places are averaged (pymatgen's get_primitive_structure has the tolerance 0.25 Å too). Throws as
/// reduced_cell().
Crystal primitive_cell(const Crystal& crystal, double tolerance = 0.25);

}  // namespace clamp::evaluate
