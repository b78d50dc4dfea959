#include "sampler/generate.h"

#include <fmt/format.h>
#include <Eigen/LU>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/error.h"
#include "core/parallel.h"
#include "core/seed.h"
#include "core/symmetrise.h"
#include "evaluate/lattice_reduction.h"
#include "nn/threads.h"
#include "sampler/geometry_search.h"

namespace clamp::sampler {
namespace {

constexpr uint64_t kChemistryStream = 1;
constexpr uint64_t kGeometryStream = 2;
/// Ten times the polish's: contacts alone would move the volume away from what the atoms let expect.
constexpr double kPackingVolumeWeight = 10;

/// The packing holds the volume that the polish began from.
relax::PolishConfig packing_config(const AsymmetricUnit& unpolished) {
  relax::PolishConfig config;
  config.volume_weight = kPackingVolumeWeight;
  config.target_volume = std::abs(unpolished.cell.determinant());
  return config;
}

Candidate polished_candidate(const AsymmetricUnit& unit, const AsymmetricUnit& unpolished,
                             const ComposedChemistry& composed) {
  Candidate candidate = judge(unit, composed);
  candidate.unpolished = unpolished;
  candidate.volume_ratio = std::abs(unit.cell.determinant() / unpolished.cell.determinant());
  return candidate;
}

struct Job {
  int64_t index = 0;  // over all prompts
  int64_t prompt = 0;
  int64_t k = 0;  // within the prompt
};

void require(bool good, const std::string& message) {
  if (!good) fail_usage(message);
}

std::vector<Job> jobs_of_shard(const GenerateConfig& config) {
  std::vector<Job> jobs;
  for (int64_t p = 0; p < static_cast<int64_t>(config.prompts.size()); ++p) {
    for (int64_t k = 0; k < config.n; ++k) {
      const int64_t index = p * config.n + k;
      if (index % config.n_shards == config.shard) jobs.push_back({index, p, k});
    }
  }
  return jobs;
}

/// Gives the candidate this crystal and judges it.
void check(Candidate& candidate, Crystal crystal, const ComposedChemistry& composed) {
  candidate.checks = evaluate::check_mof(crystal);
  candidate.soundness = evaluate::soundness(candidate.checks, composed.framework_dimension, crystal.volume(),
                                            composed.reference_volume);
  candidate.crystal = std::move(crystal);
}

bool usable(const AsymmetricUnit& unit) {
  const double volume = std::abs(unit.cell.determinant());
  if (!unit.cell.allFinite() || !std::isfinite(volume) || volume < 1e-3) return false;
  return std::all_of(unit.frac_coords.begin(), unit.frac_coords.end(),
                     [](const Vec3& x) { return x.allFinite(); });
}

// What the encoder says of the prompts of a run.
struct Texts {
  torch::Tensor prompts;              // [n_prompts, dim]
  torch::Tensor negative;             // [dim] or undefined
  std::vector<torch::Tensor> states;  // [tokens, width] of each prompt, undefined where not asked for
  torch::Tensor negative_states;      // the same of the negative prompt
  std::vector<NamedParts> named;      // of each prompt
};

Texts read_texts(const Pipeline& pipeline, const GenerateConfig& config) {
  Texts texts;
  // One by one: beside longer texts a prompt is padded, and rounds differently.
  std::vector<torch::Tensor> rows;
  for (const auto& prompt : config.prompts) rows.push_back(pipeline.encode_texts({prompt}));
  texts.prompts = at::cat(rows);  // [n_prompts, dim]
  if (!config.negative_prompt.empty()) texts.negative = pipeline.encode_texts({config.negative_prompt})[0];
  texts.states.resize(config.prompts.size());
  texts.named.resize(config.prompts.size());
  if (pipeline.named_parts)
    std::transform(config.prompts.begin(), config.prompts.end(), texts.named.begin(), pipeline.named_parts);
  if (!pipeline.encode_states) return texts;
  for (size_t p = 0; p < config.prompts.size(); ++p)
    texts.states[p] = pipeline.encode_states(config.prompts[p]);
  if (!config.negative_prompt.empty()) texts.negative_states = pipeline.encode_states(config.negative_prompt);
  return texts;
}

// Everything of the samples of one batch, from chemistry to the best structure.
class Batch {
 public:
  Batch(const Pipeline& pipeline, const GenerateConfig& config, const Texts& texts)
      : pipeline_(pipeline), config_(config), texts_(texts) {}

  std::vector<SampleResult> run(const std::vector<Job>& jobs) {
    results_.resize(jobs.size());
    chemistries_.resize(jobs.size());
    requests_.resize(jobs.size());
    parallel_for(jobs.size(), config_.n_threads, [&](size_t i) {
      nn::use_threads(1);
      compose(jobs[i], results_[i], chemistries_[i]);
    });
    if (config_.compose_only) return std::move(results_);
    draw(jobs);
    for (size_t i = 0; i < results_.size(); ++i) finish(results_[i], jobs[i]);
    if (config_.trajectory) {
      parallel_for(results_.size(), config_.n_threads, [&](size_t i) {
        nn::use_threads(1);
        if (results_[i].best) results_[i].trajectory = trajectory_of(results_[i], requests_[i]);
      });
    }
    return std::move(results_);
  }

 private:
  void compose(const Job& job, SampleResult& result, std::vector<ComposedChemistry>& found) const {
    ComposeRequest request;
    request.prompt = texts_.prompts[job.prompt];
    request.negative_prompt = texts_.negative;
    request.prompt_states = texts_.states[static_cast<size_t>(job.prompt)];
    request.negative_states = texts_.negative_states;
    request.constraints = config_.constraints;
    request.named = texts_.named[static_cast<size_t>(job.prompt)];
    const uint64_t seed = derive_seed(config_.seed, kChemistryStream);
    result.index = job.index;
    result.seed = config_.seed;
    result.prompt = config_.prompts[static_cast<size_t>(job.prompt)];
    DrawCounts counts;
    for (int64_t c = 0; c < n_chemistries(); ++c) {
      try {
        found.push_back(pipeline_.composer->compose(
            request, c == 0 ? seed : derive_seed(seed, static_cast<uint64_t>(c)), job.k));
        counts += found.back().counts;
      } catch (const NoChemistry& error) {
        result.reason = error.what();
        counts += error.counts;
      }
    }
    if (found.empty()) {
      result.composed.source = "none";
    } else {
      result.reason.clear();
      result.composed = found.front();
    }
    result.composed.counts = counts;
  }

  int64_t n_chemistries() const {
    return config_.compose_only ? 1 : std::min(config_.chemistries, config_.best_of);
  }

  void draw(const std::vector<Job>& jobs) {
    std::vector<GeometryRequest> requests;
    std::vector<const ComposedChemistry*> composed;
    std::vector<size_t> made;
    for (size_t i = 0; i < jobs.size(); ++i) {
      if (!results_[i].ok()) continue;
      made.push_back(i);
      const auto sample_seed =
          derive_seed(derive_seed(config_.seed, kGeometryStream), static_cast<uint64_t>(jobs[i].k));
      for (int64_t b = 0; b < config_.best_of; ++b) {
        const auto n_tried = chemistries_[i].size();
        const auto& tried = chemistries_[i][static_cast<size_t>(b) % n_tried];
        const bool first = static_cast<size_t>(b) < n_tried;  // of this chemistry; more of it start elsewhere
        composed.push_back(&tried);
        requests.push_back(
            {tried.chemistry, texts_.prompts[jobs[i].prompt],
             derive_seed(sample_seed, static_cast<uint64_t>(b)),
             config_.from_start || (first && config_.coarse_starts > 0) ? tried.start : std::nullopt});
      }
    }
    GeometrySearch search;
    search.options = config_.geometry;
    search.coarse_starts = config_.coarse_starts;
    search.polish = config_.polish;
    search.keep_starts = !config_.from_start;
    search.n_threads = config_.n_threads;
    const auto outcomes = make_geometries(*pipeline_.geometry, pipeline_.table, requests, composed, search);
    std::vector<const ComposedChemistry*> kept(results_.size(), nullptr);
    for (size_t j = 0; j < outcomes.size(); ++j) {
      const size_t i = made[j / static_cast<size_t>(config_.best_of)];
      if (keep(results_[i], kept[i], *composed[j], outcomes, j)) requests_[i] = outcomes[j].request;
    }
  }

  /// `kept`: the chemistry of result.best, null for none.
  /// @return whether outcome j is now the best
  static bool keep(SampleResult& result, const ComposedChemistry*& kept, const ComposedChemistry& composed,
                   const std::vector<GeometryOutcome>& outcomes, size_t j) {
    const GeometryOutcome& outcome = outcomes[j];
    ++result.geometries_tried;
    const Candidate* best = best_candidate(outcomes, j, j + 1);
    if (best == nullptr) {
      if (!result.best) result.reason = outcome.reason;
      return false;
    }
    result.reason.clear();
    if (result.best && !better(*best, *result.best, kept == &composed)) return false;
    kept = &composed;
    result.raw.reset();
    if (outcome.reason.empty()) result.raw = outcome.raw;
    result.best = *best;
    const auto counts = result.composed.counts;  // of all chemistries drawn for this sample
    result.composed = composed;
    result.composed.counts = counts;
    return true;
  }

  /// The denoising (of a result of the geometry model) and the polish, run again.
  std::vector<TrajectoryFrame> trajectory_of(const SampleResult& result,
                                             const GeometryRequest& request) const {
    std::vector<TrajectoryFrame> frames;
    const auto add = [&](const std::string& stage, const AsymmetricUnit& unit) {
      const bool same = !frames.empty() && frames.back().stage == stage;
      frames.push_back({stage, same ? frames.back().step + 1 : 0, expand(unit), {}});
    };
    const Candidate& best = *result.best;
    if (!best.from_search) {
      for (const auto& unit : pipeline_.geometry->trace(request, config_.geometry)) add("diffusion", unit);
    }
    if (!config_.polish) return frames;
    add("polish", best.unpolished);
    relax::PolishConfig polish;
    polish.on_frame = [&](const AsymmetricUnit& unit, double) { add("polish", unit); };
    const auto polished = relax::polish(best.unpolished, *pipeline_.table, polish);
    add("polish", polished.unit);
    if (best.relax.size() < 2) return frames;
    auto packing = packing_config(best.unpolished);
    packing.on_frame = [&](const AsymmetricUnit& unit, double) { add("packing", unit); };
    add("packing", relax::pack(polished.unit, *pipeline_.table, packing).unit);
    return frames;
  }

  void finish(SampleResult& result, const Job& job) {
    if (!result.best) return;
    judge_as_written(*result.best, result.composed);
    result.best->crystal.name = fmt::format("clamp_{}", result.index);
    result.symmetric = symmetrise(result.best->crystal, config_.symprec).cell;
    const auto embedding = pipeline_.encode_crystals({result.best->crystal});
    result.clamp_score = torch::dot(embedding[0], texts_.prompts[job.prompt]).item<double>();
  }

  const Pipeline& pipeline_;
  const GenerateConfig& config_;
  const Texts& texts_;
  std::vector<SampleResult> results_;
  std::vector<GeometryRequest> requests_;                    ///< that the kept geometries answer
  std::vector<std::vector<ComposedChemistry>> chemistries_;  ///< tried for each result, may be empty
};

}  // namespace

void validate(const GenerateConfig& config) {
  require(!config.prompts.empty(), "no prompt given; pass --prompt TEXT or --prompt-file FILE");
  require(config.n >= 1, fmt::format("-n: found {}, expected at least 1", config.n));
  require(config.coarse_starts >= 0,
          fmt::format("--coarse-starts: found {}, expected 0 or more", config.coarse_starts));
  require(config.geometry.strength >= 0 && config.geometry.strength <= 1,
          fmt::format("--strength: found {}, expected a number from 0 to 1", config.geometry.strength));
  require(config.best_of >= 1, fmt::format("--best-of: found {}, expected at least 1", config.best_of));
  require(config.chemistries >= 1,
          fmt::format("--chemistries: found {}, expected at least 1", config.chemistries));
  require(config.batch_size >= 1,
          fmt::format("--batch-size: found {}, expected at least 1", config.batch_size));
  require(config.n_shards >= 1 && config.shard >= 0 && config.shard < config.n_shards,
          fmt::format("--shard {}/{}: shards count from 0, so the last of {} is {}", config.shard,
                      config.n_shards, config.n_shards, config.n_shards - 1));
  require(!(config.trajectory && config.compose_only),
          "--trajectory: with --compose-only no structure is made");
  require(config.symprec > 0,
          fmt::format("--symprec: found {}, expected a distance above 0 A", config.symprec));
}

Candidate judge(const AsymmetricUnit& unit, const ComposedChemistry& composed) {
  Candidate candidate;
  candidate.unit = unit;
  check(candidate, expand(unit), composed);
  return candidate;
}

void judge_as_written(Candidate& candidate, const ComposedChemistry& composed) {
  check(candidate, in_reduced_cell(candidate.crystal), composed);
}

Crystal in_reduced_cell(const Crystal& crystal) {
  Crystal reduced = evaluate::reduced_cell(crystal);
  if (reduced.cell.determinant() > 0) return reduced;
  reduced.cell = -reduced.cell;
  for (Vec3& x : reduced.frac_coords) x = (-x).array() - (-x).array().floor();
  return reduced;
}

bool better(const Candidate& a, const Candidate& b, bool same_chemistry) {
  const auto rank = [&](const Candidate& c) {
    return std::make_tuple(c.volume_ratio < kLeastVolume, !c.checks.valid, !c.soundness.dimension_as_intended,
                           !c.soundness.contacts, c.checks.failures.size(),
                           same_chemistry ? c.objective : c.surprise);
  };
  return rank(a) < rank(b);
}

const GeometryOutcome* best_outcome(const std::vector<GeometryOutcome>& outcomes, size_t begin, size_t end) {
  const GeometryOutcome* best = nullptr;
  for (size_t k = begin; k < end; ++k) {
    const auto& outcome = outcomes[k];
    if (!outcome.reason.empty()) continue;
    if (best == nullptr || better(outcome.polished, best->polished)) best = &outcome;
  }
  return best;
}

const Candidate* best_candidate(const std::vector<GeometryOutcome>& outcomes, size_t begin, size_t end) {
  const GeometryOutcome* made = best_outcome(outcomes, begin, end);
  const Candidate* best = made == nullptr ? nullptr : &made->polished;
  for (size_t k = begin; k < end; ++k) {
    const auto& start = outcomes[k].start;
    if (start && (best == nullptr || better(*start, *best))) best = &*start;
  }
  return best;
}

/// The cell scaled to the volume that the composer expects, or else the elements, which the polish then
/// holds: on validation structures the elements' is nearer to the truth than the geometry model's own.
AsymmetricUnit with_expected_volume(AsymmetricUnit unit, const ComposedChemistry& composed,
                                    const relax::GeometryTable& table) {
  const double expected =
      composed.expected_volume > 0 ? composed.expected_volume : table.predicted_volume(unit.chemistry);
  const double ratio = expected / std::abs(unit.cell.determinant());
  unit.cell *= std::pow(ratio, 1.0 / 3);
  return unit;
}

GeometryOutcome finish_geometry(const AsymmetricUnit& unit, const ComposedChemistry& composed,
                                const relax::GeometryTable* table) {
  GeometryOutcome outcome;
  if (!usable(unit)) {
    outcome.reason = "the geometry model gave a cell or coordinates that are no finite numbers";
    return outcome;
  }
  if (table == nullptr) {
    outcome.polished = judge(unit, composed);
    outcome.polished.unpolished = unit;
    return outcome;
  }
  const auto unpolished = with_expected_volume(unit, composed, *table);
  const auto relaxed = relax::polish(unpolished, *table, relax::PolishConfig{});
  if (!usable(relaxed.unit)) {
    outcome.reason = "the polish ended in a cell or coordinates that are no finite numbers";
    return outcome;
  }
  Candidate& best = outcome.polished;
  best = polished_candidate(relaxed.unit, unpolished, composed);
  best.relax = {relaxed.record};
  const auto n_atoms = static_cast<double>(best.crystal.n_atoms());
  best.objective = relaxed.record.energy / n_atoms;
  if (table->packing().empty()) return outcome;
  const auto packing = packing_config(unpolished);
  best.objective = relax::packing_objective(relaxed.unit, *table, packing) / n_atoms;
  if (!best.checks.valid || !best.soundness.dimension_as_intended || !best.soundness.contacts) return outcome;
  const auto packed = relax::pack(relaxed.unit, *table, packing);
  if (!usable(packed.unit)) return outcome;
  Candidate candidate = polished_candidate(packed.unit, unpolished, composed);
  candidate.relax = {relaxed.record, packed.record};
  candidate.objective = packed.record.energy / n_atoms;
  if (better(candidate, best)) best = std::move(candidate);
  return outcome;
}

std::vector<GeometryOutcome> finish_geometries(const std::vector<AsymmetricUnit>& units,
                                               const std::vector<const ComposedChemistry*>& composed,
                                               const relax::GeometryTable* table, int n_threads) {
  TORCH_CHECK(units.size() == composed.size(), units.size(), " structures for ", composed.size(),
              " chemistries");
  std::vector<GeometryOutcome> outcomes(units.size());
  parallel_for(units.size(), n_threads,
               [&](size_t i) { outcomes[i] = finish_geometry(units[i], *composed[i], table); });
  return outcomes;
}

void generate(const Pipeline& pipeline, const GenerateConfig& config,
              const std::function<void(const SampleResult&)>& on_result, const std::function<bool()>& stop) {
  validate(config);
  TORCH_CHECK(pipeline.composer != nullptr, "generate() needs a composer");
  TORCH_CHECK(config.compose_only || pipeline.geometry != nullptr, "generate() needs a geometry sampler");
  TORCH_CHECK(
      config.compose_only || !(config.polish || config.coarse_starts > 0) || pipeline.table != nullptr,
      "the polish needs its table");
  const auto texts = read_texts(pipeline, config);
  const auto jobs = jobs_of_shard(config);
  const auto samples = static_cast<size_t>(std::max<int64_t>(1, config.batch_size / config.best_of));
  for (size_t begin = 0; begin < jobs.size() && !stop(); begin += samples) {
    const auto end = std::min(jobs.size(), begin + samples);
    const std::vector<Job> chunk(jobs.begin() + static_cast<std::ptrdiff_t>(begin),
                                 jobs.begin() + static_cast<std::ptrdiff_t>(end));
    for (const auto& result : Batch(pipeline, config, texts).run(chunk)) on_result(result);
  }
}

}  // namespace clamp::sampler
