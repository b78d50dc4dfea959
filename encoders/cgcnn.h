// CGCNN crystal encoder (Xie and Grossman, PRL 2018, 120, 145301).
//
// Learned element embedding, gated convolutions over the 12 nearest neighbours within 8 Å with 41 Gaussians
// of the distance, mean over the atoms, two-layer projection. Differences from the paper: layer normalisation
// takes the place of its batch normalisation, so that a crystal's embedding depends on no other crystal in
// training either; the element embedding is learned instead of a table of properties.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>

#include "core/yaml.h"
#include "encoders/crystal_encoder.h"
#include "encoders/registry.h"
#include "nn/radial_basis.h"

namespace clamp::encoders {

struct CgcnnConfig {
  int64_t width = 64;
  int64_t layers = 3;
  int64_t hidden = 256;  ///< of the projection
  NeighborConfig neighbors;
  nn::GaussianBasisConfig basis;
};
void read(YamlMap& map, CgcnnConfig& config);

/// v + norm(sum over neighbours of sigmoid(z_f) softplus(z_s)), then softplus. Shapes: [n, width] -> [n,
/// width]. Parameter names are a file format: self.*, neighbor.*, edge.*, norm.*
class CgcnnConvolutionImpl : public torch::nn::Module {
 public:
  CgcnnConvolutionImpl(int64_t width, int64_t n_basis);
  /// @param edge  [n, k, n_basis];  @param neighbors [n, k];  @param mask [n, k] in the dtype of v
  torch::Tensor forward(const torch::Tensor& v, const torch::Tensor& edge, const torch::Tensor& neighbors,
                        const torch::Tensor& mask);

 private:
  torch::nn::Linear self_;
  torch::nn::Linear neighbor_;
  torch::nn::Linear edge_;
  torch::nn::LayerNorm norm_;
};
TORCH_MODULE(CgcnnConvolution);

/// Parameter names are a file format: elements.*, convolutions.<i>.*, norm_pooled.*, proj_in.*, proj_out.*
class Cgcnn : public CrystalEncoder {
 public:
  Cgcnn(const CgcnnConfig& config, int64_t dim);
  torch::Tensor forward(const GraphBatch& batch) override;
  NeighborConfig neighbors() const override { return config_.neighbors; }
  std::string options_yaml(int indent) const override;

 private:
  CgcnnConfig config_;
  torch::nn::Embedding elements_;
  torch::nn::ModuleList convolutions_;
  torch::nn::LayerNorm norm_pooled_;
  torch::nn::Linear proj_in_;
  torch::nn::Linear proj_out_;
};

std::shared_ptr<CrystalEncoder> make_cgcnn(YamlMap& options, const EncoderShape& shape);

}  // namespace clamp::encoders
