#include "train/guide_trainer.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include "core/error.h"
#include "nn/random.h"
#include "support/random_crystal.h"
#include "support/units.h"

namespace clamp::train {
namespace {

using tests::TemporaryFolder;

constexpr int64_t kDim = 8;

/// Real units with one direction of their own each, for crystal and captions alike.
GeometrySet small_set() {
  GeometrySet set;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    if (unit.chemistry.slots.size() > 20) continue;
    GeometryExample example;
    example.id = "group " + std::to_string(unit.chemistry.space_group);
    example.unit = unit;
    example.input = diffusion::make_geometry_input(unit.chemistry, true);
    set.examples.push_back(std::move(example));
  }
  const auto rows = at::randn({set.size(), 1, kDim}, nn::make_generator(3), at::TensorOptions(at::kFloat));
  set.embeddings = (rows / rows.norm(2, {2}, true)).repeat({1, 3, 1});
  return set;
}

std::unique_ptr<GuideTrainer> make_trainer(int64_t steps, uint64_t seed = 5) {
  at::set_num_threads(1);
  at::manual_seed(1);
  GuideRun run;
  run.model.dim = kDim;
  run.model.width = 8;
  run.model.layers = 1;
  run.model.hidden = 16;
  run.training.steps = steps;
  run.training.batch_size = 5;
  run.training.warmup_steps = 2;
  run.training.captions = 2;
  run.training.learning_rate = 0.01;
  run.training.ema_decay = 0.9;
  diffusion::GeometryModelConfig geometry;
  geometry.denoiser.dim = 16;
  geometry.denoiser.layers = 1;
  geometry.denoiser.heads = 2;
  geometry.denoiser.pair_dim = 8;
  geometry.denoiser.condition_dim = 8;
  geometry.denoiser.embedding_dim = 4;
  geometry.scale = measure_lattice_scale(small_set());
  return std::make_unique<GuideTrainer>(run, geometry, small_set(), small_set(), seed, torch::kCPU);
}

TEST(GuideTrainer, ResumedRunEqualsTheUninterruptedOne) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/state.safetensors";
  auto whole = make_trainer(8);
  while (!whole->finished()) whole->step();
  auto first = make_trainer(8);
  for (int k = 0; k < 3; ++k) first->step();
  first->save_state(path);
  first->step();  // what a kill throws away
  auto second = make_trainer(8);
  second->restore_state(path);
  EXPECT_EQ(second->steps_done(), 3);
  while (!second->finished()) second->step();
  whole->save_model(folder.path() + "/a.safetensors", "{}");
  second->save_model(folder.path() + "/b.safetensors", "{}");
  const auto a = nn::load_tensors(folder.path() + "/a.safetensors").tensors,
             b = nn::load_tensors(folder.path() + "/b.safetensors").tensors;
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(tensor.equal(b.at(name))) << name;
  EXPECT_THROW(make_trainer(8, 6)->restore_state(path), Error);
}

TEST(GuideTrainer, LearnsToTellStructuresApartAtEveryNoiseLevel) {
  auto trainer = make_trainer(120);
  while (!trainer->finished()) trainer->step();
  const auto levels = trainer->validate();
  ASSERT_EQ(levels.size(), 9u);
  EXPECT_EQ(levels.front().t, 0);
  EXPECT_EQ(levels.back().t, 1);
  const double chance = 1.0 / static_cast<double>(levels[0].matching.group);
  for (const auto& level : levels) {
    EXPECT_GT(level.matching.crystal_to_text, 3 * chance);  // the chemistry is there at any level
    EXPECT_LT(level.control.crystal_to_text, level.matching.crystal_to_text);
  }
}

TEST(GuideTrainer, ConfigurationIsReadBackAndUnknownKeysAreRefused) {
  EXPECT_NE(read_guide_run("").yaml().find("masked_share: 0.3"), std::string::npos);
  EXPECT_EQ(read_guide_run(CLAMP_CONFIGS "/guide.yaml").yaml(), GuideRun{}.yaml());
}

}  // namespace
}  // namespace clamp::train
