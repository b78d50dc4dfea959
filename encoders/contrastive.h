// The contrastive pair: a crystal encoder, a text encoder and the temperature between them, with their loss.
//
// Source: CLIP, arXiv:2103.00020; CLaMP for crystals, arXiv:2311.07617.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/yaml.h"
#include "encoders/crystal_encoder.h"
#include "encoders/registry.h"
#include "encoders/text_encoder.h"

namespace clamp::encoders {

/// Parameter names are a file format: crystal.*, text.*, log_scale
class ContrastivePair : public torch::nn::Module {
 public:
  ContrastivePair(std::shared_ptr<CrystalEncoder> crystal, std::shared_ptr<TextEncoder> text,
                  const EncoderShape& shape);

  /// L2-normalised embeddings [b, dim]; row i depends on crystal i only.
  torch::Tensor embed_crystals(const GraphBatch& batch);
  /// L2-normalised embeddings [n, dim] of token sequences, computed in groups of like length.
  torch::Tensor embed_texts(const std::vector<const std::vector<int64_t>*>& texts);
  /// 1 / temperature, a scalar tensor, at most 100.
  torch::Tensor scale() const;

  CrystalEncoder& crystal() { return *crystal_; }
  TextEncoder& text() { return *text_; }
  int64_t dim() const { return shape_.dim; }
  int64_t vocabulary() const { return shape_.vocabulary; }
  /// The resolved configuration; make_contrastive_pair reads it back.
  std::string config_yaml() const;

 private:
  EncoderShape shape_;
  std::shared_ptr<CrystalEncoder> crystal_;
  std::shared_ptr<TextEncoder> text_;
  torch::Tensor log_scale_;
};

/// Reads dim, vocabulary, crystal and text from `map`. Weights are drawn from torch's default generator.
std::shared_ptr<ContrastivePair> make_contrastive_pair(YamlMap& map, int64_t vocabulary);

/// Symmetric InfoNCE: mean of the cross-entropies crystal -> text and text -> crystal.
/// @param crystals, texts  [b, dim] L2-normalised
/// @param scale            scalar, 1 / temperature
/// @param ignored          [b, b] bool: pairs that are no negatives of each other (same text); the diagonal
/// is
///                         not looked at
/// @return                 scalar
torch::Tensor contrastive_loss(const torch::Tensor& crystals, const torch::Tensor& texts,
                               const torch::Tensor& scale, const torch::Tensor& ignored);

/// The same with soft targets: row i is to match all rows by softmax(scale x the mean of the crystals' and
/// the texts' similarities among themselves), through which no gradient flows. The form of the CLAMP paper
/// (arXiv:2311.07617), with the learned scale in the targets too.
torch::Tensor soft_contrastive_loss(const torch::Tensor& crystals, const torch::Tensor& texts,
                                    const torch::Tensor& scale);

/// [b, b] bool: true where two different positions carry the same key.
torch::Tensor same_key_mask(const std::vector<std::string>& keys);

}  // namespace clamp::encoders
