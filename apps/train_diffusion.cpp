// clamp-train diffusion
#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "apps/train_composer.h"
#include "apps/training_processes.h"
#include "core/error.h"
#include "core/seed.h"
#include "train/geometry_trainer.h"

namespace clamp::apps {
namespace {

struct DiffusionOptions {
  std::string part = "geometry";
  std::vector<std::string> data;
  std::string out, encoders, init;
  bool resume = false;
  double max_minutes = 0;
  double save_minutes = 5;
  int64_t steps = 0;
};

void require_fresh(const std::string& state_path, const DiffusionOptions& options, bool force) {
  const bool exists = std::filesystem::exists(state_path);
  if (options.resume && !exists) fail_usage(fmt::format("--resume: {} does not exist", state_path));
  if (options.resume && !options.init.empty())
    fail_usage("--init starts a new run and does not go with --resume");
  if (!options.resume && exists && !force) {
    fail_usage(
        fmt::format("{} exists; pass --resume to continue that run or --force to replace it", state_path));
  }
}

void print_result(const train::GeometryTrainer& trainer, const std::string& path, bool finished, bool json) {
  const auto metrics = nlohmann::json::parse(nn::load_metadata(path).at("metrics"));
  if (json) {
    std::cout << nlohmann::json{{"schema_version", 1},
                                {"checkpoint", path},
                                {"step", trainer.steps_done()},
                                {"finished", finished},
                                {"metrics", metrics}}
                     .dump(2)
              << "\n";
    return;
  }
  std::cout << fmt::format("{}: step {} of {}{}\n", path, trainer.steps_done(), trainer.config().steps,
                           finished ? "" : ", stopped early; --resume goes on");
  for (const auto& [key, value] : metrics.items()) std::cout << fmt::format("  {}: {}\n", key, value.dump());
}

/// One split of all data sets, one after the other.
train::GeometrySet load_all(const std::vector<std::string>& paths, const std::string& split,
                            const train::GeometryTraining& config, const encoders::ClampModel* encoders,
                            uint64_t seed) {
  train::GeometrySet all;
  std::vector<torch::Tensor> embeddings;
  for (size_t k = 0; k < paths.size(); ++k) {
    auto set = train::load_geometry_set(data::Dataset::open(paths[k]), split, config, encoders,
                                        k == 0 ? seed : derive_seed(seed, k));
    std::move(set.examples.begin(), set.examples.end(), std::back_inserter(all.examples));
    if (set.embeddings.defined()) embeddings.push_back(set.embeddings);
    all.left_out += set.left_out;
  }
  if (!embeddings.empty()) all.embeddings = torch::cat(embeddings);
  return all;
}

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
  require_fresh(state_path, options, common.force);

  const train::Processes processes(launch, device);
  Logger logger(log_level_of(launch, common));
  std::unique_ptr<encoders::ClampModel> encoders;
  if (!options.encoders.empty()) {
    encoders = std::make_unique<encoders::ClampModel>(encoders::ClampModel::load(options.encoders, device));
    run.model.denoiser.embedding_dim = encoders->dim();
  }
  auto train_set = load_all(options.data, "train", run.training, encoders.get(), derive_seed(common.seed, 2));
  auto val_set = load_all(options.data, "val", run.training, encoders.get(), derive_seed(common.seed, 3));
  logger.info(fmt::format(
      "{} training and {} validation structures of at most {} atoms; {} without an asymmetric "
      "unit left out; {}",
      train_set.size(), val_set.size(), run.training.max_atoms, train_set.left_out + val_set.left_out,
      encoders ? "conditioned on CLAMP embeddings" : "no --encoders: unconditional"));
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
  const bool finished = train::run_geometry_training(trainer, options.out, hooks, logger);
  if (processes.is_first())
    print_result(trainer, options.out + "/" + train::kGeometryFile, finished, common.json);
  return kExitDone;
}

int run(const DiffusionOptions& options, const CommonOptions& common) {
  if (options.part == "geometry") return run_geometry(options, common);
  if (!options.init.empty()) fail_usage("--init belongs to --part geometry");
  if (launched().rank > 0) return kExitDone;  // the first process trains the composer alone
  ComposerTrainOptions composer;
  composer.data = options.data;
  composer.out = options.out;
  composer.encoders = options.encoders;
  composer.resume = options.resume;
  composer.max_minutes = options.max_minutes;
  composer.save_minutes = options.save_minutes;
  composer.steps = options.steps;
  return train_composer(composer, common);
}

}  // namespace

TrainCommand add_train_diffusion(Program& program) {
  auto options = std::make_shared<DiffusionOptions>();
  CLI::App& app = program.add_command(
      "diffusion", "Trains the composer (chemistries) or the geometry diffusion model",
      "clamp-train diffusion --config configs/geometry.yaml --data qmof.h5 --encoders runs/encoders --out "
      "runs/geometry");
  app.add_option("--part", options->part, "What to train")->check(CLI::IsMember({"composer", "geometry"}));
  app.add_option(
         "--data", options->data,
         "Dataset (.h5) with splits train and val and cached symmetry; may be given several times (the "
         "composer is validated on the first)")
      ->allow_extra_args(false);
  app.add_option("--out", options->out,
                 "Folder for <part>.safetensors, <part>_state.safetensors and <part>_metrics.jsonl");
  app.add_option("--encoders", options->encoders,
                 "Folder with the encoders that condition the model; default: none, the composer needs them");
  app.add_option("--init", options->init, "Start from the weights of this geometry.safetensors");
  app.add_flag("--resume", options->resume, "Go on from the last saved state in the output folder");
  app.add_option("--max-minutes", options->max_minutes,
                 "Stop after this many minutes, everything saved; 0: no limit");
  app.add_option("--save-minutes", options->save_minutes,
                 "Save the state at least this often; 0: by steps only");
  app.add_option("--steps", options->steps, "Updates in all; 0: as the configuration says");
  program.add_common(app, ConfigFile::kOwn);
  return {"diffusion", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
