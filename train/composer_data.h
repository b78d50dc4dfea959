// Training examples of the composer in memory: tokens of chemistries, and the texts that describe them as the
// CLAMP text encoder reads them.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "core/seed.h"
#include "data/dataset.h"
#include "diffusion/composer_network.h"
#include "diffusion/composer_tokens.h"
#include "encoders/clamp_model.h"

namespace clamp::train {

struct ComposerExample {
  std::string id;
  diffusion::Tokens tokens;
  bool large = false;  ///< more than diffusion::kSmallCell atoms
};

/// Texts of examples: `per_example` of each, one after another.
struct ComposerTexts {
  int64_t per_example = 1;
  std::vector<int64_t> offsets = {0};  ///< [n_texts + 1] rows of `states`
  torch::Tensor states;                ///< [n_rows, width] float16
  torch::Tensor embeddings;            ///< [n_texts, dim] float32
};

struct ComposerSet {
  std::vector<ComposerExample> examples;
  ComposerTexts texts;
  int64_t size() const { return static_cast<int64_t>(examples.size()); }
};

/// Captions of the records, and their own texts one time in five where they have some; drawn from `seed`.
/// Throws clamp::Error for a record whose captions are all longer than the encoder's context.
ComposerTexts encode_composer_texts(const std::vector<data::Record>& records, int64_t per_example,
                                    const encoders::ClampModel& encoders, uint64_t seed);

/// One text of each example as the network takes it.
/// @param which    [b] which of its texts
/// @param nothing  [b] left out, for guidance
/// @param dropout  share of a text's tokens that are hidden, drawn from `rng`; one always stays
diffusion::ComposerPrompt composer_prompt(const ComposerSet& set, const std::vector<int64_t>& indices,
                                          const std::vector<int64_t>& which, const std::vector<bool>& nothing,
                                          double dropout, Rng& rng);

}  // namespace clamp::train
