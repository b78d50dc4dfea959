#include "train/encoder_config.h"

#include <fmt/format.h>

#include <sstream>

#include "core/error.h"

namespace clamp::train {
namespace {

std::string indented(const std::string& text, const std::string& space) {
  std::istringstream lines(text);
  std::string result;
  for (std::string line; std::getline(lines, line);) result += space + line + "\n";
  return result;
}

}  // namespace

void read(YamlMap& map, EncoderTraining& config) {
  read(map, static_cast<UpdateConfig&>(config));
  if (config.batch_size < 2) fail_usage("encoders.training.batch_size: contrastive training needs 2 or more");
  map.get("pretrained_rate", config.pretrained_rate, 0.0, 100.0);
  map.get("chunk_size", config.chunk_size, 0, 1'000'000);
  map.get_choice("loss", config.loss, {"infonce", "soft"});
  map.get("descriptor_dropout", config.descriptor_dropout, 0.0, 0.9);
  map.get("token_dropout", config.token_dropout, 0.0, 0.9);
  map.get("lowercase_share", config.lowercase_share, 0.0, 1.0);
  map.get("own_text_share", config.own_text_share, 0.0, 1.0);
}

std::string to_yaml(const EncoderTraining& config, int indent) {
  return to_yaml(static_cast<const UpdateConfig&>(config), indent) +
         indented(
             fmt::format("pretrained_rate: {}\nchunk_size: {}\nloss: {}\ndescriptor_dropout: {}\n"
                         "token_dropout: {}\nlowercase_share: {}\nown_text_share: {}\n",
                         config.pretrained_rate, config.chunk_size, config.loss, config.descriptor_dropout,
                         config.token_dropout, config.lowercase_share, config.own_text_share),
             std::string(static_cast<size_t>(indent), ' '));
}

std::string EncoderRun::yaml() const {
  return fmt::format("encoders:\n  model:\n{}  training:\n{}", indented(pair->config_yaml(), "    "),
                     to_yaml(training, 4));
}

EncoderRun read_encoder_run(const std::string& path, int64_t vocabulary) {
  EncoderRun run;
  auto map = path.empty() ? YamlMap::from_text("", "defaults") : YamlMap::from_file(path);
  map.section("encoders", [&](YamlMap& encoders) {
    encoders.section("model",
                     [&](YamlMap& model) { run.pair = encoders::make_contrastive_pair(model, vocabulary); });
    encoders.section("training", [&](YamlMap& training) { read(training, run.training); });
  });
  allow_other_sections(map);
  map.finish();
  if (!run.pair) {
    auto defaults = YamlMap::from_text("", "defaults");
    run.pair = encoders::make_contrastive_pair(defaults, vocabulary);
  }
  if (run.pair->vocabulary() != vocabulary) {
    fail_usage(
        fmt::format("{}: encoders.model.vocabulary is {}, the tokenizer has {} pieces; leave the key out",
                    path, run.pair->vocabulary(), vocabulary));
  }
  return run;
}

}  // namespace clamp::train
