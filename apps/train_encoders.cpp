// clamp-train encoders
#include <ATen/Context.h>
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>

#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "apps/training_options.h"
#include "apps/training_processes.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/encoder_file.h"
#include "encoders/text_import.h"
#include "train/encoder_trainer.h"

namespace clamp::apps {
namespace {

struct EncoderOptions : TrainingOptions {
  std::string tokenizer, text, init, graphs;
};

/// The tokenizer beside the checkpoint; one given by --tokenizer, --text or --init is copied there first.
std::unique_ptr<encoders::Tokenizer> place_tokenizer(const EncoderOptions& options) {
  const std::string given = !options.text.empty()   ? encoders::tokenizer_file(options.text)
                            : !options.init.empty() ? encoders::tokenizer_file(options.init)
                                                    : options.tokenizer;
  if (!given.empty()) {
    const bool json = std::filesystem::path(given).extension() == ".json";
    write_file_atomically(
        json ? encoders::tokenizer_json_file(options.out) : encoders::sentencepiece_model_file(options.out),
        read_file(given));
  }
  const std::string path = encoders::tokenizer_file(options.out);
  if (!std::filesystem::exists(path)) {
    fail_usage(
        fmt::format("{}: no tokenizer; make one with clamp-train tokenizer --out {} or pass --tokenizer FILE",
                    path, options.out));
  }
  return encoders::load_tokenizer(path);
}

/// One split of all data sets, one after the other.
train::PairSet load_all(const EncoderOptions& options, const std::string& split, const train::EncoderRun& run,
                        bool first, Logger& logger) {
  train::PairSet all;
  if (!options.graphs.empty()) std::filesystem::create_directories(options.graphs);
  for (const auto& path : options.data) {
    const auto dataset = data::Dataset::open(path);
    const auto stem = std::filesystem::path(path).stem().string();
    std::string cache =
        options.graphs.empty() ? "" : fmt::format("{}/{}_{}.safetensors", options.graphs, stem, split);
    // One process writes the graphs.
    if (!first && !std::filesystem::exists(cache)) cache.clear();
    train::append(all, train::load_pairs(dataset, split, run.training.max_atoms,
                                         run.pair->crystal().neighbors(), cache, logger));
  }
  return all;
}

int run(const EncoderOptions& options, const CommonOptions& common) {
  if (common.print_config && options.out.empty()) {
    std::cout << train::read_encoder_run(common.config, encoders::EncoderShape{}.vocabulary).yaml();
    return kExitDone;
  }
  if (options.data.empty() || options.out.empty()) fail_usage("--data and --out are needed");
  if (!options.text.empty() + !options.init.empty() + !options.tokenizer.empty() > 1) {
    fail_usage("--text and --init bring their own tokenizer: give one of --text, --init and --tokenizer");
  }
  const auto launch = launched();
  const auto device = use_device_of(launch, common);
  std::filesystem::create_directories(options.out);
  const std::string state_path = options.out + "/train_state.safetensors";
  if (!common.print_config) require_resumable_or_fresh(state_path, options.resume, common.force);
  const auto tokenizer = place_tokenizer(options);
  at::manual_seed(common.seed);
  auto run = train::read_encoder_run(common.config, tokenizer->vocabulary_size());
  if (options.steps > 0) run.training.steps = options.steps;
  if (common.print_config) {
    std::cout << run.yaml();
    return kExitDone;
  }

  const train::Processes processes(launch, device);
  Logger logger(log_level_of(launch, common));
  if (!options.text.empty()) {
    encoders::load_imported_text(encoders::imported_text_file(options.text), run.pair->text());
  }
  if (!options.init.empty()) {
    const auto path = encoders::encoder_file(options.init);
    nn::load_state(*run.pair, nn::state_of(*encoders::load_contrastive_pair(path, *tokenizer), ""), "", path);
  }
  auto train_set = load_all(options, "train", run, processes.is_first(), logger);
  auto val_set = load_all(options, "val", run, processes.is_first(), logger);
  logger.info(fmt::format("{} training and {} validation structures", train_set.size(), val_set.size()));
  train::EncoderTrainer trainer(run, *tokenizer, std::move(train_set), std::move(val_set), common.seed,
                                device, processes);
  if (options.resume) {
    trainer.restore_state(state_path);
    logger.info(fmt::format("resumed at step {} of {}", trainer.steps_done(), trainer.config().steps));
  }
  train::run_encoder_training(trainer, options.out,
                              make_training_hooks(options.max_minutes, options.save_minutes), logger);
  if (processes.is_first()) {
    print_training_result(encoders::encoder_file(options.out), trainer.steps_done(), trainer.config().steps,
                          common.json);
  }
  return kExitDone;
}

}  // namespace

TrainCommand add_train_encoders(Program& program) {
  auto options = std::make_shared<EncoderOptions>();
  CLI::App& app = program.add_command(
      "encoders", "Trains the crystal and the text encoder contrastively",
      "clamp-train encoders --config configs/encoders.yaml --data qmof.h5 --out runs/encoders");
  add_training_options(app, *options, "Dataset (.h5) with splits train and val; may be given several times",
                       "Folder for encoders.safetensors, train_state.safetensors and metrics.jsonl");
  app.add_option("--tokenizer", options->tokenizer,
                 "Tokenizer; default: tokenizer.json or tokenizer.model in the output folder");
  app.add_option("--text", options->text,
                 "Folder of clamp-train import-text: start from its text encoder, with its tokenizer");
  app.add_option(
      "--init", options->init,
      "Folder of trained encoders of the same configuration: start from them, with their tokenizer");
  app.add_option("--graphs", options->graphs,
                 "Folder for the crystals' graphs: made once, read by later runs on the same data");
  program.add_common(app, ConfigFile::kOwn);
  return {"encoders", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
