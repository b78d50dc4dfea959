#include "train/composer_trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/error.h"
#include "nn/random.h"
#include "support/random_crystal.h"
#include "support/tiny_clamp.h"
#include "support/units.h"

namespace clamp::train {
namespace {

using tests::TemporaryFolder;

struct Sample {
  diffusion::ComposerKnowledge knowledge;
  ComposerSet set;
};

Sample sample() {
  Sample result;
  std::vector<diffusion::Blocks> blocks;
  for (const AsymmetricUnit& unit : tests::qmof_units())
    blocks.push_back(diffusion::to_blocks(unit.chemistry));
  result.knowledge.dictionary = diffusion::ComposerDictionary::build(blocks, 1);
  for (int32_t f = 0; f < result.knowledge.dictionary.n_forms(); ++f) {
    result.knowledge.molecule_of_form.push_back(f);
    result.knowledge.molecules.push_back("?" + std::to_string(f));
  }
  for (size_t k = 0; k < blocks.size(); ++k) {
    const auto tokens = diffusion::encode(blocks[k], 3, result.knowledge.dictionary, nullptr);
    if (!tokens || tokens->size() > 64) continue;
    result.set.examples.push_back({std::to_string(k), *tokens, k % 3 == 0});
  }
  // Two texts of each, of one to four tokens.
  auto& texts = result.set.texts;
  texts.per_example = 2;
  for (int64_t k = 0; k < 2 * result.set.size(); ++k)
    texts.offsets.push_back(texts.offsets.back() + 1 + k % 4);
  auto generator = nn::make_generator(3);
  texts.states = torch::randn({texts.offsets.back(), 12}, generator).to(torch::kHalf);
  texts.embeddings = torch::randn({2 * result.set.size(), 8}, generator);
  return result;
}

ComposerRun tiny_run(int64_t steps, bool causal) {
  ComposerRun run;
  run.model.width = 16;
  run.model.layers = 1;
  run.model.heads = 2;
  run.model.hidden = 32;
  run.model.causal = causal;
  run.training.steps = steps;
  run.training.batch_size = 4;
  run.training.warmup_steps = 2;
  run.training.learning_rate = 1e-2;
  run.training.ema_decay = 0.9;
  run.training.log_every = 1;
  run.training.validate_every = 5;
  run.training.save_every = 3;
  return run;
}

std::unique_ptr<ComposerTrainer> make_trainer(int64_t steps, bool causal = true, uint64_t seed = 5) {
  at::set_num_threads(1);
  at::manual_seed(1);
  auto data = sample();
  const auto val = data.set;
  return std::make_unique<ComposerTrainer>(tiny_run(steps, causal), std::move(data.knowledge),
                                           std::move(data.set), val,
                                           nn::Metadata{{"encoders_sha256", "none"}}, seed, torch::kCPU);
}

TEST(ComposerTrainer, LossFallsForBothModels) {
  for (const bool causal : {true, false}) {
    SCOPED_TRACE(causal);
    const auto trainer = make_trainer(60, causal);
    const double before = trainer->validate();
    while (!trainer->finished()) trainer->step();
    EXPECT_LT(trainer->validate(), 0.8 * before);
  }
}

TEST(ComposerTrainer, UntrainedLossIsThatOfAUniformGuess) {
  const auto trainer = make_trainer(1);
  const double tokens = sample().knowledge.dictionary.n_tokens();
  EXPECT_NEAR(trainer->validate(), std::log(tokens), 0.6);  // tied embeddings start a little off
}

TEST(ComposerTrainer, ResumeIsExact) {
  const TemporaryFolder folder;
  const auto path = folder.path() + "/state.safetensors";
  const auto straight = make_trainer(8);
  while (!straight->finished()) straight->step();
  const auto first = make_trainer(8);
  for (int k = 0; k < 4; ++k) first->step();
  first->save_state(path);
  const auto second = make_trainer(8);
  second->restore_state(path);
  EXPECT_EQ(second->steps_done(), 4);
  while (!second->finished()) second->step();
  EXPECT_EQ(second->validate(), straight->validate());
}

TEST(ComposerTrainer, StatesOfOtherRunsAreRefused) {
  const TemporaryFolder folder;
  const auto path = folder.path() + "/state.safetensors";
  make_trainer(8)->save_state(path);
  try {
    make_trainer(8, true, 6)->restore_state(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(
        std::string(error.what()).find(path + ": cannot be resumed: its seed is\n5\nand this run's is\n6"),
        0U)
        << error.what();
  }
}

TEST(ComposerTrainer, RunsWriteAModelThatLoads) {
  const TemporaryFolder folder;
  const auto trainer = make_trainer(6);
  Logger logger(LogLevel::kQuiet);
  EXPECT_TRUE(run_composer_training(*trainer, folder.path(), {}, logger));
  const auto model = diffusion::ComposerModel::load(folder.path() + "/" + kComposerFile, torch::kCPU);
  EXPECT_EQ(model->metadata().at("step"), "6");
  EXPECT_EQ(model->metadata().at("encoders_sha256"), "none");
  EXPECT_EQ(model->config().width, 16);
  EXPECT_EQ(model->config().text_width, 12);
  EXPECT_EQ(model->config().text_dim, 8);
}

TEST(ComposerPrompts, HoldTheTextsThatWereChosen) {
  const auto set = sample().set;
  Rng rng(1);
  const auto prompt = composer_prompt(set, {1, 0}, {1, 0}, {false, true}, 0, rng);
  // Text 3 (four tokens) and text 0 (one token).
  EXPECT_EQ(prompt.states.sizes().vec(), (std::vector<int64_t>{2, 4, 12}));
  const auto first = set.texts.states.narrow(0, set.texts.offsets[3], 4).to(torch::kFloat);
  EXPECT_TRUE(prompt.states[0].equal(first));
  EXPECT_EQ(prompt.mask.sum(1)[0].item<int64_t>(), 4);
  EXPECT_EQ(prompt.mask.sum(1)[1].item<int64_t>(), 1);
  EXPECT_TRUE(prompt.embedding[0].equal(set.texts.embeddings[3]));
  EXPECT_FALSE(prompt.nothing[0].item<bool>());
  EXPECT_TRUE(prompt.nothing[1].item<bool>());
  EXPECT_TRUE(prompt.large[1].item<bool>());
}

TEST(ComposerPrompts, OneTokenAlwaysStays) {
  const auto set = sample().set;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    Rng rng(seed);
    const auto prompt = composer_prompt(set, {0, 1}, {0, 1}, {false, false}, 1, rng);
    EXPECT_EQ(prompt.mask.sum(1).min().item<int64_t>(), 1) << seed;
    EXPECT_EQ(prompt.mask.sum(1).max().item<int64_t>(), 1) << seed;
  }
}

TEST(ComposerTexts, AreThoseOfTheEncoderWhateverTheirOrder) {
  const TemporaryFolder folder;
  tests::write_tiny_clamp(folder.path(), 1);
  const auto clamp = encoders::ClampModel::load(folder.path(), torch::kCPU);
  std::vector<data::Record> records(3);
  for (size_t k = 0; k < records.size(); ++k) {
    records[k].id = std::to_string(k);
    records[k].labels["metals"] = k == 1 ? "Cu" : "Zn";
    records[k].labels["linker_names"] = k == 2 ? "terephthalate" : "";
  }
  const auto texts = encode_composer_texts(records, 2, clamp, 9);
  ASSERT_EQ(texts.offsets.size(), 7U);
  EXPECT_EQ(texts.embeddings.sizes().vec(), (std::vector<int64_t>{6, clamp.dim()}));
  EXPECT_EQ(texts.states.sizes().vec(), (std::vector<int64_t>{texts.offsets.back(), clamp.text_width()}));
  // The first two texts do not depend on the records after them.
  const auto alone = encode_composer_texts({records[0]}, 2, clamp, 9);
  EXPECT_LT((alone.embeddings - texts.embeddings.narrow(0, 0, 2)).abs().max().item<float>(), 1e-5);
  EXPECT_EQ(alone.offsets[2], texts.offsets[2]);
}

TEST(ComposerConfig, ShippedFileShowsTheDefaults) {
  EXPECT_EQ(read_composer_run(std::string(CLAMP_CONFIGS) + "/composer.yaml").yaml(),
            read_composer_run("").yaml());
}

TEST(ComposerConfig, ErrorsNameTheKey) {
  const TemporaryFolder folder;
  const auto path = folder.path() + "/bad.yaml";
  std::ofstream(path) << "composer:\n  model:\n    width: 100\n    heads: 6\n";
  try {
    read_composer_run(path);
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_EQ(std::string(error.what()),
              path + ": composer.model.width 100 is not a multiple of composer.model.heads 6");
  }
}

}  // namespace
}  // namespace clamp::train
