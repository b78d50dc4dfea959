// The composer's network: a transformer over chemistry tokens with cross-attention to the token states of the
// prompt and layer norms modulated by the prompt as a whole and by the size of the cell.
//
// One network serves two models: autoregressive (causal attention, next token) and absorbing diffusion
// (attention to both sides, masked tokens; Sahoo et al., arXiv:2406.07524). Molecule forms share the
// embedding of their molecule: form token = molecule + form.
#pragma once

#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <string>
#include <vector>

#include "nn/attention.h"

namespace clamp::diffusion {

struct ComposerConfig {
  int64_t width = 192;
  int64_t layers = 4;
  int64_t heads = 6;
  int64_t hidden = 768;
  int64_t text_layers = 1;   ///< that read the prompt's states
  int64_t text_width = 512;  ///< of the text encoder's token states
  int64_t text_dim = 256;    ///< of the CLAMP embedding
  int64_t max_length = 64;   ///< tokens of a chemistry
  bool causal = true;        ///< autoregressive; false: absorbing diffusion
};

/// Cells of at most this many atoms are small, which the network is told.
constexpr int64_t kSmallCell = 64;

/// Prompts as the CLAMP text encoder gives them.
struct ComposerPrompt {
  torch::Tensor states;     ///< [b, words, text_width]
  torch::Tensor mask;       ///< [b, words] bool, true where there is a token
  torch::Tensor embedding;  ///< [b, text_dim]
  torch::Tensor nothing;    ///< [b] bool, true: as if there were no prompt
  torch::Tensor large;      ///< [b] bool, true: a cell of more than kSmallCell atoms
};

/// What the network reads in prompts: [b, words, width] states, [b, 1, 1, words] additive mask, [b, width]
/// the whole.
struct ComposerText {
  torch::Tensor states, bias, whole;
};

/// What later tokens need of earlier ones and of the text; one entry a layer.
struct ComposerCache {
  std::vector<torch::Tensor> modulation;              ///< [b, 6 width]
  std::vector<torch::Tensor> keys, values;            ///< [b, heads, t, head_dim]
  std::vector<torch::Tensor> text_keys, text_values;  ///< [b, heads, words, head_dim]
  int64_t length = 0;
};

class ComposerBlockImpl : public torch::nn::Module {
 public:
  explicit ComposerBlockImpl(const ComposerConfig& config);
  /// @param x     [b, t, width]
  /// @param bias  for self-attention, broadcastable to [b, heads, t, t_all], or undefined
  /// With `cache`, x are the tokens after those in it, and layer `layer` of it grows.
  torch::Tensor forward(const torch::Tensor& x, const torch::Tensor& bias, const ComposerText& text,
                        ComposerCache* cache, size_t layer, bool low_precision);

 private:
  torch::Tensor split(const torch::Tensor& x) const;
  int64_t heads_;
  torch::nn::LayerNorm norm_self_, norm_cross_, norm_mlp_;
  torch::nn::Linear modulation_, qkv_, self_out_, cross_query_, cross_key_value_, cross_out_, mlp_in_,
      mlp_out_;
};
TORCH_MODULE(ComposerBlock);

class ComposerNetworkImpl : public torch::nn::Module {
 public:
  /// @param molecule_of_form  [n_forms] index of the molecule of each form
  ComposerNetworkImpl(const ComposerConfig& config, std::vector<int64_t> molecule_of_form);

  ComposerText read(const ComposerPrompt& prompt);

  /// @param tokens  [b, t] int64
  /// @param mask    [b, t] bool, false behind the end (diffusion: all true); undefined with `cache`
  /// @return        [b, t, width] states; logits() makes scores of them
  torch::Tensor forward(const torch::Tensor& tokens, const torch::Tensor& mask, const ComposerText& text,
                        ComposerCache* cache = nullptr);
  /// [n, width] -> [n, n_tokens]
  torch::Tensor logits(const torch::Tensor& states);
  void set_low_precision(bool on) { low_precision_ = on; }
  /// For sampling: the token table is made once. Weights must not change afterwards.
  void freeze();
  int64_t n_tokens() const;

 private:
  torch::Tensor table();

  ComposerConfig config_;
  torch::Tensor molecule_of_form_;  // [n_forms] int64, no buffer: it comes from the dictionary
  bool low_precision_ = false;
  torch::nn::Embedding tokens_, molecules_, forms_, positions_;
  torch::Tensor bias_, nothing_, large_, frozen_table_;
  torch::nn::ModuleList text_blocks_, blocks_;
  torch::nn::LayerNorm states_norm_, text_norm_, norm_;
  torch::nn::Linear states_in_, text_whole_, embedding_in_;
};
TORCH_MODULE(ComposerNetwork);

}  // namespace clamp::diffusion
