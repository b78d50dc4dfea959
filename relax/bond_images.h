// Which image each bond goes to: intra bonds are fixed by unwrapping the slots along their parents, every
// other bond goes to its nearest image.
#pragma once

#include <vector>

#include "relax/symmetric_state.h"

namespace clamp::relax {

/// Unwraps the slots of `state` (each to the image nearest to its parent), writes the shifts of `bonds` and
/// returns all bonds of the primitive cell. Classes of one (i, j, op) get distinct images. `orbit_sizes`
/// [bonds] are the numbers of bonds a cell that each class shall stand for, 0 for any: an image with another
/// number is taken only where none of the right number is near. A bond with op -1 goes to the nearest copy,
/// and its op is written.
std::vector<Bond> assign_images(SymmetricState& state, const std::vector<size_t>& orbit_sizes,
                                std::vector<SlotBond>& bonds);

/// Bonds of the primitive cell that each class stands for, by the shifts given; 0 for op -1.
std::vector<size_t> orbit_sizes(const SymmetricState& state, const std::vector<SlotBond>& bonds);

}  // namespace clamp::relax
