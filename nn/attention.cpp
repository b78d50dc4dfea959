#include "nn/attention.h"

#include <cmath>

#include "nn/mixed_precision.h"

namespace clamp::nn {

torch::Tensor scaled_dot_product(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                 const torch::Tensor& bias) {
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  auto logits = at::matmul(q * scale, k.transpose(-2, -1));  // [b, heads, t, t]
  if (bias.defined()) logits = logits + bias;
  return at::matmul(at::softmax(logits, -1), v);
}

torch::Tensor key_bias(const torch::Tensor& mask, torch::Dtype dtype) {
  TORCH_CHECK(mask.dim() == 2, "mask must be [b, t], got ", mask.sizes());
  constexpr double kExcluded = -1e9;
  const auto bias = torch::zeros(mask.sizes(), mask.options().dtype(dtype));
  return bias.masked_fill(mask.logical_not(), kExcluded).unsqueeze(1).unsqueeze(1);  // [b, 1, 1, t]
}

TransformerBlockImpl::TransformerBlockImpl(const TransformerBlockConfig& config)
    : heads_(config.heads),
      norm_attention_(torch::nn::LayerNormOptions({config.width})),
      qkv_(config.width, 3 * config.width),
      attention_out_(config.width, config.width),
      norm_mlp_(torch::nn::LayerNormOptions({config.width})),
      mlp_in_(config.width, config.hidden),
      mlp_out_(config.hidden, config.width) {
  TORCH_CHECK(config.width % config.heads == 0, "width ", config.width, " is no multiple of ", config.heads,
              " heads");
  register_module("norm_attention", norm_attention_);
  register_module("qkv", qkv_);
  register_module("attention_out", attention_out_);
  register_module("norm_mlp", norm_mlp_);
  register_module("mlp_in", mlp_in_);
  register_module("mlp_out", mlp_out_);
}

torch::Tensor TransformerBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& bias,
                                            bool low_precision) {
  const int64_t b = x.size(0), t = x.size(1), width = x.size(2);
  const auto qkv = linear(qkv_, norm_attention_(x), low_precision)
                       .view({b, t, 3, heads_, width / heads_})
                       .permute({2, 0, 3, 1, 4});
  const auto mixed = scaled_dot_product(qkv[0], qkv[1], qkv[2], bias);  // [b, heads, t, head_dim]
  const auto joined = mixed.transpose(1, 2).reshape({b, t, width});     // [b, t, width]
  const auto y = x + linear(attention_out_, joined, low_precision);
  const auto hidden = at::gelu(linear(mlp_in_, norm_mlp_(y), low_precision));  // [b, t, hidden]
  return y + linear(mlp_out_, hidden, low_precision);
}

}  // namespace clamp::nn
