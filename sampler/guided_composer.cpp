#include "sampler/guided_composer.h"

#include <fmt/format.h>

#include <optional>

#include "core/gumbel.h"

namespace clamp::sampler {
namespace {

constexpr uint64_t kGuideStream = 12;

}  // namespace

GuidedComposer::GuidedComposer(std::unique_ptr<Composer> inner, Similarity similarity,
                               const GuidingConfig& config)
    : inner_(std::move(inner)), similarity_(std::move(similarity)), config_(config) {
  if (!(config.scale >= 0))
    fail_usage(fmt::format("classifier scale: found {}, expected 0 or more", config.scale));
  if (config.candidates < 1)
    fail_usage(fmt::format("candidates: found {}, expected 1 or more", config.candidates));
}

ComposedChemistry GuidedComposer::compose(const ComposeRequest& request, uint64_t seed, int64_t index) const {
  const uint64_t own = derive_seed(derive_seed(seed, kGuideStream), static_cast<uint64_t>(index));
  Rng rng(own);
  std::optional<ComposedChemistry> chosen;
  double best = 0;
  DrawCounts counts;
  std::string reason;
  for (int64_t k = 0; k < config_.candidates; ++k) {
    const uint64_t candidate_seed = derive_seed(own, static_cast<uint64_t>(k));
    try {
      auto candidate = inner_->compose(request, k == 0 ? seed : candidate_seed, index);
      counts += candidate.counts;
      const double weight =
          config_.scale * similarity_(candidate, request.prompt, candidate_seed) + gumbel(rng);
      if (chosen && weight <= best) continue;
      best = weight;
      chosen = std::move(candidate);
    } catch (const NoChemistry& error) {
      counts += error.counts;
      reason = error.what();
    }
  }
  if (!chosen) throw NoChemistry(reason, counts);
  chosen->counts = counts;
  return *chosen;
}

}  // namespace clamp::sampler
