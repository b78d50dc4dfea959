#include "encoders/cgcnn.h"

#include <fmt/format.h>

#include "core/elements.h"
#include "encoders/gated_convolution.h"

namespace clamp::encoders {

void read(YamlMap& map, CgcnnConfig& config) {
  map.get("width", config.width, 1, 4096);
  map.get("layers", config.layers, 0, 64);
  map.get("hidden", config.hidden, 1, 8192);
  map.get("neighbors", config.neighbors.count, 1, 64);
  map.get("cutoff_A", config.neighbors.cutoff, 1.0, 20.0);
  map.get("gaussians", config.basis.count, 2, 512);
  config.basis.last = config.neighbors.cutoff;
}

CgcnnConvolutionImpl::CgcnnConvolutionImpl(int64_t width, int64_t n_basis)
    : self_(width, 2 * width),
      neighbor_(torch::nn::LinearOptions(width, 2 * width).bias(false)),
      edge_(torch::nn::LinearOptions(n_basis, 2 * width).bias(false)),
      norm_(torch::nn::LayerNormOptions({width})) {
  register_module("self", self_);
  register_module("neighbor", neighbor_);
  register_module("edge", edge_);
  register_module("norm", norm_);
}

torch::Tensor CgcnnConvolutionImpl::forward(const torch::Tensor& v, const torch::Tensor& edge,
                                            const torch::Tensor& neighbors, const torch::Tensor& mask) {
  const auto sum =
      gated_neighbor_sum(self_(v), neighbor_(v), edge, edge_->weight, neighbors, mask);  // [n, width]
  return at::softplus(v + norm_(sum));
}

Cgcnn::Cgcnn(const CgcnnConfig& config, int64_t dim)
    : config_(config),
      elements_(kMaxAtomicNumber + 1, config.width),
      norm_pooled_(torch::nn::LayerNormOptions({config.width})),
      proj_in_(config.width, config.hidden),
      proj_out_(config.hidden, dim) {
  register_module("elements", elements_);
  register_module("convolutions", convolutions_);
  register_module("norm_pooled", norm_pooled_);
  register_module("proj_in", proj_in_);
  register_module("proj_out", proj_out_);
  for (int64_t i = 0; i < config.layers; ++i) {
    convolutions_->push_back(CgcnnConvolution(config.width, config.basis.count));
  }
}

torch::Tensor Cgcnn::forward(const GraphBatch& batch) {
  auto v = elements_(batch.numbers);                                                         // [n, width]
  const auto mask = batch.distances.ge(0).to(v.scalar_type());                               // [n, k]
  const auto edge = nn::gaussian_basis(batch.distances, config_.basis).to(v.scalar_type());  // [n, k, g]
  for (const auto& convolution : *convolutions_) {
    v = convolution->as<CgcnnConvolutionImpl>()->forward(v, edge, batch.neighbors, mask);
  }
  const auto counts = batch.counts.to(v.scalar_type()).unsqueeze(1);  // [b, 1]
  const auto sums = torch::zeros({counts.size(0), v.size(1)}, v.options()).index_add(0, batch.crystal_of, v);
  const auto pooled = norm_pooled_(sums / counts);  // [b, width]
  return proj_out_(at::silu(proj_in_(pooled)));     // [b, dim]
}

std::string Cgcnn::options_yaml(int indent) const {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}type: cgcnn\n{0}width: {1}\n{0}layers: {2}\n{0}hidden: {3}\n{0}neighbors: {4}\n{0}cutoff_A: {5}\n"
      "{0}gaussians: {6}\n",
      space, config_.width, config_.layers, config_.hidden, config_.neighbors.count, config_.neighbors.cutoff,
      config_.basis.count);
}

std::shared_ptr<CrystalEncoder> make_cgcnn(YamlMap& options, const EncoderShape& shape) {
  CgcnnConfig config;
  read(options, config);
  return std::make_shared<Cgcnn>(config, shape.dim);
}

}  // namespace clamp::encoders
