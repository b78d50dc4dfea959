// clamp-train guide
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "apps/training_options.h"
#include "core/error.h"
#include "core/seed.h"
#include "train/geometry_trainer.h"
#include "train/guide_trainer.h"

namespace clamp::apps {
namespace {

struct GuideOptions : TrainingOptions {
  std::string checkpoint;
};

/// The retrieval by noise level.
void print_levels(const std::string& model) {
  std::cout << "retrieval of noised validation crystals by their captions and back (captions permuted):\n";
  for (const auto& level : nlohmann::json::parse(training_metrics(model)).at("levels")) {
    std::cout << fmt::format(
        "  t {:.3f}  1 of {}: crystal to text {:.1f} % ({:.1f} %), text to crystal {:.1f} % ({:.1f} %)\n",
        level.at("t").get<double>(), level.at("candidates").get<int64_t>(),
        100 * level.at("crystal_to_text").get<double>(),
        100 * level.at("control_crystal_to_text").get<double>(),
        100 * level.at("text_to_crystal").get<double>(),
        100 * level.at("control_text_to_crystal").get<double>());
  }
}

int run(const GuideOptions& options, const CommonOptions& common) {
  auto run = train::read_guide_run(common.config);
  if (options.steps > 0) run.training.steps = options.steps;
  if (common.print_config) {
    std::cout << run.yaml();
    return kExitDone;
  }
  if (options.data.empty() || options.out.empty() || options.checkpoint.empty())
    fail_usage("--data, --checkpoint and --out are needed");
  const auto device = use_device(common);
  const std::string state_path = options.out + "/" + train::kGuideStateFile;
  require_resumable_or_fresh(state_path, options.resume, common.force);
  std::filesystem::create_directories(options.out);

  Logger logger(common.log_level());
  const auto encoders = encoders::ClampModel::load(options.checkpoint, device);
  run.model.dim = encoders.dim();
  const auto geometry =
      diffusion::GeometryModel::load(options.checkpoint + "/" + train::kGeometryFile, device).config();
  train::GeometryTraining sizes;
  sizes.max_atoms = run.training.max_atoms;
  sizes.captions = run.training.captions;
  auto train_set =
      train::load_geometry_sets(options.data, "train", sizes, &encoders, derive_seed(common.seed, 2));
  auto val_set =
      train::load_geometry_sets(options.data, "val", sizes, &encoders, derive_seed(common.seed, 3));
  if (val_set.size() < 2) fail("no validation structures: the datasets need a split val");
  logger.info(fmt::format("{} training and {} validation structures of at most {} atoms", train_set.size(),
                          val_set.size(), run.training.max_atoms));
  at::manual_seed(common.seed);
  train::GuideTrainer trainer(run, geometry, std::move(train_set), std::move(val_set), common.seed, device);
  if (options.resume) {
    trainer.restore_state(state_path);
    logger.info(fmt::format("resumed at step {} of {}", trainer.steps_done(), trainer.config().steps));
  }
  train::run_guide_training(trainer, options.out,
                            make_training_hooks(options.max_minutes, options.save_minutes), logger);
  const std::string model = options.out + "/" + encoders::kGuideFile;
  print_training_result(model, trainer.steps_done(), trainer.config().steps, common.json);
  if (!common.json) print_levels(model);
  return kExitDone;
}

}  // namespace

TrainCommand add_train_guide(Program& program) {
  auto options = std::make_shared<GuideOptions>();
  CLI::App& app =
      program.add_command("guide", "Trains the noise-aware crystal encoder that classifier guidance follows",
                          "clamp-train guide --data qmof.h5 --checkpoint checkpoints/mof64 --out runs/guide");
  app.add_option("--checkpoint", options->checkpoint,
                 "Folder with the encoders to agree with and the geometry model whose noise is learned");
  add_training_options(
      app, *options,
      "Dataset (.h5) with splits train and val and cached symmetry; may be given several times",
      "Folder for guide.safetensors, guide_state.safetensors and guide_metrics.jsonl");
  program.add_common(app, ConfigFile::kOwn);
  return {"guide", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
