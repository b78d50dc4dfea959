// clamp-evaluate --given-chemistry: structures built anew from the chemistries of real ones, beside the real
// ones and beside the same polish from random positions.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <iostream>

#include "apps/cli_torch.h"
#include "apps/evaluate_commands.h"
#include "apps/pipeline.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "evaluate/quality.h"
#include "relax/random_start.h"
#include "sampler/generate.h"

namespace clamp::apps {
namespace {

constexpr uint64_t kChoiceStream = 1;
constexpr uint64_t kGeometryStream = 2;
constexpr uint64_t kControlStream = 3;

/// Chemistries of real structures, with the real structure and the text that describes it.
struct GivenSet {
  std::vector<sampler::ComposedChemistry> chemistries;
  std::vector<Crystal> crystals;
  std::vector<std::string> texts;
};

/// `n` structures of the split that have an asymmetric unit, in an order drawn from the seed.
GivenSet draw_structures(const data::Dataset& dataset, const EvaluateOptions& options, uint64_t seed) {
  auto indices = dataset.indices(options.split, options.max_atoms);
  Rng rng(derive_seed(seed, kChoiceStream));
  for (size_t i = indices.size(); i > 1; --i)
    std::swap(indices[i - 1], indices[rng.below(i)]);  // Fisher-Yates
  GivenSet set;
  for (const auto index : indices) {
    if (static_cast<int64_t>(set.crystals.size()) == options.n) break;
    const auto unit = dataset.asymmetric_unit(index);
    if (!unit) continue;
    const auto record = dataset.read(index);
    const auto crystal = expand(*unit);
    sampler::ComposedChemistry composed;
    composed.chemistry = unit->chemistry;
    composed.source = "given";
    composed.library_id = record.id;
    composed.framework_dimension = framework_dimension(crystal.atomic_numbers, expand_bonds(*unit));
    composed.reference_volume = crystal.volume();
    set.chemistries.push_back(std::move(composed));
    set.crystals.push_back(crystal);
    set.texts.push_back(record.texts.empty() ? std::string() : record.texts.front());
  }
  if (static_cast<int64_t>(set.crystals.size()) < options.n) {
    fail(fmt::format(
        "{}: split '{}' has {} structures of at most {} atoms with an asymmetric unit, {} were asked for",
        options.given_chemistry, options.split, set.crystals.size(), options.max_atoms, options.n));
  }
  return set;
}

/// [n, dim]: the caption's embedding, or the crystal's where a record has no text.
torch::Tensor condition(const encoders::ClampModel& clamp, const GivenSet& set) {
  std::vector<torch::Tensor> rows;
  for (size_t i = 0; i < set.crystals.size(); ++i) {
    rows.push_back(set.texts[i].empty() ? clamp.encode_crystals({set.crystals[i]})
                                        : clamp.encode_texts({set.texts[i]}));
  }
  return torch::cat(rows);
}

constexpr size_t kChunk = 16;  // chemistries worked on at once

/// The tries for the chemistries [begin, end), one chemistry's after another's.
using MakeUnits = std::function<std::vector<AsymmetricUnit>(size_t begin, size_t end)>;

struct Rows {
  std::vector<evaluate::QualityInput> raw;
  std::vector<evaluate::QualityInput> polished;
};

evaluate::QualityInput quality_input(const sampler::ComposedChemistry& composed, Crystal crystal) {
  evaluate::QualityInput input;
  input.crystal = std::move(crystal);
  input.intended_dimension = composed.framework_dimension;
  input.reference_volume = composed.reference_volume;
  return input;
}

/// Stands for a result that is no structure: all atoms in one place, so that no check passes.
Crystal collapsed(const Crystal& real) {
  Crystal crystal = real;
  for (auto& x : crystal.frac_coords) x.setZero();
  return crystal;
}

/// The best of the tries [begin, end), or null where none is usable.
const sampler::GeometryOutcome* best_of(const std::vector<sampler::GeometryOutcome>& outcomes, size_t begin,
                                        size_t end) {
  const sampler::GeometryOutcome* best = nullptr;
  for (size_t k = begin; k < end; ++k) {
    const auto& outcome = outcomes[k];
    if (!outcome.reason.empty()) continue;
    if (best == nullptr || sampler::better(outcome.polished, best->polished)) best = &outcome;
  }
  return best;
}

Rows build(const GivenSet& set, size_t tries, const MakeUnits& make, const relax::GeometryTable& table,
           int n_threads, Progress& progress) {
  Rows rows;
  for (size_t begin = 0; begin < set.crystals.size() && !interrupted(); begin += kChunk) {
    const auto end = std::min(set.crystals.size(), begin + kChunk);
    std::vector<const sampler::ComposedChemistry*> composed;
    for (size_t i = begin; i < end; ++i) composed.insert(composed.end(), tries, &set.chemistries[i]);
    const auto outcomes = sampler::finish_geometries(make(begin, end), composed, &table, n_threads);
    for (size_t i = begin; i < end; ++i) {
      const auto* best = best_of(outcomes, (i - begin) * tries, (i - begin + 1) * tries);
      const auto nothing = collapsed(set.crystals[i]);
      rows.raw.push_back(quality_input(set.chemistries[i], best ? best->raw.crystal : nothing));
      rows.polished.push_back(quality_input(set.chemistries[i], best ? best->polished.crystal : nothing));
    }
    progress.update(static_cast<int64_t>(end));
  }
  progress.finish();
  return rows;
}

}  // namespace

int evaluate_given_chemistry(const EvaluateOptions& options, const CommonOptions& common) {
  const char* const environment = std::getenv("CLAMP_CHECKPOINT");
  const auto checkpoint = find_checkpoint(options.checkpoint, environment == nullptr ? "" : environment);
  const auto device = use_device(common);
  Logger logger(common.log_level());
  const auto dataset = data::Dataset::open(options.given_chemistry);
  LoadOptions load;
  load.library = false;
  load.n_threads = common.n_threads();
  const auto model = load_model(checkpoint, load, device);
  const auto set = draw_structures(dataset, options, common.seed);
  const auto embeddings = condition(model.clamp, set);  // [n, dim]
  const auto tries = static_cast<size_t>(options.best_of);
  const auto seed_of = [&](uint64_t stream, size_t i, size_t k) {
    return derive_seed(derive_seed(derive_seed(common.seed, stream), i), k);
  };

  const auto from_model = [&](size_t begin, size_t end) {
    std::vector<Chemistry> chemistries;
    std::vector<uint64_t> seeds;
    std::vector<int64_t> rows;
    for (size_t i = begin; i < end; ++i) {
      for (size_t k = 0; k < tries; ++k) {
        chemistries.push_back(set.chemistries[i].chemistry);
        seeds.push_back(seed_of(kGeometryStream, i, k));
        rows.push_back(static_cast<int64_t>(i));
      }
    }
    sampler::GeometryOptions geometry;
    geometry.guidance_scale = options.guidance_scale;
    geometry.steps = options.steps;
    const auto prompts = embeddings.index_select(0, torch::tensor(rows, torch::kInt64));  // [tries, dim]
    return model.geometry->sample(chemistries, prompts, seeds, geometry);
  };
  const auto from_random = [&](size_t begin, size_t end) {
    std::vector<AsymmetricUnit> units;
    for (size_t i = begin; i < end; ++i) {
      for (size_t k = 0; k < tries; ++k) {
        Rng rng(seed_of(kControlStream, i, k));
        units.push_back(relax::random_start(set.chemistries[i].chemistry, *model.table, rng));
      }
    }
    return units;
  };
  const auto n = static_cast<int64_t>(set.crystals.size());
  Progress model_progress(logger, "model", n, "structures");
  const auto generated = build(set, tries, from_model, *model.table, common.n_threads(), model_progress);
  Progress control_progress(logger, "control", n, "structures");
  const auto control = build(set, tries, from_random, *model.table, common.n_threads(), control_progress);
  if (interrupted()) return kExitInterrupted;

  std::vector<evaluate::QualityInput> real;
  for (size_t i = 0; i < set.crystals.size(); ++i)
    real.push_back(quality_input(set.chemistries[i], set.crystals[i]));
  const std::vector<evaluate::QualityRow> rows = {evaluate::quality_row("real", real),
                                                  evaluate::quality_row("model", generated.raw),
                                                  evaluate::quality_row("model + polish", generated.polished),
                                                  evaluate::quality_row("random + polish", control.polished)};
  std::cout << (common.json ? evaluate::quality_json(rows) : evaluate::quality_markdown(rows)) << "\n";
  return kExitDone;
}

}  // namespace clamp::apps
