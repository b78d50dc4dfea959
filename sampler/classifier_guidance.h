// Classifier guidance of the geometry (Dhariwal and Nichol, arXiv:2105.05233): the gradient of the similarity
// between a noisy structure and the prompt, in the coordinates in which the noise acts. The same encoder
// judges chemistries without any coordinates (sampler/guided_composer.h).
#pragma once

#include <memory>
#include <string>

#include "core/asymmetric_unit.h"
#include "diffusion/geometry_model.h"
#include "encoders/noise_aware.h"

namespace clamp::sampler {

class ClassifierGuide {
 public:
  /// Reads guide.safetensors. Throws clamp::Error.
  static std::shared_ptr<ClassifierGuide> load(const std::string& path, torch::Device device);
  explicit ClassifierGuide(encoders::NoiseAwareEncoder encoder) : encoder_(std::move(encoder)) {}

  struct Gradient {
    torch::Tensor sites;    ///< [1, S, 3] of the site coordinates u
    torch::Tensor lattice;  ///< [1, 6] of the standardised lattice, projected on what the group allows
    double similarity = 0;  ///< cosine with the target
  };
  /// Of scale x cosine(structure, target) for one structure at clock `t`.
  /// @param coords  [1, S, 3] slot coordinates;  @param lattice [1, 6];  @param target [dim] L2-normalised
  Gradient gradient(const diffusion::GeometryModel& model, const diffusion::GeometryBatch& batch,
                    const torch::Tensor& coords, const torch::Tensor& lattice, double t,
                    const torch::Tensor& target);
  /// scale x cosine(chemistry, target): the atoms of the primitive cell at random places of a cube, at clock
  /// 1, where the encoder has learnt that coordinates say nothing. Threads may share the guide.
  /// @param volume  Å^3, > 0;  @param target [dim] L2-normalised
  double similarity(const Chemistry& chemistry, double volume, const torch::Tensor& target, uint64_t seed);
  int64_t dim() const { return encoder_->config().dim; }

 private:
  encoders::NoiseAwareEncoder encoder_;
};

}  // namespace clamp::sampler
