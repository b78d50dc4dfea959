#include "train/training_loop.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "support/random_crystal.h"

namespace clamp::train {
namespace {

using Calls = std::vector<std::string>;

// What a loop of four steps calls, stopped after step `stop_after` (0: not).
Calls calls_of_run(int64_t stop_after) {
  const tests::TemporaryFolder folder;
  Calls calls;
  int64_t steps = 0;
  TrainingLoop loop;
  loop.name = "test";
  loop.metrics = folder.path() + "/metrics.jsonl";
  loop.steps = 4;
  loop.validate_every = 4;
  loop.save_every = 2;
  loop.steps_done = [&] { return steps; };
  loop.step = [&] {
    calls.push_back("step " + std::to_string(++steps));
    return nlohmann::json{{"loss", 1.0}};
  };
  loop.validate = [&] {
    calls.emplace_back("validate");
    return nlohmann::json::object();
  };
  loop.save_model = [&](const std::string&) { calls.emplace_back("model"); };
  loop.save_state = [&] { calls.emplace_back("state"); };
  TrainingHooks hooks;
  hooks.stop = [&] { return steps == stop_after; };
  Logger logger(LogLevel::kQuiet);
  EXPECT_EQ(run_training(loop, hooks, Processes::alone(), logger), stop_after == 0);
  return calls;
}

TEST(TrainingLoop, SavesAfterTheLastValidation) {
  EXPECT_EQ(calls_of_run(0),
            (Calls{"step 1", "step 2", "state", "step 3", "step 4", "validate", "model", "state"}));
}

TEST(TrainingLoop, SavesTheStateOfAStoppedRunBeforeItValidates) {
  EXPECT_EQ(calls_of_run(1), (Calls{"step 1", "state", "validate", "model"}));
}

// The model that is kept is the best by quality; a resumed run knows what the one before it left.
TEST(TrainingLoop, KeepsTheModelOfTheBestQuality) {
  const auto saved_at = [](std::optional<double> best) {
    const tests::TemporaryFolder folder;
    const std::vector<double> qualities = {0.4, 0.6, 0.5, 0.6};
    std::vector<int64_t> saved;
    int64_t steps = 0;
    TrainingLoop loop;
    loop.name = "test";
    loop.metrics = folder.path() + "/metrics.jsonl";
    loop.steps = 4;
    loop.steps_done = [&] { return steps; };
    loop.step = [&] {
      ++steps;
      return nlohmann::json{{"loss", 1.0}};
    };
    loop.validate = [&] { return nlohmann::json{{"quality", qualities[static_cast<size_t>(steps - 1)]}}; };
    loop.best_quality = best;
    loop.save_model = [&](const std::string&) { saved.push_back(steps); };
    loop.save_state = [] {};
    Logger logger(LogLevel::kQuiet);
    EXPECT_TRUE(run_training(loop, {}, Processes::alone(), logger));
    return saved;
  };
  EXPECT_EQ(saved_at(std::nullopt), (std::vector<int64_t>{1, 2, 4}));
  EXPECT_EQ(saved_at(0.55), (std::vector<int64_t>{2, 4}));
  EXPECT_EQ(saved_at(0.7), std::vector<int64_t>{});
}

}  // namespace
}  // namespace clamp::train
