// The noise-aware crystal encoder: embeds crystals on their way from noise into the space of the CLAMP pair.
//
// What gives the gradient of the similarity to a prompt while a structure is generated (classifier guidance
// with a noised CLIP, GLIDE, arXiv:2112.10741). Beside the clock t it takes soft species, and everything that
// it computes of coordinates, cell and species is differentiable.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>
#include <torch/types.h>

#include <string>

#include "core/elements.h"
#include "encoders/cgcnn.h"
#include "nn/checkpoint.h"

namespace clamp::encoders {

/// Columns of soft species: 0 is unknown (masked), z the element of atomic number z.
constexpr int64_t kSoftSpecies = kMaxAtomicNumber + 1;

/// b crystals with n atoms in all, one after the other.
struct NoisyCrystals {
  torch::Tensor species;     ///< [n, kSoftSpecies] rows sum to 1; may carry gradient
  torch::Tensor frac;        ///< [n, 3] fractional coordinates; may carry gradient
  torch::Tensor cells;       ///< [b, 3, 3] rows are lattice vectors, Å; may carry gradient
  torch::Tensor crystal_of;  ///< [n] int64, ascending
  torch::Tensor t;           ///< [b] clock: 0 data, 1 noise
};

/// One-hot rows [n, kSoftSpecies] of atomic numbers [n], 0 for unknown ones.
torch::Tensor one_hot_species(const torch::Tensor& numbers);

struct NoiseAwareConfig {
  int64_t dim = 256;  ///< of the shared space
  int64_t width = 64;
  int64_t layers = 3;
  int64_t hidden = 384;
  int64_t neighbors = 12;
  double cutoff = 6.0;  ///< Å
  int64_t gaussians = 32;
};
void read(YamlMap& map, NoiseAwareConfig& config);
std::string to_yaml(const NoiseAwareConfig& config, int indent);

/// Parameter names are a file format: elements.*, clock.*, convolutions.<i>.*, norm_pooled.*, composition.*,
/// proj_in.*, norm_out.*, proj_out.*, log_scale
class NoiseAwareEncoderImpl : public torch::nn::Module {
 public:
  explicit NoiseAwareEncoderImpl(const NoiseAwareConfig& config);
  /// L2-normalised embeddings [b, dim]; row i depends on crystal i only. Which atoms are neighbours is found
  /// from the values given, without gradient.
  torch::Tensor forward(const NoisyCrystals& crystals);
  /// 1 / temperature of the training, a scalar tensor, at most 100.
  torch::Tensor scale() const;
  const NoiseAwareConfig& config() const { return config_; }

 private:
  NoiseAwareConfig config_;
  nn::GaussianBasisConfig basis_;
  torch::nn::Linear elements_, clock_;
  torch::nn::ModuleList convolutions_;
  torch::nn::LayerNorm norm_pooled_;
  torch::nn::Linear composition_, proj_in_;
  torch::nn::LayerNorm norm_out_;
  torch::nn::Linear proj_out_;
  torch::Tensor log_scale_;
};
TORCH_MODULE(NoiseAwareEncoder);

/// Name of the file in a checkpoint directory, and its format.
constexpr const char* kGuideFile = "guide.safetensors";
constexpr const char* kGuideFormat = "clamp-guide-1";

/// Weights in float16 with the configuration and what `more` adds.
void save_noise_aware(const std::string& path, const NoiseAwareConfig& config, const nn::TensorMap& weights,
                      const nn::Metadata& more);
/// Throws clamp::Error for foreign, damaged or mismatching files.
NoiseAwareEncoder load_noise_aware(const std::string& path, torch::Device device);

}  // namespace clamp::encoders
