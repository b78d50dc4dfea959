// Text encoder trained from scratch: a small pre-norm transformer with learned positions, mean over the
// tokens and a linear projection.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <memory>
#include <string>

#include "core/yaml.h"
#include "encoders/registry.h"
#include "encoders/text_encoder.h"

namespace clamp::encoders {

struct TextTransformerConfig {
  int64_t width = 256;
  int64_t layers = 2;
  int64_t heads = 4;
  int64_t hidden = 1024;
  int64_t context = 77;  ///< tokens
  int64_t vocabulary = 8000;
};
void read(YamlMap& map, TextTransformerConfig& config);

/// Parameter names are a file format: tokens.*, positions.*, blocks.<i>.*, norm.*, projection.*
class TextTransformer : public TextEncoder {
 public:
  TextTransformer(const TextTransformerConfig& config, int64_t dim);
  TextFeatures forward(const TokenBatch& batch) override;
  int64_t context() const override { return config_.context; }
  int64_t token_width() const override { return config_.width; }
  std::string options_yaml(int indent) const override;

 private:
  TextTransformerConfig config_;
  torch::nn::Embedding tokens_;
  torch::nn::Embedding positions_;
  torch::nn::ModuleList blocks_;
  torch::nn::LayerNorm norm_;
  torch::nn::Linear projection_;
};

std::shared_ptr<TextEncoder> make_text_transformer(YamlMap& options, const EncoderShape& shape);

}  // namespace clamp::encoders
