#include "diffusion/noise_schedule.h"

#include <ATen/Functions.h>

#include <cmath>

namespace clamp::diffusion {

torch::Tensor coordinate_sigma(const torch::Tensor& t, const torch::Tensor& n_atoms, double volume_per_atom,
                               const NoiseConfig& config) {
  const auto edge = (n_atoms.to(t.scalar_type()) * volume_per_atom).pow(1.0 / 3.0);
  const auto low = (config.sigma_min / edge).log();
  return (low + t * (std::log(config.sigma_max) - low)).exp();
}

torch::Tensor lattice_alpha(const torch::Tensor& t, const NoiseConfig& config) {
  return at::cos(t.pow(config.lattice_power) * (M_PI / 2));
}

}  // namespace clamp::diffusion
