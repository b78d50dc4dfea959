// Geometry second: cell and coordinates for a given chemistry.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "core/asymmetric_unit.h"

namespace clamp::sampler {

struct GeometryOptions {
  double guidance_scale = 2;  ///< classifier-free: 0 ignores the prompt, 1 is the plain conditional model
  int64_t steps = 100;        ///< denoising steps
};

class GeometrySampler {
 public:
  virtual ~GeometrySampler() = default;
  /// One geometry a chemistry. Result i is a function of (chemistries[i], embeddings[i], seeds[i], options)
  /// alone, whatever else is in the batch.
  /// @param embeddings  [n, dim] prompt embeddings, float32, CPU
  virtual std::vector<AsymmetricUnit> sample(const std::vector<Chemistry>& chemistries,
                                             const torch::Tensor& embeddings,
                                             const std::vector<uint64_t>& seeds,
                                             const GeometryOptions& options) = 0;
};

}  // namespace clamp::sampler
