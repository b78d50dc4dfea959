#include "apps/training_quality.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>
#include <vector>

#include "apps/given_chemistry.h"
#include "core/atomic_file.h"
#include "core/seed.h"
#include "sampler/diffusion_geometry.h"
#include "sampler/geometry_search.h"

namespace clamp::apps {
namespace {

constexpr double kStrength = 0.75;  // about 1 Å: below it structures are found back, above it hardly
constexpr uint64_t kSeed = 11;

nlohmann::json measure(const std::vector<GivenStructure>& set, const relax::GeometryTable& table,
                       diffusion::GeometryModel model, torch::Device device, int n_threads) {
  const auto no_embedding = at::zeros({model.config().denoiser.embedding_dim});
  sampler::DiffusionGeometry sampler(std::move(model), device, n_threads);
  std::vector<sampler::GeometryRequest> requests;
  std::vector<const sampler::ComposedChemistry*> composed;
  for (size_t i = 0; i < set.size(); ++i) {
    requests.push_back({set[i].composed.chemistry, no_embedding, derive_seed(kSeed, i), set[i].unit});
    composed.push_back(&set[i].composed);
  }
  sampler::GeometrySearch search;
  search.options.guidance_scale = 0;
  search.options.strength = kStrength;
  search.coarse_starts = 0;
  search.keep_starts = false;
  search.n_threads = n_threads;
  const auto outcomes = sampler::make_geometries(sampler, &table, std::move(requests), composed, search);
  std::vector<evaluate::QualityInput> made;
  for (size_t i = 0; i < set.size(); ++i) {
    const bool done = outcomes[i].reason.empty();
    made.push_back(quality_input(set[i], done ? outcomes[i].polished.crystal : collapsed(set[i].crystal)));
  }
  const auto row = evaluate::quality_row("sampled", made);
  const double sound = row.shares.at("sound").value, match = row.shares.at("match").value;
  return {{"quality", (sound + match) / 2},
          {"sampled_valid", row.shares.at("valid").value},
          {"sampled_sound", sound},
          {"sampled_match", match}};
}

}  // namespace

train::QualityCheck make_quality_check(const train::GeometrySet& val, int64_t n, const std::string& table,
                                       torch::Device device, int n_threads) {
  const int64_t count = std::min(n, val.size());
  if (count == 0) return {};
  std::vector<GivenStructure> set;
  for (int64_t k = 0; k < count; ++k) {
    const auto& example = val.examples[static_cast<size_t>(k * val.size() / count)];
    set.push_back(given_structure(example.unit, example.id));
  }
  auto loaded =
      std::make_shared<relax::GeometryTable>(relax::GeometryTable::from_json(read_file(table), table));
  return [set = std::move(set), loaded, device, n_threads](diffusion::GeometryModel model) {
    return measure(set, *loaded, std::move(model), device, n_threads);
  };
}

}  // namespace clamp::apps
