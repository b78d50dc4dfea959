// clamp-evaluate --compose: does a composer give what the words ask for?
//
// Prompts are captions of real structures that name a metal. Each is composed several times; the same
// chemistries are then judged against the prompts of other structures (the control). Shares have Wilson 95 %
// intervals.
#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <iostream>
#include <limits>
#include <nlohmann/json.hpp>

#include "apps/cli_torch.h"
#include "apps/compose_prompts.h"
#include "apps/compose_report.h"
#include "apps/evaluate_commands.h"
#include "apps/pipeline.h"
#include "core/error.h"
#include "core/seed.h"
#include "evaluate/quality.h"
#include "sampler/composer_checks.h"
#include "sampler/geometry_search.h"
#include "sampler/result_json.h"

namespace clamp::apps {
namespace {

constexpr uint64_t kGeometryStream = 2;
constexpr size_t kChunk = 16;        // chemistries whose geometries are made together
constexpr int64_t kAtomsAround = 8;  // of the real structure, in the demand for a number of atoms
constexpr double kVolumeError = 0.15;

int real_dimension(const AsymmetricUnit& unit) {
  return framework_dimension(sampler::atomic_numbers_of(unit.chemistry), expand_bonds(unit));
}

/// A demand taken from a real structure, and whether a chemistry meets it, by its bond graph.
struct Trial {
  std::string name;
  sampler::Constraints constraints;
  std::function<bool(const ComposeOutcome&, const sampler::ComposedChemistry&)> met;
};

std::vector<Trial> trials_of(const ComposePrompt& prompt) {
  const auto real = judge_chemistry(prompt.unit.chemistry, real_dimension(prompt.unit));
  const auto has = [](const std::map<int, double>& elements, int z) { return elements.count(z) > 0; };
  std::vector<Trial> trials;
  Trial elements{"elements", {}, [=](const ComposeOutcome& o, const auto&) {
                   return std::all_of(o.elements.begin(), o.elements.end(),
                                      [&](const auto& entry) { return has(real.elements, entry.first); });
                 }};
  Trial required{"required elements", {}, [=](const ComposeOutcome& o, const auto&) {
                   return std::all_of(real.elements.begin(), real.elements.end(),
                                      [&](const auto& entry) { return has(o.elements, entry.first); });
                 }};
  for (const auto& entry : real.elements) {
    elements.constraints.allowed_elements.push_back(entry.first);
    required.constraints.required_elements.push_back(entry.first);
  }
  Trial atoms{"number of atoms", {}, [=](const ComposeOutcome& o, const auto&) {
                return std::abs(o.n_atoms - real.n_atoms) <= kAtomsAround;
              }};
  atoms.constraints.atoms =
      sampler::AtomRange{std::max<int64_t>(1, real.n_atoms - kAtomsAround), real.n_atoms + kAtomsAround};
  Trial group{"space group", {}, [=](const ComposeOutcome& o, const auto&) {
                return o.space_group == real.space_group;
              }};
  group.constraints.space_group = real.space_group;
  const int wanted = real_dimension(prompt.unit);
  Trial dimension{"framework dimension", {}, [=](const ComposeOutcome&, const auto& composed) {
                    return composed.framework_dimension == wanted;
                  }};
  dimension.constraints.framework_dimension = wanted;
  trials = {elements, required, atoms, group, dimension};
  for (const auto& smiles : prompt.linkers) {
    Trial linker{
        "linker", {}, [=](const ComposeOutcome& o, const auto&) { return o.molecules.count(smiles) > 0; }};
    linker.constraints.linkers = {smiles};
    trials.push_back(std::move(linker));
  }
  return trials;
}

nlohmann::ordered_json share_json(int64_t met, int64_t asked) {
  const auto share = evaluate::wilson_share(met, asked);
  return {{"count", share.count},
          {"total", share.total},
          {"value", share.value},
          {"low", share.low},
          {"high", share.high}};
}

class Evaluation {
 public:
  Evaluation(const EvaluateOptions& options, const CommonOptions& common)
      : options_(options), common_(common), logger_(common.log_level()) {
    const auto checkpoint = find_checkpoint(options.checkpoint);
    const auto dataset = data::Dataset::open(options.compose);
    LoadOptions load;
    load.composer = composer_kind(options.composer.kind, checkpoint);
    composer_name_ = load.composer == ComposerKind::kModel ? "model" : "library";
    load.geometry = options.geometries > 0;
    load.composing = options.composer;
    load.n_threads = common.n_threads();
    model_ = std::make_unique<LoadedModel>(load_model(checkpoint, load, use_device(common)));
    prompts_ = make_compose_prompts(dataset, options.split, options.max_atoms, options.n, common.seed,
                                    [&](const std::string& text) { return model_->clamp.accepts(text); });
    std::vector<std::string> texts;
    for (const auto& prompt : prompts_) texts.push_back(prompt.text);
    embeddings_ = model_->clamp.encode_texts(texts);
    for (const auto index : dataset.indices(options.split, options.max_atoms)) {
      if (const auto unit = dataset.asymmetric_unit(index))
        real_.push_back(judge_chemistry(unit->chemistry, real_dimension(*unit)));
    }
  }

  int run() {
    compose();
    count_volumes();
    if (options_.demands > 0) try_demands();
    if (options_.geometries > 0) make_geometries();
    if (interrupted()) return kExitInterrupted;
    report();
    return kExitDone;
  }

 private:
  sampler::ComposeRequest request(size_t p) const {
    sampler::ComposeRequest request;
    request.prompt = embeddings_[static_cast<int64_t>(p)];
    if (model_->composer_reads_states)
      request.prompt_states = model_->clamp.encode_text_states({prompts_[p].text}).states[0];
    request.named = model_->named_parts(prompts_[p].text);
    return request;
  }

  void compose() {
    Progress progress(logger_, "composing", static_cast<int64_t>(prompts_.size()), "prompts");
    for (size_t p = 0; p < prompts_.size() && !interrupted(); ++p) {
      const auto asked = request(p);
      for (int64_t k = 0; k < options_.repeats; ++k) {
        const auto start = std::chrono::steady_clock::now();
        ComposeOutcome outcome;
        try {
          auto composed = model_->composer->compose(asked, common_.seed, k);
          outcome = judge_chemistry(composed.chemistry, composed.framework_dimension);
          outcome.novel = composed.novel;
          outcome.counts = composed.counts;
          if (k == 0) first_.push_back({p, std::move(composed)});
        } catch (const sampler::NoChemistry& error) {
          outcome.counts = error.counts;
          logger_.warn(fmt::format("{}: {}", prompts_[p].id, error.what()));
        }
        seconds_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
        count(p, outcome);
        if (outcome.made) composed_.push_back(std::move(outcome));
      }
      progress.update(static_cast<int64_t>(p) + 1);
    }
    progress.finish();
    for (const auto& outcome : real_) shares_.add("real chemistries: graph checks", outcome.passed);
  }

  /// Å^3 of the real structure of prompt `p`, by its atoms and what prompt `words` says of volumes.
  double expected_volume(size_t p, size_t words) const {
    const double by_atoms = model_->table->predicted_volume(prompts_[p].unit.chemistry);
    if (!model_->prompt_volume) return by_atoms;
    return by_atoms * model_->prompt_volume->factor(embeddings_[static_cast<int64_t>(words)]);
  }

  void count_volumes() {
    if (!model_->prompt_volume) return;
    for (size_t p = 0; p < prompts_.size(); ++p) {
      const auto& unit = prompts_[p].unit;
      const double real = std::abs(unit.cell.determinant());
      const auto add = [&](const std::string& by, double volume) {
        shares_.add("volume of the real structure within 15 %, by " + by,
                    std::abs(volume / real - 1) <= kVolumeError);
      };
      add("atoms", model_->table->predicted_volume(unit.chemistry));
      add("atoms and prompt", expected_volume(p, p));
      add("atoms and another prompt", expected_volume(p, (p + prompts_.size() / 2) % prompts_.size()));
    }
  }

  void count(size_t p, const ComposeOutcome& outcome) {
    draws_.draws += outcome.counts.draws;
    draws_.dead_ends += outcome.counts.dead_ends;
    for (const auto& [name, failed] : outcome.counts.failed) draws_.failed[name] += failed;
    // Classifier guidance draws several each time.
    if (options_.composer.classifier == 0)
      shares_.add("graph checks at first draw", outcome.made && outcome.passed && outcome.counts.draws <= 1);
    shares_.add("graph checks after redrawing", outcome.made && outcome.passed);
    shares_.add("composition not in training data", outcome.made && outcome.novel);
    add_adherence(prompts_[p], outcome, "requested", shares_);
    const auto& other = prompts_[(p + prompts_.size() / 2) % prompts_.size()];
    add_adherence(other, outcome, "control, other prompt:", shares_);
  }

  void try_demands() {
    const auto n = std::min(prompts_.size(), static_cast<size_t>(options_.demands));
    Progress progress(logger_, "demands", static_cast<int64_t>(n), "prompts");
    for (size_t p = 0; p < n && !interrupted(); ++p) {
      for (const auto& trial : trials_of(prompts_[p])) {
        auto asked = request(p);
        asked.constraints = trial.constraints;
        try {
          const auto composed = model_->composer->compose(asked, common_.seed, 0);
          const auto outcome = judge_chemistry(composed.chemistry, composed.framework_dimension);
          shares_.add("demand made: " + trial.name, true);
          shares_.add("demand met where made: " + trial.name, outcome.passed && trial.met(outcome, composed));
        } catch (const Error& error) {
          shares_.add("demand made: " + trial.name, false);
          logger_.info(fmt::format("{}, {}: {}", prompts_[p].id, trial.name, error.what()));
        }
      }
      progress.update(static_cast<int64_t>(p) + 1);
    }
    progress.finish();
  }

  // Geometries of composed chemistries and of the prompts' real ones, both judged by the predicted volume.
  void make_geometries() {
    const auto n = std::min(first_.size(), static_cast<size_t>(options_.geometries));
    std::vector<evaluate::QualityInput> given, composed;
    Progress progress(logger_, "geometries", static_cast<int64_t>(n), "pairs");
    for (size_t begin = 0; begin < n && !interrupted(); begin += kChunk) {
      const auto end = std::min(n, begin + kChunk);
      std::vector<sampler::ComposedChemistry> real(end - begin);
      std::vector<const sampler::ComposedChemistry*> real_pointers, pointers;
      std::vector<size_t> prompts;
      for (size_t k = begin; k < end; ++k) {
        const auto& unit = prompts_[first_[k].first].unit;
        auto& one = real[k - begin];
        one.chemistry = unit.chemistry;
        one.framework_dimension = real_dimension(unit);
        one.expected_volume = one.reference_volume = expected_volume(first_[k].first, first_[k].first);
        real_pointers.push_back(&one);
        pointers.push_back(&first_[k].second);
        prompts.push_back(first_[k].first);
      }
      append(real_pointers, prompts, given);
      append(pointers, prompts, composed);
      progress.update(static_cast<int64_t>(end));
    }
    progress.finish();
    quality_ = {evaluate::quality_row("real chemistry given", given),
                evaluate::quality_row("composed", composed)};
  }

  void append(const std::vector<const sampler::ComposedChemistry*>& chemistries,
              const std::vector<size_t>& prompts, std::vector<evaluate::QualityInput>& inputs) {
    const auto tries = static_cast<size_t>(options_.best_of);
    std::vector<sampler::GeometryRequest> requests;
    std::vector<const sampler::ComposedChemistry*> each;
    for (size_t k = 0; k < chemistries.size(); ++k) {
      for (size_t t = 0; t < tries; ++t) {
        const auto seed = derive_seed(derive_seed(derive_seed(common_.seed, kGeometryStream), prompts[k]), t);
        requests.push_back({chemistries[k]->chemistry, embeddings_[static_cast<int64_t>(prompts[k])], seed,
                            t == 0 && options_.coarse_starts > 0 ? chemistries[k]->start : std::nullopt});
        each.push_back(chemistries[k]);
      }
    }
    sampler::GeometrySearch search;
    search.options.guidance_scale = options_.guidance_scale;
    search.options.steps = options_.steps;
    search.options.strength = options_.strength;
    search.coarse_starts = options_.coarse_starts;
    search.n_threads = common_.n_threads();
    const auto outcomes =
        sampler::make_geometries(*model_->geometry, model_->table.get(), requests, each, search);
    for (size_t k = 0; k < chemistries.size(); ++k) {
      const auto* best = sampler::best_candidate(outcomes, k * tries, (k + 1) * tries);
      evaluate::QualityInput input;
      // A result that is no structure is one without atoms: it passes no check.
      if (best != nullptr) input.crystal = best->crystal;
      input.intended_dimension = chemistries[k]->framework_dimension;
      input.reference_volume = chemistries[k]->reference_volume;
      inputs.push_back(std::move(input));
    }
  }

  void report() const {
    const auto distances = compose_distances(composed_, real_);
    const auto n = static_cast<double>(prompts_.size()) * static_cast<double>(options_.repeats);
    if (common_.json) {
      nlohmann::ordered_json json = {{"schema_version", 1},           {"composer", composer_name_},
                                     {"prompts", prompts_.size()},    {"repeats", options_.repeats},
                                     {"seconds_each", seconds_ / n},  {"draws", draws_.draws},
                                     {"dead_ends", draws_.dead_ends}, {"failed_draws", draws_.failed}};
      for (const auto& [name, c] : shares_.counts()) json["shares"][name] = share_json(c.first, c.second);
      for (const auto& d : distances) {
        json["distances"][d.name] = {{"unit", d.unit.empty() ? "total variation" : d.unit},
                                     {"distance", d.distance},
                                     {"control", d.control}};
      }
      if (!quality_.empty())
        json["quality"] = nlohmann::ordered_json::parse(evaluate::quality_json(quality_));
      std::cout << json.dump(2) << "\n";
      return;
    }
    std::cout << fmt::format(
        "composer {}, {} prompts x {}, {:.3f} s each\n\n| | share (95 % interval) | of |\n"
        "|---|---|---|\n",
        composer_name_, prompts_.size(), options_.repeats, seconds_ / n);
    for (const auto& [name, c] : shares_.counts()) {
      const auto share = evaluate::wilson_share(c.first, c.second);
      std::cout << fmt::format("| {} | {:.1f} % ({:.1f}-{:.1f}) | {} |\n", name, 100 * share.value,
                               100 * share.low, 100 * share.high, share.total);
    }
    std::cout << fmt::format("\n{} draws, {} without a way on", draws_.draws, draws_.dead_ends);
    for (const auto& [name, failed] : draws_.failed) std::cout << fmt::format(", {}: {}", name, failed);
    std::cout << "\n\n| distance from the real ones | composed | half of the real ones from the other |\n"
                 "|---|---|---|\n";
    for (const auto& d : distances) {
      std::cout << fmt::format("| {}, {} | {:.3f} | {:.3f} |\n", d.name,
                               d.unit.empty() ? "total variation" : d.unit, d.distance, d.control);
    }
    if (!quality_.empty()) std::cout << "\n" << evaluate::quality_markdown(quality_) << "\n";
  }

  const EvaluateOptions& options_;
  const CommonOptions& common_;
  Logger logger_;
  std::string composer_name_;
  std::unique_ptr<LoadedModel> model_;
  std::vector<ComposePrompt> prompts_;
  torch::Tensor embeddings_;  // [n_prompts, dim]
  std::vector<ComposeOutcome> composed_, real_;
  std::vector<std::pair<size_t, sampler::ComposedChemistry>> first_;  // prompt, its first chemistry
  std::vector<evaluate::QualityRow> quality_;
  Shares shares_;
  double seconds_ = 0;
  sampler::DrawCounts draws_;
};

}  // namespace

int evaluate_compose(const EvaluateOptions& options, const CommonOptions& common) {
  return Evaluation(options, common).run();
}

}  // namespace clamp::apps
