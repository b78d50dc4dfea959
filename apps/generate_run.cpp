#include "apps/generate_run.h"

#include <fmt/format.h>

#include <filesystem>

#include "apps/init_composer.h"
#include "core/error.h"
#include "sampler/relax_sample.h"

namespace clamp::apps {
namespace {

constexpr double kNearestTemperature = 1e-9;  // of the library: the order of the similarities alone

LoadOptions load_options(const GenerateOptions& options, const sampler::GenerateConfig& config,
                         const CheckpointDir& checkpoint) {
  LoadOptions load;
  load.geometry = !config.compose_only;
  load.guide = load.geometry && config.geometry.classifier_scale != 0;
  load.composer = ComposerKind::kNone;
  if (options.init.empty()) load.composer = composer_kind(options.composer.kind, checkpoint);
  if (options.init == kNearest) load.composer = ComposerKind::kLibrary;
  load.table = !config.compose_only || load.composer == ComposerKind::kModel;
  load.composing = options.composer;
  if (options.init == kNearest) load.composing.temperature = kNearestTemperature;
  load.n_threads = config.n_threads;
  return load;
}

/// The training structures of the checkpoint, where it has them.
std::optional<sampler::KnownStructures> load_known(const CheckpointDir& checkpoint) {
  const auto path = checkpoint.path + "/" + sampler::kKnownStructuresFile;
  if (!std::filesystem::exists(path)) return {};
  return sampler::KnownStructures::load(path);
}

}  // namespace

GenerateRun::GenerateRun(const GenerateOptions& options, sampler::GenerateConfig config,
                         const relax::PotentialFactory* potential, const CheckpointDir& checkpoint,
                         torch::Device device)
    : config_(std::move(config)),
      relax_stage_(options.relax == "uff" ? "uff" : "potential"),
      potential_(potential),
      model_(load_model(checkpoint, load_options(options, config_, checkpoint), device)) {
  const bool draws = model_.composer_reads_states;
  config_.chemistries = options.chemistries > 0 ? options.chemistries : draws ? config_.best_of : 1;
  if (config_.from_start) config_.chemistries = 1;
  if (!config_.compose_only || options.init == kNearest) known_ = load_known(checkpoint);
  if (options.init == kNearest) {
    if (!known_)
      fail(fmt::format("--init nearest: {} has no {}", checkpoint.path, sampler::kKnownStructuresFile));
    model_.composer = std::make_unique<NearestComposer>(std::move(model_.composer), *known_);
  } else if (!options.init.empty()) {
    model_.composer = std::make_unique<FileComposer>(options.init);
  }
}

void GenerateRun::run(const OnResult& on_result) const {
  sampler::RelaxSampleConfig relaxing;
  relaxing.stage = relax_stage_;
  relaxing.symprec = config_.symprec;
  relaxing.trajectory = config_.trajectory;
  relaxing.stop = [] { return interrupted(); };
  sampler::NoveltyJudge judge(known_ ? &*known_ : nullptr, config_.n_shards == 1);
  const auto pipeline = model_.pipeline();
  sampler::generate(
      pipeline, config_,
      [&](const sampler::SampleResult& made) {
        sampler::SampleResult result = made;
        if (potential_ != nullptr) sampler::relax_sample(result, *potential_, pipeline, relaxing);
        std::optional<sampler::Novelty> novelty;
        if (result.best) novelty = judge.judge(result.best->crystal, result.index);
        on_result(result, novelty);
      },
      [] { return interrupted(); });
}

std::string run_yaml(const Program& program, const std::string& name, const CheckpointDir& checkpoint) {
  std::string text = fmt::format(
      "program: {}\nversions:\n{}threads: {}\ncheckpoint:\n  path: {}\n  sha256:\n", name,
      indented(program.versions_yaml()), program.common.n_threads(), yaml_scalar(checkpoint.path));
  for (const auto& [file, digest] : digests(checkpoint)) text += fmt::format("    {}: {}\n", file, digest);
  return text + "options:\n" + indented(program.resolved_config());
}

}  // namespace clamp::apps
