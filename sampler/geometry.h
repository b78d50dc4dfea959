// Geometry second: cell and coordinates for a given chemistry.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "core/asymmetric_unit.h"

namespace clamp::sampler {

/// Polished random starts of each geometry where nothing else is asked for.
constexpr int64_t kCoarseStarts = 128;

struct GeometryOptions {
  double guidance_scale = 2;    ///< classifier-free: 0 ignores the prompt, 1 is the plain conditional model
  double classifier_scale = 0;  ///< weight of the gradient of the similarity to the prompt; 0: none
  int64_t steps = 30;           ///< calls of the network
  double strength = 0.65;       ///< clock that a given start is noised to: 0 keeps it, 1 forgets it
};

/// What one geometry is asked for.
struct GeometryRequest {
  Chemistry chemistry;
  torch::Tensor embedding;              ///< [dim] prompt embedding, float32, CPU
  uint64_t seed = 0;                    ///< of its noise
  std::optional<AsymmetricUnit> start;  ///< of this chemistry: noised to `strength` instead of pure noise
};

class GeometrySampler {
 public:
  virtual ~GeometrySampler() = default;
  /// One geometry a request: result i is a function of (requests[i], options) alone, whatever else is asked
  /// for.
  virtual std::vector<AsymmetricUnit> sample(const std::vector<GeometryRequest>& requests,
                                             const GeometryOptions& options) = 0;
  /// The states that sample() passes through for this request: where it begins, one after each call of the
  /// network, its result last. The default knows the result alone.
  virtual std::vector<AsymmetricUnit> trace(const GeometryRequest& request, const GeometryOptions& options) {
    return sample({request}, options);
  }
  /// How unlike the training data each structure is: lower is more alike. Result i depends on units[i] alone.
  virtual std::vector<double> surprise(const std::vector<AsymmetricUnit>& units) = 0;
};

}  // namespace clamp::sampler
