// clamp-evaluate --given-chemistry: structures built anew from the chemistries of real ones, beside the real
// ones and beside the same polish from random positions.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <iostream>

#include "apps/cli_torch.h"
#include "apps/evaluate_commands.h"
#include "apps/given_chemistry.h"
#include "apps/pipeline.h"
#include "core/atomic_file.h"
#include "core/cif.h"
#include "core/error.h"
#include "core/parallel.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "sampler/geometry_search.h"

namespace clamp::apps {
namespace {

constexpr uint64_t kChoiceStream = 1;
constexpr uint64_t kGeometryStream = 2;
constexpr uint64_t kControlStream = 3;

/// Chemistries of real structures, with the real structure and the text that describes it.
struct GivenSet {
  std::vector<GivenStructure> structures;
  std::vector<std::string> texts;  ///< empty where a structure has none
};

/// `n` structures of the split that have an asymmetric unit, in an order drawn from the seed.
GivenSet draw_structures(const data::Dataset& dataset, const EvaluateOptions& options, uint64_t seed) {
  auto indices = dataset.indices(options.split, options.max_atoms);
  Rng rng(derive_seed(seed, kChoiceStream));
  for (size_t i = indices.size(); i > 1; --i)
    std::swap(indices[i - 1], indices[rng.below(i)]);  // Fisher-Yates
  GivenSet set;
  for (const auto index : indices) {
    if (static_cast<int64_t>(set.structures.size()) == options.n) break;
    const auto unit = dataset.asymmetric_unit(index);
    if (!unit) continue;
    const auto record = dataset.read(index);
    set.structures.push_back(given_structure(*unit, record.id));
    set.texts.push_back(record.texts.empty() ? std::string() : record.texts.front());
  }
  if (static_cast<int64_t>(set.structures.size()) < options.n) {
    fail(fmt::format(
        "{}: split '{}' has {} structures of at most {} atoms with an asymmetric unit, {} were asked for",
        options.given_chemistry, options.split, set.structures.size(), options.max_atoms, options.n));
  }
  return set;
}

/// [n, dim]: the caption's embedding, or the crystal's where a record has no text.
torch::Tensor condition(const encoders::ClampModel& clamp, const GivenSet& set) {
  std::vector<torch::Tensor> rows;
  for (size_t i = 0; i < set.structures.size(); ++i) {
    rows.push_back(set.texts[i].empty() ? clamp.encode_crystals({set.structures[i].crystal})
                                        : clamp.encode_texts({set.texts[i]}));
  }
  return torch::cat(rows);
}

constexpr size_t kChunk = 16;  // chemistries worked on at once

/// The tries for the chemistries [begin, end), one chemistry's after another's.
using MakeOutcomes = std::function<std::vector<sampler::GeometryOutcome>(size_t begin, size_t end)>;

struct Rows {
  std::vector<evaluate::QualityInput> raw;
  std::vector<evaluate::QualityInput> polished;
  std::vector<evaluate::QualityInput> kept;  ///< the better of these and their starts
};

/// Whether `candidate_of` one of the outcomes [begin, end) matches; null stands for none.
bool any_match(const std::vector<sampler::GeometryOutcome>& outcomes, size_t begin, size_t end,
               const Crystal& real,
               const std::function<const sampler::Candidate*(const sampler::GeometryOutcome&)>& candidate_of,
               int n_threads) {
  std::vector<char> found(end - begin, 0);
  parallel_for(found.size(), n_threads, [&](size_t k) {
    const auto* candidate = candidate_of(outcomes[begin + k]);
    found[k] = candidate != nullptr && evaluate::matches_reference(candidate->crystal, real);
  });
  return std::find(found.begin(), found.end(), 1) != found.end();
}

const sampler::Candidate* made_of(const sampler::GeometryOutcome& outcome) {
  return outcome.reason.empty() ? &outcome.polished : nullptr;
}

const sampler::Candidate* start_of(const sampler::GeometryOutcome& outcome) {
  return outcome.start ? &*outcome.start : nullptr;
}

Rows build(const GivenSet& set, size_t tries, const MakeOutcomes& make, int n_threads, Progress& progress) {
  Rows rows;
  for (size_t begin = 0; begin < set.structures.size() && !interrupted(); begin += kChunk) {
    const auto end = std::min(set.structures.size(), begin + kChunk);
    const auto outcomes = make(begin, end);
    for (size_t i = begin; i < end; ++i) {
      const size_t first = (i - begin) * tries, last = first + tries;
      const auto* best = sampler::best_outcome(outcomes, first, last);
      const auto nothing = collapsed(set.structures[i].crystal);
      rows.raw.push_back(quality_input(set.structures[i], best ? best->raw.crystal : nothing));
      rows.polished.push_back(quality_input(set.structures[i], best ? best->polished.crystal : nothing));
      const auto* kept = sampler::best_candidate(outcomes, first, last);
      rows.kept.push_back(quality_input(set.structures[i], kept ? kept->crystal : nothing));
      const bool made = any_match(outcomes, first, last, set.structures[i].crystal, made_of, n_threads);
      rows.polished.back().match_among_tried = made;
      rows.kept.back().match_among_tried =
          made || any_match(outcomes, first, last, set.structures[i].crystal, start_of, n_threads);
    }
    progress.update(static_cast<int64_t>(end));
  }
  progress.finish();
  return rows;
}

std::string rows_path(const std::string& folder, const std::string& name) {
  return folder + "/" + name + ".extxyz";
}

void write_rows(const std::string& path, const std::vector<evaluate::QualityInput>& rows) {
  std::string text;
  for (const auto& row : rows) text += extxyz_frame(row.crystal, {});
  write_file_atomically(path, text);
}

}  // namespace

int evaluate_given_chemistry(const EvaluateOptions& options, const CommonOptions& common) {
  const auto checkpoint = find_checkpoint(options.checkpoint);
  const auto device = use_device(common);
  Logger logger(common.log_level());
  if (!options.out.empty()) {
    for (const char* name : {"real", "random", "search", "model", "generated"}) {
      require_absent(rows_path(options.out, name), common.force);
    }
    std::filesystem::create_directories(options.out);
  }
  const auto dataset = data::Dataset::open(options.given_chemistry);
  LoadOptions load;
  load.guide = options.classifier_scale != 0;
  load.composer = ComposerKind::kNone;
  load.n_threads = common.n_threads();
  const auto model = load_model(checkpoint, load, device);
  const auto set = draw_structures(dataset, options, common.seed);
  const auto embeddings = condition(model.clamp, set);  // [n, dim]
  const auto tries = static_cast<size_t>(options.best_of);
  const auto seed_of = [&](uint64_t stream, size_t i, size_t k) {
    return derive_seed(derive_seed(derive_seed(common.seed, stream), i), k);
  };

  // The tries of chemistry i are i * tries to (i + 1) * tries - 1 in each list.
  const auto composed_of = [&](size_t begin, size_t end) {
    std::vector<const sampler::ComposedChemistry*> composed;
    for (size_t i = begin; i < end; ++i) composed.insert(composed.end(), tries, &set.structures[i].composed);
    return composed;
  };
  const auto seeds_of = [&](uint64_t stream, size_t begin, size_t end) {
    std::vector<uint64_t> seeds;
    for (size_t i = begin; i < end; ++i) {
      for (size_t k = 0; k < tries; ++k) seeds.push_back(seed_of(stream, i, k));
    }
    return seeds;
  };
  const auto from_model = [&](size_t begin, size_t end) {
    const auto seeds = seeds_of(kGeometryStream, begin, end);
    std::vector<sampler::GeometryRequest> requests;
    for (size_t j = 0; j < seeds.size(); ++j) {
      const size_t i = begin + j / tries;
      requests.push_back(
          {set.structures[i].composed.chemistry, embeddings[static_cast<int64_t>(i)], seeds[j], {}});
      if (options.start_from_real) requests.back().start = set.structures[i].unit;
    }
    sampler::GeometrySearch search;
    search.options.guidance_scale = options.guidance_scale;
    search.options.classifier_scale = options.classifier_scale;
    search.options.steps = options.steps;
    search.options.strength = options.strength;
    search.coarse_starts = options.coarse_starts;
    search.keep_starts = !options.start_from_real;
    search.n_threads = common.n_threads();
    return sampler::make_geometries(*model.geometry, model.table.get(), std::move(requests),
                                    composed_of(begin, end), search);
  };
  const auto from_random = [&](int64_t starts) {
    return [&, starts](size_t begin, size_t end) {
      return sampler::polished_starts(composed_of(begin, end), seeds_of(kControlStream, begin, end),
                                      *model.table, starts, common.n_threads());
    };
  };
  const auto n = static_cast<int64_t>(set.structures.size());
  Progress model_progress(logger, "model", n, "structures");
  const auto generated = build(set, tries, from_model, common.n_threads(), model_progress);
  Progress control_progress(logger, "random starts", n, "structures");
  const auto control = build(set, tries, from_random(1), common.n_threads(), control_progress);
  const auto n_starts = std::max<int64_t>(1, options.coarse_starts);
  Progress search_progress(logger, "search", n, "structures");
  const auto searched = build(set, tries * static_cast<size_t>(n_starts), from_random(n_starts),
                              common.n_threads(), search_progress);
  if (interrupted()) return kExitInterrupted;

  std::vector<evaluate::QualityInput> real;
  for (size_t i = 0; i < set.structures.size(); ++i)
    real.push_back(quality_input(set.structures[i], set.structures[i].crystal));
  const auto search_name = fmt::format("best of {} random + polish", n_starts);
  std::vector<evaluate::QualityRow> rows = {
      evaluate::quality_row("real", real), evaluate::quality_row("random + polish", control.polished),
      evaluate::quality_row(search_name, searched.polished), evaluate::quality_row("model", generated.raw),
      evaluate::quality_row("model + polish", generated.polished)};
  const bool with_starts = !options.start_from_real && options.coarse_starts > 0;
  if (with_starts) rows.push_back(evaluate::quality_row("as generated", generated.kept));
  if (!options.out.empty()) {
    write_rows(rows_path(options.out, "real"), real);
    write_rows(rows_path(options.out, "random"), control.polished);
    write_rows(rows_path(options.out, "search"), searched.polished);
    write_rows(rows_path(options.out, "model"), generated.polished);
    if (with_starts) write_rows(rows_path(options.out, "generated"), generated.kept);
  }
  std::cout << (common.json ? evaluate::quality_json(rows) : evaluate::quality_markdown(rows)) << "\n";
  return kExitDone;
}

}  // namespace clamp::apps
