#include "encoders/use_lite.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "nn/attention.h"
#include "nn/mixed_precision.h"

namespace clamp::encoders {
namespace {

constexpr double kNormEpsilon = 1e-6;
constexpr double kLongestTime = 1e4;  // of the timing signal

torch::nn::LayerNorm layer_norm(int64_t width) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({width}).eps(kNormEpsilon));
}

}  // namespace

void read(YamlMap& map, UseLiteConfig& config) {
  map.get("embedding", config.embedding, 2, 8192);
  map.get("width", config.width, 1, 8192);
  map.get("layers", config.layers, 1, 64);
  map.get("heads", config.heads, 1, 128);
  map.get("hidden", config.hidden, 1, 32768);
  map.get("context", config.context, 1, 8192);
  map.get("rows", config.rows, 1, 10'000'000);
}

torch::Tensor timing_signal(int64_t t, int64_t width, const torch::TensorOptions& options) {
  const int64_t half = width / 2;
  const double step = std::log(kLongestTime) / static_cast<double>(std::max<int64_t>(half - 1, 1));
  const auto rates = torch::arange(half, options).mul(-step).exp();                 // [half]
  const auto phases = torch::arange(t, options).unsqueeze(1) * rates.unsqueeze(0);  // [t, half]
  return at::cat({phases.sin(), phases.cos()}, 1);
}

UseLiteLayerImpl::UseLiteLayerImpl(int64_t in, const UseLiteConfig& config)
    : in_(in),
      heads_(config.heads),
      norm_attention_(layer_norm(in)),
      qkv_(in, 3 * in),
      attention_out_(in, config.width),
      norm_mlp_(layer_norm(config.width)),
      mlp_in_(config.width, config.hidden),
      mlp_out_(config.hidden, config.width) {
  register_module("norm_attention", norm_attention_);
  register_module("qkv", qkv_);
  register_module("attention_out", attention_out_);
  if (in != config.width) {
    residual_ = torch::nn::Linear(in, config.width);
    register_module("residual", residual_);
  }
  register_module("norm_mlp", norm_mlp_);
  register_module("mlp_in", mlp_in_);
  register_module("mlp_out", mlp_out_);
}

torch::Tensor UseLiteLayerImpl::forward(const torch::Tensor& x, const torch::Tensor& bias,
                                        bool low_precision) {
  const int64_t b = x.size(0), t = x.size(1);
  const auto qkv = nn::linear(qkv_, norm_attention_(x), low_precision)
                       .view({b, t, 3, heads_, in_ / heads_})
                       .permute({2, 0, 3, 1, 4});
  const auto mixed = nn::scaled_dot_product(qkv[0], qkv[1], qkv[2], bias);  // [b, heads, t, head_dim]
  const auto joined = mixed.transpose(1, 2).reshape({b, t, in_});
  const auto kept = residual_.is_empty() ? x : nn::linear(residual_, x, low_precision);  // [b, t, width]
  const auto y = kept + nn::linear(attention_out_, joined, low_precision);
  const auto hidden = at::relu(nn::linear(mlp_in_, norm_mlp_(y), low_precision));  // [b, t, hidden]
  return y + nn::linear(mlp_out_, hidden, low_precision);
}

UseLite::UseLite(const UseLiteConfig& config, int64_t dim)
    : config_(config),
      tokens_(config.rows, config.embedding),
      tanh_(config.width, config.width),
      norm_head_(torch::nn::LayerNormOptions({2 * config.width})),
      head_(torch::nn::LinearOptions(2 * config.width, dim).bias(false)) {
  register_module("tokens", tokens_);
  register_module("layers", layers_);
  register_module("tanh", tanh_);
  register_module("norm_head", norm_head_);
  register_module("head", head_);
  const torch::NoGradGuard no_grad;
  tokens_->weight.mul_(0.25);  // as wide as in the published weights; less drowns in the timing signal
  for (int64_t i = 0; i < config.layers; ++i) {
    layers_->push_back(UseLiteLayer(i == 0 ? config.embedding : config.width, config));
  }
}

UseLite::States UseLite::states(const TokenBatch& batch) {
  const int64_t t = batch.ids.size(1);
  TORCH_CHECK(t <= config_.context, "text of ", t, " tokens, the context has ", config_.context);
  auto x = tokens_(batch.ids);  // [b, t, embedding]
  x = x + timing_signal(t, config_.embedding, x.options());
  const auto bias = nn::key_bias(batch.mask, x.scalar_type());
  const bool low_precision = is_training() && nn::cpu_multiplies_bfloat16();
  for (const auto& layer : *layers_) x = layer->as<UseLiteLayerImpl>()->forward(x, bias, low_precision);
  const auto weights = batch.mask.to(x.scalar_type()).unsqueeze(-1);       // [b, t, 1]
  const auto mean = (x * weights).sum(1) / weights.sum(1).clamp_min(1.0);  // [b, width]
  return {x, mean, at::tanh(tanh_(mean))};
}

TextFeatures UseLite::forward(const TokenBatch& batch) {
  const auto s = states(batch);
  return {head_(norm_head_(at::cat({s.mean, s.tanh}, 1))), s.tokens};
}

torch::Tensor UseLite::sentence_embeddings(const TokenBatch& batch) {
  const auto s = states(batch);
  return s.tanh / s.tanh.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-6);
}

std::string UseLite::options_yaml(int indent) const {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}type: use-lite\n{0}embedding: {1}\n{0}width: {2}\n{0}layers: {3}\n{0}heads: {4}\n{0}hidden: {5}\n"
      "{0}context: {6}\n{0}rows: {7}\n",
      space, config_.embedding, config_.width, config_.layers, config_.heads, config_.hidden, config_.context,
      config_.rows);
}

std::shared_ptr<TextEncoder> make_use_lite(YamlMap& options, const EncoderShape& shape) {
  UseLiteConfig config;
  config.rows = shape.vocabulary + 2;
  read(options, config);
  if (config.width % config.heads != 0 || config.embedding % config.heads != 0 || config.embedding % 2 != 0) {
    fail_usage(
        fmt::format("text encoder: width {} and embedding {} must be multiples of {} heads, the "
                    "embedding of 2",
                    config.width, config.embedding, config.heads));
  }
  if (config.rows < shape.vocabulary) {
    fail_usage(fmt::format("text encoder: {} rows for a vocabulary of {}", config.rows, shape.vocabulary));
  }
  return std::make_shared<UseLite>(config, shape.dim);
}

}  // namespace clamp::encoders
