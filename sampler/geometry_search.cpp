#include "sampler/geometry_search.h"

#include <torch/types.h>

#include "core/parallel.h"
#include "core/seed.h"
#include "relax/random_start.h"

namespace clamp::sampler {
namespace {

constexpr uint64_t kStartStream = 1;

}  // namespace

std::vector<GeometryOutcome> search_starts(const std::vector<const ComposedChemistry*>& composed,
                                           const std::vector<uint64_t>& seeds,
                                           const relax::GeometryTable& table, int64_t n_starts,
                                           int n_threads) {
  TORCH_CHECK(composed.size() == seeds.size(), composed.size(), " chemistries for ", seeds.size(), " seeds");
  TORCH_CHECK(n_starts > 0, "n_starts must be positive, got ", n_starts);
  const auto tries = static_cast<size_t>(n_starts);
  std::vector<AsymmetricUnit> starts;
  std::vector<const ComposedChemistry*> of_start;
  for (size_t i = 0; i < composed.size(); ++i) {
    for (size_t k = 0; k < tries; ++k) {
      Rng rng(derive_seed(seeds[i], k));
      starts.push_back(relax::random_start(composed[i]->chemistry, table, rng));
      of_start.push_back(composed[i]);
    }
  }
  auto outcomes = finish_geometries(starts, of_start, &table, n_threads);
  std::vector<GeometryOutcome> best;
  for (size_t i = 0; i < composed.size(); ++i) {
    const GeometryOutcome* kept = best_outcome(outcomes, i * tries, (i + 1) * tries);
    best.push_back(kept == nullptr ? outcomes[i * tries] : *kept);
  }
  return best;
}

std::vector<GeometryOutcome> make_geometries(GeometrySampler& sampler, const relax::GeometryTable* table,
                                             std::vector<GeometryRequest> requests,
                                             const std::vector<const ComposedChemistry*>& composed,
                                             const GeometrySearch& search) {
  if (search.coarse_starts > 0) {
    TORCH_CHECK(table != nullptr, "coarse starts need the table of the polish");
    std::vector<size_t> open;
    std::vector<const ComposedChemistry*> of_open;
    std::vector<uint64_t> seeds;
    for (size_t i = 0; i < requests.size(); ++i) {
      if (requests[i].start) continue;
      open.push_back(i);
      of_open.push_back(composed[i]);
      seeds.push_back(derive_seed(requests[i].seed, kStartStream));
    }
    const auto found = search_starts(of_open, seeds, *table, search.coarse_starts, search.n_threads);
    for (size_t j = 0; j < open.size(); ++j) {
      if (found[j].reason.empty()) requests[open[j]].start = found[j].polished.unit;
    }
  }
  const auto units = sampler.sample(requests, search.options);
  TORCH_CHECK(units.size() == requests.size(), "the geometry sampler gave ", units.size(), " structures for ",
              requests.size(), " requests");
  auto outcomes = finish_geometries(units, composed, search.polish ? table : nullptr, search.n_threads);
  parallel_for(units.size(), search.n_threads, [&](size_t i) {
    if (outcomes[i].reason.empty()) outcomes[i].raw = judge(units[i], *composed[i]);
  });
  std::vector<AsymmetricUnit> usable;
  for (const auto& outcome : outcomes) {
    if (outcome.reason.empty()) usable.push_back(outcome.polished.unit);
  }
  const auto surprises = sampler.surprise(usable);
  size_t next = 0;
  for (auto& outcome : outcomes) {
    if (outcome.reason.empty()) outcome.polished.surprise = surprises[next++];
  }
  return outcomes;
}

}  // namespace clamp::sampler
