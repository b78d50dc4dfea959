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

}  // namespace
}  // namespace clamp::train
