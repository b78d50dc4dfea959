// CLAMP: a crystal encoder and a text encoder trained contrastively into one space (arXiv:2311.07617).
//
// This is what the rest of the program sees of the encoders; the networks behind it are one file each.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/crystal.h"

namespace clamp::encoders {

/// What cross-attention sees of texts: one row a token.
struct TextStates {
  torch::Tensor states;      ///< [n, tokens, width] float32, zero where there is no token
  torch::Tensor mask;        ///< [n, tokens] bool, true where there is a token
  torch::Tensor embeddings;  ///< [n, dim] of the whole texts, as encode_texts gives them
};

class ClampModel {
 public:
  /// Loads `<directory>/encoders.safetensors` and its tokenizer. Throws clamp::Error.
  static ClampModel load(const std::string& directory, torch::Device device);
  ClampModel(ClampModel&&) noexcept;
  ~ClampModel();

  /// Dimension of the shared space.
  int64_t dim() const;
  /// 1 / temperature that the pair was trained with: cosine x scale are the logits of a softmax over
  /// candidates.
  double scale() const;
  /// L2-normalised embeddings [n, dim], float32, on the CPU. Throws clamp::UsageError for an empty prompt or
  /// one longer than the context.
  torch::Tensor encode_texts(const std::vector<std::string>& texts) const;
  /// States of the texts' tokens, padded to the longest text, on the CPU; a text's states depend on no other
  /// text. Throws as encode_texts does.
  TextStates encode_text_states(const std::vector<std::string>& texts) const;
  /// Width of the states.
  int64_t text_width() const;
  /// Whether encode_texts takes the text: neither empty nor longer than the context.
  bool accepts(const std::string& text) const;
  /// L2-normalised embeddings [n, dim], float32, on the CPU; row i does not depend on the other crystals.
  torch::Tensor encode_crystals(const std::vector<Crystal>& crystals) const;

 private:
  struct Impl;
  explicit ClampModel(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp::encoders
