#include "train/encoder_config.h"

#include <gtest/gtest.h>

#include <fstream>

#include "core/atomic_file.h"
#include "core/error.h"
#include "support/random_crystal.h"
#include "train/tokenizer_trainer.h"

namespace clamp::train {
namespace {

TEST(EncoderConfig, ShippedFilesAreRead) {
  for (const std::string name : {"encoders.yaml", "tiny.yaml"}) {
    SCOPED_TRACE(name);
    const auto run = read_encoder_run(std::string(CLAMP_CONFIGS) + "/" + name, 400);
    EXPECT_EQ(run.pair->vocabulary(), 400);
  }
}

TEST(EncoderConfig, ResolvedConfigurationReadsBackAsItself) {
  const tests::TemporaryFolder folder;
  const auto run = read_encoder_run("", 400);
  write_file_atomically(folder.file("c.yaml"), run.yaml());
  EXPECT_EQ(read_encoder_run(folder.file("c.yaml"), 400).yaml(), run.yaml());
}

std::string error_of(const std::string& text) {
  const tests::TemporaryFolder folder;
  const auto path = folder.file("c.yaml");
  write_file_atomically(path, text);
  try {
    read_encoder_run(path, 400);
  } catch (const UsageError& error) {
    return std::string(error.what()).substr(folder.path().size() + 1);
  }
  return "no error";
}

TEST(EncoderConfig, UnknownKeysAndWrongValuesAreNamedWithTheirLine) {
  EXPECT_EQ(error_of("encoders:\n  training:\n    batchsize: 3\n"),
            "c.yaml:3: encoders.training.batchsize: unknown key; did you mean batch_size?");
  EXPECT_EQ(error_of("encoders:\n  model:\n    crystal:\n      width: no\n"),
            "c.yaml:4: encoders.model.crystal.width: is 'no', expected an integer in 1..4096");
  EXPECT_EQ(error_of("encoder: {}\n"), "c.yaml:1: encoder: unknown key; did you mean encoders?");
  EXPECT_EQ(
      error_of("encoders:\n  model:\n    vocabulary: 500\n").find("c.yaml: encoders.model.vocabulary is 500"),
      0u);
}

TEST(TokenizerConfig, ResolvedConfigurationReadsBackAsItself) {
  TokenizerConfig config;
  config.vocabulary = 1234;
  auto map = YamlMap::from_text(to_yaml(config, 0), "test");
  TokenizerConfig again;
  read(map, again);
  map.finish();
  EXPECT_EQ(to_yaml(again, 0), to_yaml(config, 0));
}

}  // namespace
}  // namespace clamp::train
