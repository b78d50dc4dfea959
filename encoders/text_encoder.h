// Interface of text encoders. A new one is one file with its class and one line in registry.cpp.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <vector>

namespace clamp::encoders {

struct TokenBatch {
  torch::Tensor ids;   ///< [b, t] int64, kPadId behind the end of a text
  torch::Tensor mask;  ///< [b, t] bool, true where there is a token
};

/// Pads to the longest text.
TokenBatch collate_tokens(const std::vector<const std::vector<int64_t>*>& texts, torch::Device device);

struct TextFeatures {
  torch::Tensor pooled;  ///< [b, dim], not normalised
  torch::Tensor tokens;  ///< [b, t, token_width] states of the tokens
};

class TextEncoder : public torch::nn::Module {
 public:
  /// Row i depends on text i only.
  virtual TextFeatures forward(const TokenBatch& batch) = 0;
  /// Tokens that a text may have.
  virtual int64_t context() const = 0;
  virtual int64_t token_width() const = 0;
  /// Whether a parameter of this name comes from a pretrained encoder when one is imported; the others are
  /// new.
  virtual bool is_pretrained(const std::string& /*name*/) const { return false; }
  /// The resolved options as YAML lines "key: value", each indented by `indent` spaces.
  virtual std::string options_yaml(int indent) const = 0;
};

}  // namespace clamp::encoders
