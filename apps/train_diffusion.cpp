// clamp-train diffusion
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "apps/train_composer.h"
#include "apps/training_options.h"
#include "apps/training_processes.h"
#include "apps/training_quality.h"
#include "core/error.h"
#include "core/seed.h"
#include "train/geometry_trainer.h"

namespace clamp::apps {
namespace {

struct DiffusionOptions : TrainingOptions {
  std::string part = "geometry";
  std::string encoders, init;
};

int run_geometry(const DiffusionOptions& options, const CommonOptions& common) {
  auto run = train::read_geometry_run(common.config);
  if (options.steps > 0) run.training.steps = options.steps;
  if (common.print_config) {
    std::cout << run.yaml();
    return kExitDone;
  }
  if (options.data.empty() || options.out.empty()) fail_usage("--data and --out are needed");
  const auto launch = launched();
  const auto device = use_device_of(launch, common);
  std::filesystem::create_directories(options.out);
  const std::string state_path = options.out + "/" + train::kGeometryStateFile;
  if (options.resume && !options.init.empty())
    fail_usage("--init starts a new run and does not go with --resume");
  require_resumable_or_fresh(state_path, options.resume, common.force);

  const train::Processes processes(launch, device);
  Logger logger(log_level_of(launch, common));
  std::unique_ptr<encoders::ClampModel> encoders;
  if (!options.encoders.empty()) {
    encoders = std::make_unique<encoders::ClampModel>(encoders::ClampModel::load(options.encoders, device));
    run.model.denoiser.embedding_dim = encoders->dim();
  }
  auto train_set = train::load_geometry_sets(options.data, "train", run.training, encoders.get(),
                                             derive_seed(common.seed, 2));
  auto val_set = train::load_geometry_sets(options.data, "val", run.training, encoders.get(),
                                           derive_seed(common.seed, 3));
  logger.info(fmt::format(
      "{} training and {} validation structures of at most {} atoms; {} without an asymmetric "
      "unit left out; {}",
      train_set.size(), val_set.size(), run.training.max_atoms, train_set.left_out + val_set.left_out,
      encoders ? "conditioned on CLAMP embeddings" : "no --encoders: unconditional"));
  const std::string table = CheckpointDir{options.encoders}.geometry_table();
  const bool judged = !options.encoders.empty() && std::filesystem::exists(table) && launch.rank == 0;
  if (launch.rank == 0 && !judged && run.training.quality_structures > 0) {
    logger.info(
        "no geometry_table.json beside the encoders: samples are not judged, the last weights are kept");
  }
  const auto quality =
      judged ? make_quality_check(val_set, run.training.quality_structures, table, device, common.n_threads())
             : train::QualityCheck();
  run.model.scale = options.init.empty()
                        ? train::measure_lattice_scale(train_set)
                        : diffusion::GeometryModel::load(options.init, device).config().scale;
  at::manual_seed(common.seed);
  train::GeometryTrainer trainer(run, std::move(train_set), std::move(val_set), common.seed, device,
                                 processes);
  if (!options.init.empty()) trainer.start_from(options.init);
  if (options.resume) {
    trainer.restore_state(state_path);
    logger.info(fmt::format("resumed at step {} of {}", trainer.steps_done(), trainer.config().steps));
  }
  const auto hooks = make_training_hooks(options.max_minutes, options.save_minutes);
  train::run_geometry_training(trainer, options.out, hooks, logger, quality);
  if (processes.is_first()) {
    print_training_result(options.out + "/" + train::kGeometryFile, trainer.steps_done(),
                          trainer.config().steps, common.json);
  }
  return kExitDone;
}

int run(const DiffusionOptions& options, const CommonOptions& common) {
  if (options.part == "geometry") return run_geometry(options, common);
  if (!options.init.empty()) fail_usage("--init belongs to --part geometry");
  if (launched().rank > 0) return kExitDone;  // the first process trains the composer alone
  return train_composer(options, options.encoders, common);
}

}  // namespace

TrainCommand add_train_diffusion(Program& program) {
  auto options = std::make_shared<DiffusionOptions>();
  CLI::App& app = program.add_command(
      "diffusion", "Trains the composer (chemistries) or the geometry diffusion model",
      "clamp-train diffusion --config configs/geometry.yaml --data qmof.h5 --encoders runs/encoders --out "
      "runs/geometry");
  app.add_option("--part", options->part, "What to train")->check(CLI::IsMember({"composer", "geometry"}));
  add_training_options(
      app, *options,
      "Dataset (.h5) with splits train and val and cached symmetry; may be given several times (the composer "
      "is validated on the first)",
      "Folder for <part>.safetensors, <part>_state.safetensors and <part>_metrics.jsonl");
  app.add_option("--encoders", options->encoders,
                 "Folder with the encoders that condition the model; with geometry_table.json in it "
                 "(clamp-train library) "
                 "samples of the geometry model are judged and the best weights kept; default: none, the "
                 "composer needs them");
  app.add_option("--init", options->init, "Start from the weights of this geometry.safetensors");
  program.add_common(app, ConfigFile::kOwn);
  return {"diffusion", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
