#include "core/gumbel.h"

#include <algorithm>
#include <cmath>

namespace clamp {

double gumbel(Rng& rng) { return -std::log(-std::log(std::max(rng.uniform(), 1e-300))); }

}  // namespace clamp
