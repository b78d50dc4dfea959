#include "train/composer_config.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/yaml.h"

namespace clamp::train {
namespace {

void read(YamlMap& map, diffusion::ComposerConfig& config) {
  constexpr int64_t kLargest = 4096;
  map.get("width", config.width, 8, kLargest);
  map.get("layers", config.layers, 1, 64);
  map.get("heads", config.heads, 1, 64);
  map.get("hidden", config.hidden, 8, kLargest);
  map.get("text_layers", config.text_layers, 0, 64);
  map.get("max_length", config.max_length, 8, kLargest);
  map.get("causal", config.causal);
}

void read(YamlMap& map, ComposerTraining& config) {
  read(map, static_cast<UpdateConfig&>(config));
  map.get("min_count", config.min_count, 1);
  map.get("captions", config.captions, 1, 1000);
  map.get("text_dropout", config.text_dropout, 0.0, 1.0);
  map.get("word_dropout", config.word_dropout, 0.0, 1.0);
  map.get("token_dropout", config.token_dropout, 0.0, 1.0);
}

}  // namespace

std::string ComposerRun::yaml() const {
  const auto& m = model;
  const auto& t = training;
  return fmt::format(
             "composer:\n"
             "  model:\n    width: {}\n    layers: {}\n    heads: {}\n    hidden: {}\n    text_layers: {}\n"
             "    max_length: {}\n    causal: {}\n"
             "  training:\n",
             m.width, m.layers, m.heads, m.hidden, m.text_layers, m.max_length, m.causal) +
         to_yaml(t, 4) +
         fmt::format(
             "    min_count: {}\n    captions: {}\n    text_dropout: {}\n    word_dropout: {}\n"
             "    token_dropout: {}\n",
             t.min_count, t.captions, t.text_dropout, t.word_dropout, t.token_dropout);
}

ComposerRun read_composer_run(const std::string& path) {
  ComposerRun run;
  auto map = path.empty() ? YamlMap::from_text("", "defaults") : YamlMap::from_file(path);
  map.section("composer", [&](YamlMap& composer) {
    composer.section("model", [&](YamlMap& section) { read(section, run.model); });
    composer.section("training", [&](YamlMap& section) { read(section, run.training); });
  });
  allow_other_sections(map);
  map.finish();
  if (run.model.width % run.model.heads != 0) {
    fail_usage(fmt::format("{}: composer.model.width {} is not a multiple of composer.model.heads {}", path,
                           run.model.width, run.model.heads));
  }
  return run;
}

}  // namespace clamp::train
