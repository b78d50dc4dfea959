// Gaussian radial basis of distances, as in SchNet and CGCNN (Xie and Grossman, PRL 2018, 120, 145301).
#pragma once

#include <torch/types.h>

namespace clamp::nn {

struct GaussianBasisConfig {
  double first = 0.0;  ///< Å, centre of the first function
  double last = 8.0;   ///< Å, centre of the last function
  int64_t count = 41;  ///< the width is the spacing of the centres
};

/// exp(-((d - centre_k) / spacing)^2).
/// @param distances  [...] in Å
/// @return           [..., count], same dtype and device
inline torch::Tensor gaussian_basis(const torch::Tensor& distances, const GaussianBasisConfig& config) {
  TORCH_CHECK(config.count >= 2, "a Gaussian basis needs two functions or more, got ", config.count);
  const double spacing = (config.last - config.first) / static_cast<double>(config.count - 1);
  const auto centres =
      torch::linspace(config.first, config.last, config.count, distances.options());  // [count]
  return distances.unsqueeze(-1).sub(centres).div_(spacing).square_().neg_().exp_();  // [..., count]
}

}  // namespace clamp::nn
