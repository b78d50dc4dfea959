// Classifier guidance of the composer: of several chemistries one is taken, by its likeness to the prompt.
//
// Tokens have no gradient to follow, so the classifier weighs whole draws (importance resampling): candidates
// come from the inner composer, and one is drawn with weights exp(scale x similarity).
#pragma once

#include <functional>
#include <memory>

#include "sampler/composer.h"

namespace clamp::sampler {

struct GuidingConfig {
  double scale = 1;        ///< weight of the similarity, 0 or more
  int64_t candidates = 8;  ///< chemistries for each one, at least 1
};

class GuidedComposer : public Composer {
 public:
  /// Log-likeness of a chemistry and a prompt [dim] up to a constant; a function of them and the seed alone.
  using Similarity =
      std::function<double(const ComposedChemistry& composed, const torch::Tensor& prompt, uint64_t seed)>;
  /// Throws clamp::UsageError for numbers out of range.
  GuidedComposer(std::unique_ptr<Composer> inner, Similarity similarity, const GuidingConfig& config);
  /// One of the inner composer's candidates; the counts are those of all. Candidates that found nothing are
  /// left out; throws NoChemistry where none found anything.
  ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const override;

 private:
  std::unique_ptr<Composer> inner_;
  Similarity similarity_;
  GuidingConfig config_;
};

}  // namespace clamp::sampler
