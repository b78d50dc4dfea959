#include "encoders/clip_text.h"

#include <fmt/format.h>

#include <cmath>

#include "core/error.h"
#include "nn/attention.h"
#include "nn/mixed_precision.h"

namespace clamp::encoders {
namespace {

constexpr double kExcluded = -1e9;
constexpr double kEmbeddingStd = 0.02;

torch::Tensor quick_gelu(const torch::Tensor& x) { return x * at::sigmoid(1.702 * x); }

/// The windows of all texts, [b w, c + 2] with start and end token.
struct Windows {
  torch::Tensor ids;     ///< [b w, c + 2]
  torch::Tensor counts;  ///< [b w] tokens of the text in each
  int64_t w, c;
};

Windows split(const TokenBatch& batch, const ClipTextConfig& config) {
  const int64_t b = batch.ids.size(0), t = batch.ids.size(1), room = config.window - 2;
  Windows windows;
  windows.w = std::max<int64_t>(1, (t + room - 1) / room);
  windows.c = windows.w == 1 ? t : room;
  const int64_t padded = windows.w * windows.c;
  auto ids = torch::full({b, padded}, config.end, batch.ids.options());
  ids.narrow(1, 0, t).copy_(batch.ids.masked_fill(batch.mask.logical_not(), config.end));
  auto mask = torch::zeros({b, padded}, batch.ids.options());
  mask.narrow(1, 0, t).copy_(batch.mask);
  const auto start = torch::full({b * windows.w, 1}, config.start, batch.ids.options());
  const auto end = torch::full({b * windows.w, 1}, config.end, batch.ids.options());
  windows.ids = at::cat({start, ids.view({b * windows.w, windows.c}), end}, 1);
  windows.counts = mask.view({b * windows.w, windows.c}).sum(1);
  return windows;
}

}  // namespace

void read(YamlMap& map, ClipTextConfig& config) {
  map.get("width", config.width, 1, 8192);
  map.get("layers", config.layers, 1, 64);
  map.get("heads", config.heads, 1, 128);
  map.get("hidden", config.hidden, 1, 32768);
  map.get("window", config.window, 3, 8192);
  map.get("windows", config.windows, 1, 1024);
  map.get("projection", config.projection, 1, 8192);
  map.get("rows", config.rows, 1, 10'000'000);
  map.get("start", config.start, 0, 10'000'000);
  map.get("end", config.end, 0, 10'000'000);
}

ClipBlockImpl::ClipBlockImpl(const ClipTextConfig& config)
    : heads_(config.heads),
      norm_attention_(torch::nn::LayerNormOptions({config.width})),
      qkv_(config.width, 3 * config.width),
      attention_out_(config.width, config.width),
      norm_mlp_(torch::nn::LayerNormOptions({config.width})),
      mlp_in_(config.width, config.hidden),
      mlp_out_(config.hidden, config.width) {
  register_module("norm_attention", norm_attention_);
  register_module("qkv", qkv_);
  register_module("attention_out", attention_out_);
  register_module("norm_mlp", norm_mlp_);
  register_module("mlp_in", mlp_in_);
  register_module("mlp_out", mlp_out_);
}

torch::Tensor ClipBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& bias, bool low_precision) {
  const int64_t b = x.size(0), t = x.size(1), width = x.size(2);
  const auto qkv = nn::linear(qkv_, norm_attention_(x), low_precision)
                       .view({b, t, 3, heads_, width / heads_})
                       .permute({2, 0, 3, 1, 4});
  const auto mixed = nn::scaled_dot_product(qkv[0], qkv[1], qkv[2], bias);  // [b, heads, t, head_dim]
  const auto joined = mixed.transpose(1, 2).reshape({b, t, width});
  const auto y = x + nn::linear(attention_out_, joined, low_precision);
  return y +
         nn::linear(mlp_out_, quick_gelu(nn::linear(mlp_in_, norm_mlp_(y), low_precision)), low_precision);
}

ClipText::ClipText(const ClipTextConfig& config, int64_t dim)
    : config_(config),
      tokens_(config.rows, config.width),
      positions_(config.window, config.width),
      norm_(torch::nn::LayerNormOptions({config.width})),
      projection_(torch::nn::LinearOptions(config.width, config.projection).bias(false)),
      head_(torch::nn::LinearOptions(config.projection, dim).bias(false)) {
  register_module("tokens", tokens_);
  register_module("positions", positions_);
  register_module("blocks", blocks_);
  register_module("norm", norm_);
  register_module("projection", projection_);
  register_module("head", head_);
  const torch::NoGradGuard no_grad;
  tokens_->weight.mul_(kEmbeddingStd);  // drawn with unit variance
  positions_->weight.mul_(kEmbeddingStd);
  for (int64_t i = 0; i < config.layers; ++i) blocks_->push_back(ClipBlock(config));
}

ClipText::States ClipText::states(const TokenBatch& batch) {
  const int64_t b = batch.ids.size(0), t = batch.ids.size(1);
  TORCH_CHECK(t <= context(), "text of ", t, " tokens, the context has ", context());
  const auto windows = split(batch, config_);
  const int64_t length = windows.c + 2;
  auto x = tokens_(windows.ids) + positions_->weight.narrow(0, 0, length);  // [b w, c + 2, width]
  const auto bias = torch::full({length, length}, kExcluded, x.options()).triu(1);
  const bool low_precision = is_training() && nn::cpu_multiplies_bfloat16();
  for (const auto& block : *blocks_) x = block->as<ClipBlockImpl>()->forward(x, bias, low_precision);
  x = norm_(x);
  const auto rows = torch::arange(b * windows.w, windows.counts.options());
  const auto projected = projection_(x.index({rows, windows.counts + 1}));  // [b w, projection]
  // The first window counts even where it is empty, the others only with tokens.
  auto weights = windows.counts.view({b, windows.w}).gt(0).to(x.scalar_type());
  weights.select(1, 0).fill_(1);
  weights = (weights / weights.sum(1, /*keepdim=*/true)).unsqueeze(-1);  // [b, w, 1]
  const auto tokens = x.narrow(1, 1, windows.c).reshape({b, windows.w * windows.c, config_.width});
  return {tokens.narrow(1, 0, t), (projected.view({b, windows.w, -1}) * weights).sum(1)};
}

TextFeatures ClipText::forward(const TokenBatch& batch) {
  const auto s = states(batch);
  return {head_(s.projected), s.tokens};
}

torch::Tensor ClipText::text_embeddings(const TokenBatch& batch) { return states(batch).projected; }

std::string ClipText::options_yaml(int indent) const {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}type: clip\n{0}width: {1}\n{0}layers: {2}\n{0}heads: {3}\n{0}hidden: {4}\n{0}window: {5}\n"
      "{0}windows: {6}\n{0}projection: {7}\n{0}rows: {8}\n{0}start: {9}\n{0}end: {10}\n",
      space, config_.width, config_.layers, config_.heads, config_.hidden, config_.window, config_.windows,
      config_.projection, config_.rows, config_.start, config_.end);
}

std::shared_ptr<TextEncoder> make_clip_text(YamlMap& options, const EncoderShape& shape) {
  ClipTextConfig config;
  config.rows = shape.vocabulary;
  config.start = shape.vocabulary - 2;
  config.end = shape.vocabulary - 1;
  read(options, config);
  if (config.width % config.heads != 0) {
    fail_usage(fmt::format("text encoder: width {} is no multiple of {} heads", config.width, config.heads));
  }
  if (config.rows < shape.vocabulary || std::max(config.start, config.end) >= config.rows) {
    fail_usage(fmt::format("text encoder: {} rows for a vocabulary of {}, start {} and end {}", config.rows,
                           shape.vocabulary, config.start, config.end));
  }
  return std::make_shared<ClipText>(config, shape.dim);
}

}  // namespace clamp::encoders
