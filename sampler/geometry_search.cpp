#include "sampler/geometry_search.h"

#include <torch/types.h>

#include "core/parallel.h"
#include "core/seed.h"
#include "relax/random_start.h"

namespace clamp::sampler {
namespace {

constexpr uint64_t kStartStream = 1;

GeometryOutcome no_start() {
  GeometryOutcome outcome;
  outcome.reason = "no start";
  return outcome;
}

/// The starts that the requests bring, polished and judged.
std::vector<GeometryOutcome> finished_starts(const std::vector<GeometryRequest>& requests,
                                             const std::vector<const ComposedChemistry*>& composed,
                                             const relax::GeometryTable* table, int n_threads) {
  std::vector<GeometryOutcome> finished(requests.size(), no_start());
  std::vector<size_t> given;
  std::vector<AsymmetricUnit> units;
  std::vector<const ComposedChemistry*> of_unit;
  for (size_t i = 0; i < requests.size(); ++i) {
    if (!requests[i].start) continue;
    given.push_back(i);
    units.push_back(*requests[i].start);
    of_unit.push_back(composed[i]);
  }
  auto outcomes = finish_geometries(units, of_unit, table, n_threads);
  for (size_t j = 0; j < given.size(); ++j) finished[given[j]] = std::move(outcomes[j]);
  return finished;
}

}  // namespace

std::vector<GeometryOutcome> polished_starts(const std::vector<const ComposedChemistry*>& composed,
                                             const std::vector<uint64_t>& seeds,
                                             const relax::GeometryTable& table, int64_t n_starts,
                                             int n_threads) {
  TORCH_CHECK(composed.size() == seeds.size(), composed.size(), " chemistries for ", seeds.size(), " seeds");
  TORCH_CHECK(n_starts > 0, "n_starts must be positive, got ", n_starts);
  std::vector<AsymmetricUnit> starts;
  std::vector<const ComposedChemistry*> of_start;
  for (size_t i = 0; i < composed.size(); ++i) {
    for (size_t k = 0; k < static_cast<size_t>(n_starts); ++k) {
      Rng rng(derive_seed(seeds[i], k));
      starts.push_back(relax::random_start(composed[i]->chemistry, table, rng));
      of_start.push_back(composed[i]);
    }
  }
  return finish_geometries(starts, of_start, &table, n_threads);
}

std::vector<GeometryOutcome> search_starts(const std::vector<const ComposedChemistry*>& composed,
                                           const std::vector<uint64_t>& seeds,
                                           const relax::GeometryTable& table, int64_t n_starts,
                                           int n_threads) {
  const auto outcomes = polished_starts(composed, seeds, table, n_starts, n_threads);
  const auto tries = static_cast<size_t>(n_starts);
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
  const bool keep_starts = search.keep_starts && search.polish;
  auto starts = keep_starts ? finished_starts(requests, composed, table, search.n_threads)
                            : std::vector<GeometryOutcome>(requests.size(), no_start());
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
    auto found = search_starts(of_open, seeds, *table, search.coarse_starts, search.n_threads);
    for (size_t j = 0; j < open.size(); ++j) {
      if (!found[j].reason.empty()) continue;
      requests[open[j]].start = found[j].polished.unit;
      starts[open[j]] = std::move(found[j]);
    }
  }
  const auto units = sampler.sample(requests, search.options);
  TORCH_CHECK(units.size() == requests.size(), "the geometry sampler gave ", units.size(), " structures for ",
              requests.size(), " requests");
  auto outcomes = finish_geometries(units, composed, search.polish ? table : nullptr, search.n_threads);
  parallel_for(units.size(), search.n_threads, [&](size_t i) {
    if (outcomes[i].reason.empty()) outcomes[i].raw = judge(units[i], *composed[i]);
  });
  // The surprise compares chemistries: only of what is kept of each request.
  std::vector<Candidate*> kept;
  std::vector<AsymmetricUnit> kept_units;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    auto& outcome = outcomes[i];
    if (keep_starts && starts[i].reason.empty()) {
      outcome.start = std::move(starts[i].polished);
      outcome.start->from_search = true;
    }
    const Candidate* best = best_candidate(outcomes, i, i + 1);
    if (best == nullptr) continue;
    kept.push_back(best == &outcome.polished ? &outcome.polished : &*outcome.start);
    kept_units.push_back(kept.back()->unit);
  }
  for (size_t i = 0; i < outcomes.size(); ++i) outcomes[i].request = std::move(requests[i]);
  const auto surprises = sampler.surprise(kept_units);
  for (size_t k = 0; k < kept.size(); ++k) kept[k]->surprise = surprises[k];
  return outcomes;
}

}  // namespace clamp::sampler
