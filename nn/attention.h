// Multi-head self-attention with a key mask, and the pre-norm transformer block around it.
//
// Source: Vaswani et al., arXiv:1706.03762; pre-norm order of Xiong et al., arXiv:2002.04745.
#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace clamp::nn {

/// softmax(q k^T / sqrt(head_dim) + bias) v.
/// @param q, k, v  [b, heads, t, head_dim]
/// @param bias     broadcastable to [b, heads, t, t], or undefined
/// @return         [b, heads, t, head_dim]
torch::Tensor scaled_dot_product(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                 const torch::Tensor& bias);

/// [b, t] bool, true where there is a token -> additive bias [b, 1, 1, t]: 0 or a large negative number.
torch::Tensor key_bias(const torch::Tensor& mask, torch::Dtype dtype);

struct TransformerBlockConfig {
  int64_t width = 256;
  int64_t heads = 4;
  int64_t hidden = 1024;
};

/// x + attention(norm(x)), then x + mlp(norm(x)) with GELU. Shapes: [b, t, width] -> [b, t, width].
/// Parameter names are a file format: norm_attention.*, qkv.*, attention_out.*, norm_mlp.*, mlp_in.*,
/// mlp_out.*
class TransformerBlockImpl : public torch::nn::Module {
 public:
  explicit TransformerBlockImpl(const TransformerBlockConfig& config);
  /// @param bias           as scaled_dot_product takes it
  /// @param low_precision  products with weights in bfloat16 where linear() of mixed_precision.h can
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& bias, bool low_precision = false);

 private:
  int64_t heads_;
  torch::nn::LayerNorm norm_attention_;
  torch::nn::Linear qkv_;
  torch::nn::Linear attention_out_;
  torch::nn::LayerNorm norm_mlp_;
  torch::nn::Linear mlp_in_;
  torch::nn::Linear mlp_out_;
};
TORCH_MODULE(TransformerBlock);

}  // namespace clamp::nn
