#include "train/encoder_trainer.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/clamp_model.h"
#include "encoders/encoder_file.h"
#include "run_together.h"
#include "support/random_crystal.h"
#include "support/tiny_clamp.h"

namespace clamp::train {
namespace {

using tests::TemporaryFolder;

/// 48 random crystals; the text names the element that a third of the atoms are.
PairSet make_pairs(uint64_t seed, int64_t n) {
  const std::vector<std::pair<int, std::string>> metals = {
      {30, "zinc"}, {29, "copper"}, {27, "cobalt"}, {12, "Mg"}};
  PairSet set;
  for (int64_t i = 0; i < n; ++i) {
    const auto& [number, name] = metals[static_cast<size_t>(i) % metals.size()];
    data::Record record;
    record.id = "r" + std::to_string(seed) + "_" + std::to_string(i);
    record.crystal = tests::random_crystal(derive_seed(seed, static_cast<uint64_t>(i)), 9);
    for (size_t atom = 0; atom < 3; ++atom) record.crystal.atomic_numbers[atom] = number;
    record.texts = {name + " framework", "a " + name + " MOF with large pores", name + " network"};
    set.graphs.push_back(encoders::make_crystal_graph(record.crystal, {}));
    set.records.push_back(record);
  }
  return set;
}

class EncoderTrainerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    at::set_num_threads(1);
    folder_ = new TemporaryFolder;
    tests::write_tiny_tokenizer(folder_->path());
  }
  static void TearDownTestSuite() { delete folder_; }

  void SetUp() override {
    tokenizer_ = encoders::load_sentencepiece(encoders::tokenizer_file(folder_->path()));
  }

  EncoderRun make_run(int64_t steps) const {
    at::manual_seed(1);
    EncoderRun run;
    auto model = YamlMap::from_text(tests::tiny_clamp_model_yaml(), "tiny");
    run.pair = encoders::make_contrastive_pair(model, tokenizer_->vocabulary_size());
    run.training.steps = steps;
    run.training.batch_size = 16;
    run.training.warmup_steps = 3;
    run.training.learning_rate = 3e-3;
    run.training.own_text_share = 1.0;
    run.training.validate_every = 7;
    run.training.save_every = 4;
    run.training.log_every = 1;
    return run;
  }
  std::unique_ptr<EncoderTrainer> make_trainer(int64_t steps, uint64_t seed = 5) const {
    return std::make_unique<EncoderTrainer>(make_run(steps), *tokenizer_, make_pairs(1, 48),
                                            make_pairs(2, 24), seed, torch::kCPU);
  }

  static TemporaryFolder* folder_;
  std::unique_ptr<encoders::Tokenizer> tokenizer_;
};
TemporaryFolder* EncoderTrainerTest::folder_ = nullptr;

void expect_same(const nn::TensorMap& a, const nn::TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(torch::equal(tensor, b.at(name))) << name;
}

// Gradient caching is exact up to the order of sums; products may be in bfloat16 (8 bits).
TEST_F(EncoderTrainerTest, ChunksGiveTheGradientsOfTheWholeBatch) {
  std::vector<StepRecord> records;
  for (const int64_t chunk : {0, 6}) {
    auto run = make_run(3);
    run.training.chunk_size = chunk;
    EncoderTrainer trainer(run, *tokenizer_, make_pairs(1, 48), make_pairs(2, 24), 5, torch::kCPU);
    records.push_back(trainer.step());
  }
  EXPECT_NEAR(records[0].loss, records[1].loss, 1e-2);
  EXPECT_NEAR(records[0].gradient_norm, records[1].gradient_norm, 2e-2 * records[0].gradient_norm);
}

// Losses, gradients and temperature of every update, in float32 (bfloat16 products are rounded in every
// process); whole batches, parts of odd size, cached gradients, soft targets.
TEST_F(EncoderTrainerTest, SeveralProcessesTrainAsOne) {
  at::globalContext().setUserEnabledMkldnn(false);
  struct Case {
    int64_t processes, batch, chunk;
    const char* loss;
  };
  for (const Case& c : {Case{2, 16, 0, "infonce"}, Case{3, 16, 4, "infonce"}, Case{2, 15, 0, "soft"}}) {
    SCOPED_TRACE(c.loss + std::to_string(c.processes));
    const TemporaryFolder folder;
    const auto run = [&] {
      auto made = make_run(5);
      made.training.batch_size = c.batch;
      made.training.chunk_size = c.chunk;
      made.training.loss = c.loss;
      return made;
    };
    EncoderTrainer one(run(), *tokenizer_, make_pairs(1, 48), make_pairs(2, 24), 5, torch::kCPU);
    one.save_state(folder.file("start"));
    std::vector<StepRecord> expected;
    while (!one.finished()) expected.push_back(one.step());
    tests::run_together(c.processes, [&](const Processes& processes) {
      EncoderTrainer part(run(), *tokenizer_, make_pairs(1, 48), make_pairs(2, 24), 5, torch::kCPU,
                          processes);
      part.restore_state(folder.file("start"));
      for (const auto& whole : expected) {
        const auto record = part.step();
        EXPECT_NEAR(record.loss, whole.loss, 1e-5 * whole.loss);
        EXPECT_NEAR(record.gradient_norm, whole.gradient_norm, 1e-4 * whole.gradient_norm);
        EXPECT_NEAR(record.scale, whole.scale, 1e-5 * whole.scale);
      }
    });
  }
  at::globalContext().setUserEnabledMkldnn(true);
}

TEST_F(EncoderTrainerTest, TheConfigurationChoosesTheLoss) {
  std::vector<double> losses;
  for (const char* const name : {"infonce", "soft", "soft"}) {
    auto run = make_run(3);
    run.training.loss = name;
    EncoderTrainer trainer(run, *tokenizer_, make_pairs(1, 48), make_pairs(2, 24), 5, torch::kCPU);
    losses.push_back(trainer.step().loss);
  }
  EXPECT_GT(std::abs(losses[0] - losses[1]), 1e-3);
  EXPECT_EQ(losses[1], losses[2]);
}

TEST_F(EncoderTrainerTest, LearnsToTellMetalsApart) {
  const auto trainer = make_trainer(60);
  const double before = trainer->validate().loss;
  while (!trainer->finished()) trainer->step();
  const auto after = trainer->validate();
  EXPECT_LT(after.loss, before - 0.5);
  // Six crystals of 24 share each metal: knowing the metal finds one pair in six, chance one in 24.
  EXPECT_GT(after.matching.crystal_to_text, 0.1);
  EXPECT_LT(after.control.crystal_to_text, after.matching.crystal_to_text);
}

TEST_F(EncoderTrainerTest, SameSeedGivesTheSameWeights) {
  const auto a = make_trainer(6), b = make_trainer(6);
  while (!a->finished()) a->step();
  while (!b->finished()) b->step();
  expect_same(nn::state_of(a->pair(), ""), nn::state_of(b->pair(), ""));
}

// Stopped after every possible number of updates, resumed from the last saved state: the same bits.
TEST_F(EncoderTrainerTest, KilledAtAnyStepAndResumedEqualsUninterrupted) {
  constexpr int64_t kSteps = 10;
  Logger quiet(LogLevel::kQuiet);
  const TemporaryFolder whole;
  const auto reference = make_trainer(kSteps);
  EXPECT_TRUE(run_encoder_training(*reference, whole.path(), {}, quiet));
  for (int64_t killed_after = 1; killed_after < kSteps; ++killed_after) {
    SCOPED_TRACE("killed after step " + std::to_string(killed_after));
    const TemporaryFolder folder;
    {
      const auto first = make_trainer(kSteps);
      // A kill leaves no chance to save: throw out of the loop.
      struct Killed {};
      TrainingHooks hooks;
      hooks.stop = [&]() -> bool {
        if (first->steps_done() == killed_after) throw Killed{};
        return false;
      };
      EXPECT_THROW(run_encoder_training(*first, folder.path(), hooks, quiet), Killed);
    }
    const auto resumed = make_trainer(kSteps);
    const auto state = folder.file("train_state.safetensors");
    if (std::filesystem::exists(state)) resumed->restore_state(state);
    EXPECT_EQ(resumed->steps_done(),
              (killed_after - 1) / 4 * 4);  // saved every 4 updates, after `stop` was asked
    run_encoder_training(*resumed, folder.path(), {}, quiet);
    expect_same(nn::state_of(resumed->pair(), ""), nn::state_of(reference->pair(), ""));
    expect_same(resumed->averaged_weights(), reference->averaged_weights());
    EXPECT_EQ(read_file(folder.file("metrics.jsonl")), read_file(whole.file("metrics.jsonl")));
    EXPECT_EQ(read_file(folder.file("encoders.safetensors")), read_file(whole.file("encoders.safetensors")));
  }
}

TEST_F(EncoderTrainerTest, StopSavesWhatIsDone) {
  Logger quiet(LogLevel::kQuiet);
  const TemporaryFolder folder;
  const auto trainer = make_trainer(10);
  TrainingHooks hooks;
  hooks.stop = [&] { return trainer->steps_done() == 3; };
  EXPECT_FALSE(run_encoder_training(*trainer, folder.path(), hooks, quiet));
  const auto resumed = make_trainer(10);
  resumed->restore_state(folder.file("train_state.safetensors"));
  EXPECT_EQ(resumed->steps_done(), 3);
}

TEST_F(EncoderTrainerTest, StateOfAnotherRunIsRefusedByWhatDiffers) {
  const TemporaryFolder folder;
  const auto trainer = make_trainer(10);
  trainer->step();
  trainer->save_state(folder.file("s"));
  const auto error_of = [&](EncoderTrainer& other) -> std::string {
    try {
      other.restore_state(folder.file("s"));
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_NE(error_of(*make_trainer(11)).find("cannot be resumed: its config is"), std::string::npos);
  EXPECT_NE(error_of(*make_trainer(10, 6)).find("cannot be resumed: its seed is\n5\nand this run's is\n6"),
            std::string::npos);
  EncoderTrainer other_data(make_run(10), *tokenizer_, make_pairs(9, 48), make_pairs(2, 24), 5, torch::kCPU);
  EXPECT_NE(error_of(other_data).find("cannot be resumed: its train_data is"), std::string::npos);
}

TEST_F(EncoderTrainerTest, SavedEncodersLoadAsAModelWithTheirMetrics) {
  const TemporaryFolder folder;
  tests::write_tiny_tokenizer(folder.path());
  Logger quiet(LogLevel::kQuiet);
  const auto trainer = make_trainer(5);
  run_encoder_training(*trainer, folder.path(), {}, quiet);
  const auto model = encoders::ClampModel::load(folder.path(), torch::kCPU);
  EXPECT_EQ(model.dim(), 16);
  const auto metadata = nn::load_metadata(encoders::encoder_file(folder.path()));
  EXPECT_EQ(metadata.at("step"), "5");
  const auto metrics = nlohmann::json::parse(metadata.at("metrics"));
  EXPECT_TRUE(metrics.contains("val_loss"));
  EXPECT_EQ(metrics["candidates"], 24);
  // The file holds matrices in float16: three decimal digits.
  const auto embedding = model.encode_texts({"zinc framework"});
  EXPECT_NEAR(embedding.norm().item<double>(), 1.0, 1e-5);
}

TEST_F(EncoderTrainerTest, OneStructureIsTooFew) {
  try {
    EncoderTrainer(make_run(1), *tokenizer_, make_pairs(1, 1), {}, 5, torch::kCPU);
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "1 training structures with at most 150 atoms; contrastive training needs 2 or more");
  }
}

TEST(TrainingBatch, EveryRecordComesOnceAnEpoch) {
  const TemporaryFolder folder;
  tests::write_tiny_tokenizer(folder.path());
  const auto tokenizer = encoders::load_sentencepiece(encoders::tokenizer_file(folder.path()));
  const auto set = make_pairs(1, 32);
  EncoderTraining config;
  config.batch_size = 8;
  config.own_text_share = 1.0;
  std::vector<float> volumes, expected;
  int64_t cut = 0;
  for (int64_t step = 4; step < 8; ++step) {  // the second epoch
    const auto batch = training_batch(set, *tokenizer, config, 77, 3, step, cut);
    for (int64_t i = 0; i < 8; ++i) volumes.push_back(batch.graphs.volumes[i].item<float>());
  }
  for (const auto& graph : set.graphs) expected.push_back(static_cast<float>(graph.volume));
  std::sort(volumes.begin(), volumes.end());
  std::sort(expected.begin(), expected.end());
  EXPECT_EQ(volumes, expected);
  EXPECT_EQ(cut, 0);
}

TEST(TrainingBatch, PairsWithTheSameTextAreMarked) {
  const TemporaryFolder folder;
  tests::write_tiny_tokenizer(folder.path());
  const auto tokenizer = encoders::load_sentencepiece(encoders::tokenizer_file(folder.path()));
  auto set = make_pairs(1, 8);
  for (auto& record : set.records) record.texts = {"Zinc framework"};
  EncoderTraining config;
  config.batch_size = 8;
  config.own_text_share = 1.0;
  config.lowercase_share = 0.5;
  int64_t cut = 0;
  const auto batch = training_batch(set, *tokenizer, config, 77, 3, 0, cut);
  EXPECT_EQ(batch.ignored.sum().item<int64_t>(), 8 * 7);
}

}  // namespace
}  // namespace clamp::train
