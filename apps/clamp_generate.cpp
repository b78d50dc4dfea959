// clamp-generate: prompt in, metal-organic frameworks out.
#include <fmt/format.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/cli_torch.h"
#include "apps/generate_options.h"
#include "apps/generate_output.h"
#include "apps/init_composer.h"
#include "apps/pipeline.h"
#include "sampler/novelty.h"
#include "sampler/relax_sample.h"
#include "sampler/result_json.h"

namespace clamp::apps {
namespace {

constexpr const char* kNearest = "nearest";   // of --init
constexpr double kNearestTemperature = 1e-9;  // of the library: the order of the similarities alone

struct Tally {
  int64_t asked = 0;
  int64_t done = 0;
  int64_t ok = 0;
  int64_t valid = 0;
  int64_t sound = 0;
  int64_t draws = 0;  ///< of chemistries
  int64_t novel = 0;  ///< chemistries

  void count(const sampler::SampleResult& result) {
    ++done;
    ok += result.ok() ? 1 : 0;
    valid += result.best && result.best->checks.valid ? 1 : 0;
    sound += result.best && result.best->soundness.sound ? 1 : 0;
    draws += result.composed.counts.draws;
    novel += result.composed.novel ? 1 : 0;
  }
};

std::string indented(const std::string& text) {
  std::string result;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    result += "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return result;
}

std::string run_yaml(const Program& program, const CheckpointDir& checkpoint, const CommonOptions& common) {
  std::string text = fmt::format("program: clamp-generate\nversions:\n{}", indented(program.versions_yaml()));
  text += fmt::format("threads: {}\ncheckpoint:\n  path: {}\n  sha256:\n", common.n_threads(),
                      yaml_scalar(checkpoint.path));
  for (const auto& [name, digest] : digests(checkpoint)) text += fmt::format("    {}: {}\n", name, digest);
  return text + "options:\n" + indented(program.resolved_config());
}

int64_t asked_of_shard(const sampler::GenerateConfig& config) {
  const int64_t total = config.n * static_cast<int64_t>(config.prompts.size());
  return (total - config.shard + config.n_shards - 1) / config.n_shards;
}

/// The training structures of the checkpoint, where it has them and there are geometries to compare.
std::optional<sampler::KnownStructures> load_known(const CheckpointDir& checkpoint, bool not_needed) {
  const auto path = checkpoint.path + "/" + sampler::kKnownStructuresFile;
  if (not_needed || !std::filesystem::exists(path)) return {};
  return sampler::KnownStructures::load(path);
}

void print_json(const GenerateOutput& output, const Tally& tally, const std::string& folder) {
  auto results = nlohmann::ordered_json::array();
  for (const auto& line : output.lines()) results.push_back(nlohmann::ordered_json::parse(line));
  const nlohmann::ordered_json document = {{"schema_version", sampler::kResultSchema},
                                           {"out", folder},
                                           {"asked", tally.asked},
                                           {"ok", tally.ok},
                                           {"valid", tally.valid},
                                           {"sound", tally.sound},
                                           {"draws", tally.draws},
                                           {"novel_chemistries", tally.novel},
                                           {"results", results}};
  std::cout << document.dump(1) << "\n";
}

int body(int argc, const char* const* argv) {
  Program program(
      "clamp-generate", "Makes metal-organic frameworks from a description in words.",
      "clamp-generate --prompt \"zinc framework with terephthalate linkers\" -n 8 --out generated");
  add_torch_version(program);
  GenerateOptions options;
  add_generate_options(program, options);
  program.parse(argc, argv);
  const auto& common = program.common;
  auto config = generate_config(options, common);
  const auto potential = generate_potential(options);
  const char* const environment = std::getenv("CLAMP_CHECKPOINT");
  const auto checkpoint = find_checkpoint(options.checkpoint, environment == nullptr ? "" : environment);
  const auto device = use_device(common);
  Logger logger(common.log_level());
  LoadOptions load;
  load.geometry = !config.compose_only;
  load.guide = load.geometry && config.geometry.classifier_scale != 0;
  load.composer = options.init.empty()       ? composer_kind(options.composer.kind, checkpoint)
                  : options.init == kNearest ? ComposerKind::kLibrary
                                             : ComposerKind::kNone;
  const bool draws = load.composer == ComposerKind::kModel;
  load.table = !config.compose_only || draws;
  config.chemistries = options.chemistries > 0 ? options.chemistries : draws ? config.best_of : 1;
  if (config.from_start) config.chemistries = 1;
  load.composing = options.composer;
  load.n_threads = config.n_threads;
  if (options.init == kNearest) load.composing.temperature = kNearestTemperature;
  auto model = load_model(checkpoint, load, device);
  const auto known = load_known(checkpoint, config.compose_only && options.init != kNearest);
  if (options.init == kNearest) {
    if (!known)
      fail(fmt::format("--init nearest: {} has no {}", checkpoint.path, sampler::kKnownStructuresFile));
    model.composer = std::make_unique<NearestComposer>(std::move(model.composer), *known);
  } else if (!options.init.empty()) {
    model.composer = std::make_unique<FileComposer>(std::vector<std::string>{options.init});
  }
  sampler::RelaxSampleConfig relax_config;
  relax_config.stage = options.relax == "uff" ? "uff" : "potential";
  relax_config.symprec = config.symprec;
  relax_config.stop = [] { return interrupted(); };
  sampler::NoveltyJudge judge(known ? &*known : nullptr, config.n_shards == 1);
  GenerateOutput output(options.out, config.symprec, common.force);

  Tally tally;
  tally.asked = asked_of_shard(config);
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress(logger, "generating", tally.asked, "structures");
    if (!common.json) std::cout << table_header(config.compose_only) << std::endl;
    sampler::generate(
        model.pipeline(), config,
        [&](const sampler::SampleResult& made) {
          sampler::SampleResult result = made;
          if (potential) sampler::relax_sample(result, *potential, model.pipeline(), relax_config);
          std::optional<sampler::Novelty> novelty;
          if (result.best) novelty = judge.judge(result.best->crystal, result.index);
          output.add(result, novelty);
          tally.count(result);
          progress.update(tally.done);
          if (!common.json) std::cout << table_row(result) << std::endl;
        },
        [] { return interrupted(); });
    progress.finish();
  }
  output.finish(run_yaml(program, checkpoint, common), tally.asked);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (common.json) print_json(output, tally, options.out);
  if (tally.draws > 0) {
    logger.info(fmt::format("{} chemistries drawn for {} structures, {} of these not in the training data",
                            tally.draws, tally.done, tally.novel));
  }
  logger.info(fmt::format("{} of {} structures in {:.1f} s: {} valid, {} sound; see {}/report.html", tally.ok,
                          tally.asked, seconds, tally.valid, tally.sound, options.out));
  return tally.ok < tally.asked ? kExitFewer : kExitDone;
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
