#include "sampler/novelty.h"

#include "core/error.h"

namespace clamp::sampler {

std::optional<Novelty> NoveltyJudge::judge(const Crystal& crystal, int64_t index) {
  evaluate::Fingerprint print;
  try {
    print = evaluate::fingerprint(crystal);
  } catch (const Error&) {
    return {};
  }
  Novelty novelty;
  if (known_ != nullptr) {
    const auto match = known_->find(print);
    novelty.novel = !match;
    if (match) novelty.known_id = known_->id(match->index);
    if (match) novelty.known_rms = match->rms;
  }
  if (compare_results_) {
    const auto earlier = seen_.find(print);
    if (earlier) novelty.duplicate_of = seen_index_[static_cast<size_t>(earlier->index)];
    seen_.add(std::move(print));
    seen_index_.push_back(index);
  }
  return novelty;
}

}  // namespace clamp::sampler
