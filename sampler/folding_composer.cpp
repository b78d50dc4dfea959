#include "sampler/folding_composer.h"

#include <fmt/format.h>

#include <optional>

#include "core/seed.h"
#include "sampler/geometry_search.h"

namespace clamp::sampler {
namespace {

constexpr uint64_t kFoldStream = 11;

}  // namespace

FoldingComposer::FoldingComposer(std::unique_ptr<Composer> inner, const FoldingConfig& config,
                                 const relax::GeometryTable& table)
    : inner_(std::move(inner)), config_(config), table_(table) {
  if (config.starts < 1) fail_usage(fmt::format("fold starts: found {}, expected 1 or more", config.starts));
  if (config.tries < 1) fail_usage(fmt::format("fold tries: found {}, expected 1 or more", config.tries));
}

ComposedChemistry FoldingComposer::compose(const ComposeRequest& request, uint64_t seed,
                                           int64_t index) const {
  const uint64_t fold_seed = derive_seed(derive_seed(seed, kFoldStream), static_cast<uint64_t>(index));
  std::optional<ComposedChemistry> kept;
  std::optional<Candidate> best;
  DrawCounts counts;
  for (int64_t k = 0; k < config_.tries; ++k) {
    const auto at = static_cast<uint64_t>(k);
    std::optional<ComposedChemistry> composed;
    try {
      composed = inner_->compose(request, k == 0 ? seed : derive_seed(fold_seed, at), index);
    } catch (const NoChemistry& error) {
      counts += error.counts;
      if (!kept) throw NoChemistry(error.what(), counts);
      break;
    }
    counts += composed->counts;
    const auto outcome =
        search_starts({&*composed}, {derive_seed(fold_seed, static_cast<uint64_t>(config_.tries) + at)},
                      table_, config_.starts, 1)
            .front();
    const bool folded = outcome.reason.empty() && outcome.polished.soundness.sound;
    if (folded) {
      composed->start = outcome.polished.unit;
    } else {
      ++counts.failed["fold"];
    }
    if (!kept || folded || (outcome.reason.empty() && (!best || better(outcome.polished, *best)))) {
      kept = std::move(composed);
      if (outcome.reason.empty()) best = outcome.polished;
    }
    if (folded) break;
  }
  kept->counts = counts;
  return *kept;
}

}  // namespace clamp::sampler
