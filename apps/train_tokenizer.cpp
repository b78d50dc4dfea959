// clamp-train tokenizer
#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/train_commands.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/encoder_file.h"
#include "train/tokenizer_trainer.h"
#include "train/update_config.h"

namespace clamp::apps {
namespace {

struct TokenizerOptions {
  std::string data, corpus, out;
};

train::TokenizerConfig read_config(const std::string& path) {
  train::TokenizerConfig config;
  if (path.empty()) return config;
  auto map = YamlMap::from_file(path);
  map.section("tokenizer", [&](YamlMap& section) { train::read(section, config); });
  train::allow_other_sections(map);
  map.finish();
  return config;
}

int run(const TokenizerOptions& options, const CommonOptions& common) {
  const auto config = read_config(common.config);
  if (common.print_config) {
    std::cout << "tokenizer:\n" << train::to_yaml(config, 2);
    return kExitDone;
  }
  if (options.data.empty() || options.out.empty()) fail_usage("--data and --out are needed");
  const std::string model_path = encoders::sentencepiece_model_file(options.out);
  require_absent(model_path, common.force);
  std::filesystem::create_directories(options.out);
  Logger logger(common.log_level());
  const auto dataset = data::Dataset::open(options.data);
  const auto summary =
      train::train_tokenizer(config, dataset, options.corpus, common.seed, model_path, logger);
  if (common.json) {
    std::cout << nlohmann::json{{"schema_version", 1},
                                {"model", model_path},
                                {"vocabulary", summary.vocabulary},
                                {"captions", summary.captions},
                                {"titles", summary.titles},
                                {"corpus_lines", summary.corpus_lines},
                                {"tokens_per_caption", summary.tokens_per_caption},
                                {"longest_caption", summary.longest_caption}}
                     .dump(2)
              << "\n";
  } else {
    std::cout << fmt::format("{}: {} pieces; a caption has {:.1f} tokens on average, {} at most\n",
                             model_path, summary.vocabulary, summary.tokens_per_caption,
                             summary.longest_caption);
  }
  return kExitDone;
}

}  // namespace

TrainCommand add_train_tokenizer(Program& program) {
  auto options = std::make_shared<TokenizerOptions>();
  CLI::App& app = program.add_command(
      "tokenizer", "Trains a sentencepiece tokenizer on captions of a dataset and a text corpus",
      "clamp-train tokenizer --config configs/encoders.yaml --data qmof.h5 --corpus corpus.txt.xz --out "
      "runs/encoders");
  app.add_option("--data", options->data, "Dataset (.h5) whose captions and titles are learned");
  app.add_option("--corpus", options->corpus,
                 "Text file, one sentence a line; may be compressed (xz, gz, zst)");
  app.add_option("--out", options->out, "Folder that gets tokenizer.model");
  program.add_common(app, ConfigFile::kOwn);
  return {"tokenizer", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
