#include "train/training_state.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>

#include <string>

#include "core/error.h"
#include "support/random_crystal.h"

namespace clamp::train {
namespace {

struct Part {
  torch::nn::Linear module{2, 2};
  nn::AdamW optimizer{nn::decay_groups(*module, 0.01), nn::AdamWConfig()};
  nn::Ema ema{*module, 0.9};
};

// What restoring `path` says; empty where it is taken.
std::string refusal(const std::string& path) {
  Part part;
  try {
    restore_training_state(path, *part.module, part.optimizer, part.ema, {{"seed", "1"}});
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(TrainingState, DamagedCountsAreRefused) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() + "/state.safetensors";
  const Part part;
  save_training_state(path, *part.module, part.optimizer, part.ema, {{"seed", "1"}});
  EXPECT_EQ(refusal(path), "");
  auto file = nn::load_tensors(path);
  for (const char* count : {"many", "", "-3", "7x", "99999999999999999999"}) {
    file.metadata["average_updates"] = count;
    nn::save_tensors(path, file.tensors, file.metadata);
    EXPECT_EQ(refusal(path), path + ": average_updates is '" + count + "', expected a number of updates");
  }
}

}  // namespace
}  // namespace clamp::train
