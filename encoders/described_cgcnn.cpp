#include "encoders/described_cgcnn.h"

#include <fmt/format.h>

#include "encoders/crystal_descriptors.h"

namespace clamp::encoders {

DescribedCgcnn::DescribedCgcnn(const CgcnnConfig& config, int64_t dim)
    : config_(config),
      graph_(std::make_shared<Cgcnn>(config, config.hidden)),
      descriptors_(kDescriptors, config.hidden),
      norm_mlp_(torch::nn::LayerNormOptions({config.hidden})),
      mlp_in_(config.hidden, 2 * config.hidden),
      mlp_out_(2 * config.hidden, config.hidden),
      norm_out_(torch::nn::LayerNormOptions({config.hidden})),
      proj_out_(config.hidden, dim) {
  register_module("graph", graph_);
  register_module("descriptors", descriptors_);
  register_module("norm_mlp", norm_mlp_);
  register_module("mlp_in", mlp_in_);
  register_module("mlp_out", mlp_out_);
  register_module("norm_out", norm_out_);
  register_module("proj_out", proj_out_);
  const torch::NoGradGuard no_grad;
  descriptors_->weight.mul_(8.0);  // few of the features are not 0: the sum is then of order 1
}

torch::Tensor DescribedCgcnn::forward(const GraphBatch& batch) {
  TORCH_CHECK(batch.descriptors.defined() && batch.descriptors.size(1) == kDescriptors,
              "the graphs of this encoder need descriptors [b, ", kDescriptors, "]");
  const auto x = at::silu(graph_->forward(batch) + descriptors_(batch.descriptors));  // [b, hidden]
  const auto y = x + mlp_out_(at::silu(mlp_in_(norm_mlp_(x))));
  return proj_out_(norm_out_(y));  // [b, dim]
}

NeighborConfig DescribedCgcnn::neighbors() const {
  auto neighbors = config_.neighbors;
  neighbors.descriptors = true;
  return neighbors;
}

std::string DescribedCgcnn::options_yaml(int indent) const {
  auto text = graph_->options_yaml(indent);
  const std::string plain = "type: cgcnn", own = "type: described-cgcnn";
  return text.replace(text.find(plain), plain.size(), own);
}

std::shared_ptr<CrystalEncoder> make_described_cgcnn(YamlMap& options, const EncoderShape& shape) {
  CgcnnConfig config;
  read(options, config);
  return std::make_shared<DescribedCgcnn>(config, shape.dim);
}

}  // namespace clamp::encoders
