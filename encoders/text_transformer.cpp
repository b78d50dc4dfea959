#include "encoders/text_transformer.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"
#include "encoders/tokenizer.h"
#include "nn/attention.h"
#include "nn/mixed_precision.h"

namespace clamp::encoders {
namespace {

constexpr double kEmbeddingStd = 0.02;

}  // namespace

TokenBatch collate_tokens(const std::vector<const std::vector<int64_t>*>& texts, torch::Device device) {
  size_t longest = 1;
  for (const auto* text : texts) longest = std::max(longest, text->size());
  const auto b = static_cast<int64_t>(texts.size()), t = static_cast<int64_t>(longest);
  auto ids = torch::full({b, t}, kPadId, torch::kInt64);
  auto mask = torch::zeros({b, t}, torch::kBool);
  for (int64_t row = 0; row < b; ++row) {
    const auto& text = *texts[static_cast<size_t>(row)];
    std::copy(text.begin(), text.end(), ids.data_ptr<int64_t>() + row * t);
    std::fill_n(mask.data_ptr<bool>() + row * t, text.size(), true);
  }
  return {ids.to(device), mask.to(device)};
}

void read(YamlMap& map, TextTransformerConfig& config) {
  map.get("width", config.width, 1, 8192);
  map.get("layers", config.layers, 1, 64);
  map.get("heads", config.heads, 1, 128);
  map.get("hidden", config.hidden, 1, 32768);
  map.get("context", config.context, 1, 8192);
}

TextTransformer::TextTransformer(const TextTransformerConfig& config, int64_t dim)
    : config_(config),
      tokens_(config.vocabulary, config.width),
      positions_(config.context, config.width),
      norm_(torch::nn::LayerNormOptions({config.width})),
      projection_(torch::nn::LinearOptions(config.width, dim).bias(false)) {
  register_module("tokens", tokens_);
  register_module("positions", positions_);
  register_module("blocks", blocks_);
  register_module("norm", norm_);
  register_module("projection", projection_);
  const torch::NoGradGuard no_grad;
  tokens_->weight.mul_(kEmbeddingStd);  // drawn with unit variance
  positions_->weight.mul_(kEmbeddingStd);
  for (int64_t i = 0; i < config.layers; ++i) {
    blocks_->push_back(
        nn::TransformerBlock(nn::TransformerBlockConfig{config.width, config.heads, config.hidden}));
  }
}

TextFeatures TextTransformer::forward(const TokenBatch& batch) {
  const int64_t t = batch.ids.size(1);
  TORCH_CHECK(t <= config_.context, "text of ", t, " tokens, the context has ", config_.context);
  auto x = tokens_(batch.ids) + positions_->weight.narrow(0, 0, t);  // [b, t, width]
  const auto bias = nn::key_bias(batch.mask, x.scalar_type());
  const bool low_precision = is_training() && nn::cpu_multiplies_bfloat16();
  for (const auto& block : *blocks_)
    x = block->as<nn::TransformerBlockImpl>()->forward(x, bias, low_precision);
  x = norm_(x);
  const auto weights = batch.mask.to(x.scalar_type()).unsqueeze(-1);         // [b, t, 1]
  const auto pooled = (x * weights).sum(1) / weights.sum(1).clamp_min(1.0);  // [b, width]
  return {projection_(pooled), x};
}

std::string TextTransformer::options_yaml(int indent) const {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}type: transformer\n{0}width: {1}\n{0}layers: {2}\n{0}heads: {3}\n{0}hidden: {4}\n{0}context: {5}\n",
      space, config_.width, config_.layers, config_.heads, config_.hidden, config_.context);
}

std::shared_ptr<TextEncoder> make_text_transformer(YamlMap& options, const EncoderShape& shape) {
  TextTransformerConfig config;
  config.vocabulary = shape.vocabulary;
  read(options, config);
  if (config.width % config.heads != 0) {
    fail_usage(fmt::format("text encoder: width {} is no multiple of {} heads", config.width, config.heads));
  }
  return std::make_shared<TextTransformer>(config, shape.dim);
}

}  // namespace clamp::encoders
