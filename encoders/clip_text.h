// CLIP's text tower (Radford et al., arXiv:2103.00020) and a new head into the shared space.
//
// Learned positions, pre-norm blocks with causal attention and x sigmoid(1.702 x) between the linear layers,
// final norm, the state of the end token, the original's projection. A text of more tokens than a window
// holds is read in windows whose projected states are averaged.
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

struct ClipTextConfig {
  int64_t width = 512;
  int64_t layers = 12;
  int64_t heads = 8;
  int64_t hidden = 2048;
  int64_t window = 77;  ///< tokens of a window, start and end token included
  int64_t windows = 4;  ///< at most
  int64_t projection = 512;
  int64_t rows = 49408;   ///< pieces
  int64_t start = 49406;  ///< id of the start token
  int64_t end = 49407;    ///< id of the end token
};
void read(YamlMap& map, ClipTextConfig& config);

/// x + attention(norm(x)), then x + mlp(norm(x)). [b, t, width] -> [b, t, width].
/// Parameter names are a file format: norm_attention.*, qkv.*, attention_out.*, norm_mlp.*, mlp_in.*,
/// mlp_out.*
class ClipBlockImpl : public torch::nn::Module {
 public:
  explicit ClipBlockImpl(const ClipTextConfig& config);
  /// @param bias  [t, t], large and negative where a token must not look
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& bias, bool low_precision);

 private:
  int64_t heads_;
  torch::nn::LayerNorm norm_attention_;
  torch::nn::Linear qkv_;
  torch::nn::Linear attention_out_;
  torch::nn::LayerNorm norm_mlp_;
  torch::nn::Linear mlp_in_;
  torch::nn::Linear mlp_out_;
};
TORCH_MODULE(ClipBlock);

/// Parameter names are a file format: tokens.*, positions.*, blocks.<i>.*, norm.*, projection.*, and head.*
/// of the new head
class ClipText : public TextEncoder {
 public:
  ClipText(const ClipTextConfig& config, int64_t dim);
  TextFeatures forward(const TokenBatch& batch) override;
  /// The original's text embeddings before normalisation, [b, projection] (the mean over windows).
  torch::Tensor text_embeddings(const TokenBatch& batch);
  int64_t context() const override { return config_.windows * (config_.window - 2); }
  int64_t token_width() const override { return config_.width; }
  bool is_pretrained(const std::string& name) const override { return name.rfind("head.", 0) != 0; }
  std::string options_yaml(int indent) const override;

 private:
  struct States {
    torch::Tensor tokens;     ///< [b, t, width], after the final norm, without start and end
    torch::Tensor projected;  ///< [b, projection]
  };
  States states(const TokenBatch& batch);

  ClipTextConfig config_;
  torch::nn::Embedding tokens_;
  torch::nn::Embedding positions_;
  torch::nn::ModuleList blocks_;
  torch::nn::LayerNorm norm_;
  torch::nn::Linear projection_;
  torch::nn::Linear head_;
};

std::shared_ptr<TextEncoder> make_clip_text(YamlMap& options, const EncoderShape& shape);

}  // namespace clamp::encoders
