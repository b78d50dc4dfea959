// Crystal encoder of the shipped checkpoint: CGCNN over the neighbours plus a projection of whole-crystal
// descriptors (crystal_descriptors.h), added and mixed by one residual block.
//
// The graph network sees local geometry, the descriptors what a mean over atoms loses: fragments, framework
// dimension, pores, symmetry. The descriptors are not differentiable.
#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>

#include "encoders/cgcnn.h"

namespace clamp::encoders {

/// Parameter names are a file format: graph.*, descriptors.*, norm_mlp.*, mlp_in.*, mlp_out.*, norm_out.*,
/// proj_out.*
class DescribedCgcnn : public CrystalEncoder {
 public:
  /// @param config  `hidden` is the width of the joint features
  DescribedCgcnn(const CgcnnConfig& config, int64_t dim);
  torch::Tensor forward(const GraphBatch& batch) override;
  NeighborConfig neighbors() const override;
  std::string options_yaml(int indent) const override;

 private:
  CgcnnConfig config_;
  std::shared_ptr<Cgcnn> graph_;
  torch::nn::Linear descriptors_;
  torch::nn::LayerNorm norm_mlp_;
  torch::nn::Linear mlp_in_;
  torch::nn::Linear mlp_out_;
  torch::nn::LayerNorm norm_out_;
  torch::nn::Linear proj_out_;
};

std::shared_ptr<CrystalEncoder> make_described_cgcnn(YamlMap& options, const EncoderShape& shape);

}  // namespace clamp::encoders
