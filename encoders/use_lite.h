// Text encoder with the network of Google's Universal Sentence Encoder Lite (Cer et al., arXiv:1803.11175),
// as its TensorFlow.js graph computes it, and a new head into the shared space.
//
// Token embeddings (the original's doubled) plus a sinusoidal timing signal; two pre-norm transformer layers,
// the first of which widens the residual stream by a linear map of its input; no final norm; mean over the
// tokens; one tanh layer. The sentence embedding of the original is that layer's output with norm 1. The
// head, which is no part of the original, sees the mean (normalised) as well, because a fine-tuned tanh layer
// is saturated: most of its 512 outputs are at 0.9 and above.
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

struct UseLiteConfig {
  int64_t embedding = 256;  ///< width of the token embeddings
  int64_t width = 512;      ///< of the residual stream from the first layer on
  int64_t layers = 2;
  int64_t heads = 4;
  int64_t hidden = 1536;
  int64_t context = 128;  ///< tokens; the original cuts longer texts there
  int64_t rows = 8002;    ///< of the embedding table: the pieces and two that no text reaches
};
void read(YamlMap& map, UseLiteConfig& config);

/// y = residual(x) + attention(norm(x)), then y + mlp(norm(y)) with ReLU. [b, t, in] -> [b, t, width].
/// Parameter names are a file format: norm_attention.*, qkv.*, attention_out.*, residual.* (where in differs
/// from width), norm_mlp.*, mlp_in.*, mlp_out.*
class UseLiteLayerImpl : public torch::nn::Module {
 public:
  UseLiteLayerImpl(int64_t in, const UseLiteConfig& config);
  /// @param bias  as nn::key_bias gives it
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& bias, bool low_precision);

 private:
  int64_t in_, heads_;
  torch::nn::LayerNorm norm_attention_;
  torch::nn::Linear qkv_;
  torch::nn::Linear attention_out_;
  torch::nn::Linear residual_ = nullptr;
  torch::nn::LayerNorm norm_mlp_;
  torch::nn::Linear mlp_in_;
  torch::nn::Linear mlp_out_;
};
TORCH_MODULE(UseLiteLayer);

/// Parameter names are a file format: tokens.*, layers.<i>.*, tanh.*, and of the head norm_head.*, head.*
class UseLite : public TextEncoder {
 public:
  UseLite(const UseLiteConfig& config, int64_t dim);
  TextFeatures forward(const TokenBatch& batch) override;
  /// The original's sentence embeddings, [b, width], norm 1.
  torch::Tensor sentence_embeddings(const TokenBatch& batch);
  int64_t context() const override { return config_.context; }
  int64_t token_width() const override { return config_.width; }
  bool is_pretrained(const std::string& name) const override {
    return name.find("head.") == std::string::npos;
  }
  std::string options_yaml(int indent) const override;

 private:
  struct States {
    torch::Tensor tokens;  ///< [b, t, width]
    torch::Tensor mean;    ///< [b, width]
    torch::Tensor tanh;    ///< [b, width]
  };
  States states(const TokenBatch& batch);

  UseLiteConfig config_;
  torch::nn::Embedding tokens_;
  torch::nn::ModuleList layers_;
  torch::nn::Linear tanh_;
  torch::nn::LayerNorm norm_head_;
  torch::nn::Linear head_;
};

std::shared_ptr<TextEncoder> make_use_lite(YamlMap& options, const EncoderShape& shape);

/// sin(p w_k) and cos(p w_k), w_k from 1 to 1e-4 in equal ratios: [t, width].
torch::Tensor timing_signal(int64_t t, int64_t width, const torch::TensorOptions& options);

}  // namespace clamp::encoders
