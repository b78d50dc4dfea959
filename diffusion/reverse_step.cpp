#include "diffusion/reverse_step.h"

#include <algorithm>
#include <cmath>

namespace clamp::diffusion {

Posterior preserving_posterior(double alpha_from, double alpha_to) {
  const double ratio = alpha_from / alpha_to;
  const double variance_from = 1 - alpha_from * alpha_from;
  const double variance_to = 1 - alpha_to * alpha_to;
  const double transition = variance_from - ratio * ratio * variance_to;
  return {ratio * variance_to / variance_from, alpha_to * transition / variance_from,
          std::sqrt(std::max(0.0, transition * variance_to / variance_from))};
}

Posterior exploding_posterior(double sigma_from, double sigma_to) {
  const double from = sigma_from * sigma_from, to = sigma_to * sigma_to;
  return {to / from, (from - to) / from, std::sqrt(to * (from - to) / from)};
}

}  // namespace clamp::diffusion
