// Gumbel noise: the index of the largest x_i + gumbel is drawn with weights exp(x_i).
#pragma once

#include "core/seed.h"

namespace clamp {

/// Standard Gumbel noise.
double gumbel(Rng& rng);

}  // namespace clamp
