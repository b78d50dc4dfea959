// clamp-train guide
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "core/error.h"
#include "core/seed.h"
#include "train/geometry_trainer.h"
#include "train/guide_trainer.h"

namespace clamp::apps {
namespace {

struct GuideOptions {
  std::vector<std::string> data;
  std::string checkpoint, out;
  bool resume = false;
  double max_minutes = 0;
  double save_minutes = 5;
  int64_t steps = 0;
};

/// One split of all data sets with the pair's embeddings of crystals and captions.
train::GeometrySet load_all(const GuideOptions& options, const std::string& split, const train::GuideRun& run,
                            const encoders::ClampModel& encoders, uint64_t seed) {
  train::GeometryTraining sizes;
  sizes.max_atoms = run.training.max_atoms;
  sizes.captions = run.training.captions;
  train::GeometrySet all;
  std::vector<torch::Tensor> embeddings;
  for (const auto& path : options.data) {
    auto set = train::load_geometry_set(data::Dataset::open(path), split, sizes, &encoders,
                                        derive_seed(seed, embeddings.size()));
    std::move(set.examples.begin(), set.examples.end(), std::back_inserter(all.examples));
    embeddings.push_back(set.embeddings);
    all.left_out += set.left_out;
  }
  all.embeddings = torch::cat(embeddings);
  return all;
}

void print_result(const train::GuideTrainer& trainer, const std::string& path, bool finished, bool json) {
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
                           finished ? "" : ", stopped early; --resume goes on")
            << "retrieval of noised validation crystals by their captions and back (captions permuted):\n";
  for (const auto& level : metrics.at("levels")) {
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
  const bool exists = std::filesystem::exists(state_path);
  if (options.resume && !exists) fail_usage(fmt::format("--resume: {} does not exist", state_path));
  if (!options.resume && exists && !common.force) {
    fail_usage(
        fmt::format("{} exists; pass --resume to continue that run or --force to replace it", state_path));
  }
  std::filesystem::create_directories(options.out);

  Logger logger(common.log_level());
  const auto encoders = encoders::ClampModel::load(options.checkpoint, device);
  run.model.dim = encoders.dim();
  const auto geometry =
      diffusion::GeometryModel::load(options.checkpoint + "/" + train::kGeometryFile, device).config();
  auto train_set = load_all(options, "train", run, encoders, derive_seed(common.seed, 2));
  auto val_set = load_all(options, "val", run, encoders, derive_seed(common.seed, 3));
  if (val_set.size() < 2) fail("no validation structures: the datasets need a split val");
  logger.info(fmt::format("{} training and {} validation structures of at most {} atoms", train_set.size(),
                          val_set.size(), run.training.max_atoms));
  at::manual_seed(common.seed);
  train::GuideTrainer trainer(run, geometry, std::move(train_set), std::move(val_set), common.seed, device);
  if (options.resume) {
    trainer.restore_state(state_path);
    logger.info(fmt::format("resumed at step {} of {}", trainer.steps_done(), trainer.config().steps));
  }
  const bool finished = train::run_guide_training(
      trainer, options.out, make_training_hooks(options.max_minutes, options.save_minutes), logger);
  print_result(trainer, options.out + "/" + encoders::kGuideFile, finished, common.json);
  return kExitDone;
}

}  // namespace

TrainCommand add_train_guide(Program& program) {
  auto options = std::make_shared<GuideOptions>();
  CLI::App& app =
      program.add_command("guide", "Trains the noise-aware crystal encoder that classifier guidance follows",
                          "clamp-train guide --data qmof.h5 --checkpoint checkpoints/mof64 --out runs/guide");
  app.add_option("--data", options->data,
                 "Dataset (.h5) with splits train and val and cached symmetry; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--checkpoint", options->checkpoint,
                 "Folder with the encoders to agree with and the geometry model whose noise is learned");
  app.add_option("--out", options->out,
                 "Folder for guide.safetensors, guide_state.safetensors and guide_metrics.jsonl");
  app.add_flag("--resume", options->resume, "Go on from the last saved state in the output folder");
  app.add_option("--max-minutes", options->max_minutes,
                 "Stop after this many minutes, everything saved; 0: no limit");
  app.add_option("--save-minutes", options->save_minutes,
                 "Save the state at least this often; 0: by steps only");
  app.add_option("--steps", options->steps, "Updates in all; 0: as the configuration says");
  program.add_common(app, ConfigFile::kOwn);
  return {"guide", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
