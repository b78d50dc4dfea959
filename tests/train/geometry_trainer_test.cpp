#include "train/geometry_trainer.h"

#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "run_together.h"
#include "support/random_crystal.h"
#include "tiny_geometry_run.h"

namespace clamp::train {
namespace {

using tests::small_set;
using tests::TemporaryFolder;
using tests::tiny_run;

std::unique_ptr<GeometryTrainer> make_trainer(int64_t steps, uint64_t seed = 5) {
  at::set_num_threads(1);
  at::manual_seed(1);
  return std::make_unique<GeometryTrainer>(tiny_run(steps), small_set(), small_set(), seed, torch::kCPU);
}

void expect_same(const nn::TensorMap& a, const nn::TensorMap& b) {
  ASSERT_EQ(a.size(), b.size());
  for (const auto& [name, tensor] : a) EXPECT_TRUE(tensor.equal(b.at(name))) << name;
}

// Killed after any number of updates and resumed: the same weights, bit for bit, as not killed.
TEST(GeometryTrainer, ResumedRunEqualsTheUninterruptedOne) {
  const TemporaryFolder folder;
  auto whole = make_trainer(9);
  while (!whole->finished()) whole->step();
  for (const int64_t killed_at : {1, 4, 8}) {
    SCOPED_TRACE(killed_at);
    const std::string path = folder.path() + "/state.safetensors";
    auto first = make_trainer(9);
    while (first->steps_done() < killed_at) first->step();
    first->save_state(path);
    first->step();  // what a kill throws away
    auto second = make_trainer(9);
    second->restore_state(path);
    EXPECT_EQ(second->steps_done(), killed_at);
    while (!second->finished()) second->step();
    expect_same(second->averaged_weights(), whole->averaged_weights());
  }
}

TEST(GeometryTrainer, SeveralProcessesTrainAsOne) {
  const tests::Float32Products float32;
  const TemporaryFolder folder;
  const std::string start = folder.path() + "/start.safetensors";
  auto one = make_trainer(6);
  one->save_state(start);
  std::vector<GeometryStep> expected;
  while (!one->finished()) expected.push_back(one->step());
  for (const int64_t size : {2, 3}) {
    SCOPED_TRACE(size);
    tests::run_together(size, [&](const Processes& processes) {
      GeometryTrainer part(tiny_run(6), small_set(), small_set(), 5, torch::kCPU, processes);
      part.restore_state(start);
      for (const auto& whole : expected) {
        const auto record = part.step();
        EXPECT_NEAR(record.coords, whole.coords, 1e-5 * whole.coords);
        EXPECT_NEAR(record.lattice, whole.lattice, 1e-5 * whole.lattice);
        EXPECT_NEAR(record.gradient_norm, whole.gradient_norm, 1e-4 * whole.gradient_norm);
      }
    });
  }
}

TEST(GeometryTrainer, ProcessesStartFromTheWeightsOfTheFirst) {
  std::vector<nn::TensorMap> weights(2);
  tests::run_together(2, [&](const Processes& processes) {
    const GeometryTrainer part(tiny_run(6), small_set(), {}, 5, torch::kCPU, processes);
    weights[static_cast<size_t>(processes.rank())] = part.averaged_weights();
  });
  expect_same(weights[0], weights[1]);
}

// One is asked to stop: all end at the same update, and the first has saved it.
TEST(GeometryTrainer, ProcessesStopTogether) {
  const TemporaryFolder folder;
  tests::run_together(2, [&](const Processes& processes) {
    GeometryTrainer part(tiny_run(9), small_set(), small_set(), 5, torch::kCPU, processes);
    Logger quiet(LogLevel::kQuiet);
    TrainingHooks hooks;
    hooks.stop = [&] { return processes.rank() == 1 && part.steps_done() == 4; };
    EXPECT_FALSE(run_geometry_training(part, folder.path(), hooks, quiet));
    EXPECT_EQ(part.steps_done(), 4);
  });
  auto resumed = make_trainer(9);
  resumed->restore_state(folder.path() + "/" + kGeometryStateFile);
  EXPECT_EQ(resumed->steps_done(), 4);
}

TEST(GeometryTrainer, LossFallsOnAFewStructures) {
  auto trainer = make_trainer(150);
  const double before = trainer->validate().coords;
  while (!trainer->finished()) trainer->step();
  EXPECT_LT(trainer->validate().coords, 0.97 * before);
}

TEST(GeometryTrainer, StateOfAnotherSeedIsRefused) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/state.safetensors";
  make_trainer(9)->save_state(path);
  try {
    make_trainer(9, 6)->restore_state(path);
    FAIL() << "no exception";
  } catch (const Error& e) {
    EXPECT_NE(std::string(e.what()).find("cannot be resumed: its seed is"), std::string::npos) << e.what();
  }
}

TEST(GeometryTrainer, SavedModelIsLoaded) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/" + kGeometryFile;
  auto trainer = make_trainer(3);
  trainer->step();
  trainer->save_model(path, "{}");
  auto model = diffusion::GeometryModel::load(path, torch::kCPU);
  EXPECT_EQ(diffusion::to_json(model.config()), diffusion::to_json(tiny_run(3).model));
}

TEST(GeometryTrainer, StartsFromANetworkWithoutTheOptionalParts) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/" + kGeometryFile;
  auto run = tiny_run(3);
  auto& parts = run.model.denoiser;
  parts.self_conditioning = parts.image_head = parts.copy_head = false;
  run.training.image_weight = run.training.copy_weight = 0;
  at::manual_seed(7);
  GeometryTrainer plain(run, small_set(), small_set(), 5, torch::kCPU);
  plain.step();
  plain.save_model(path, "{}");
  auto full = make_trainer(3);
  full->start_from(path);
  const auto stored = nn::load_tensors(path).tensors;
  const auto weights = full->averaged_weights();
  for (const auto& [name, tensor] : stored)
    EXPECT_TRUE(weights.at(name.substr(std::string("denoiser.").size())).equal(tensor.to(at::kFloat)))
        << name;
  EXPECT_GT(weights.size(), stored.size());
  run = tiny_run(3);
  run.model.predict_clean_lattice = true;
  GeometryTrainer other(run, small_set(), small_set(), 5, torch::kCPU);
  EXPECT_THROW(other.start_from(path), Error);
}

// Resumed or not, the file holds the weights of the best quality.
TEST(GeometryTrainer, KeepsTheWeightsOfTheBestQuality) {
  const TemporaryFolder folder;
  Logger logger(LogLevel::kQuiet);
  const auto kept_step = [&] { return nn::load_metadata(folder.path() + "/" + kGeometryFile).at("step"); };
  std::vector<double> qualities = {0.5, 0.2};  // at updates 5 and 7, where the run is stopped
  size_t asked = 0;
  const QualityCheck quality = [&](const diffusion::GeometryModel&) {
    return nlohmann::json{{"quality", qualities.at(asked++)}};
  };
  auto trainer = make_trainer(12);
  TrainingHooks hooks;
  hooks.stop = [&] { return trainer->steps_done() == 7; };
  EXPECT_FALSE(run_geometry_training(*trainer, folder.path(), hooks, logger, quality));
  EXPECT_EQ(kept_step(), "5");
  qualities = {0.4, 0.6};  // at updates 10 and 12
  asked = 0;
  auto resumed = make_trainer(12);
  resumed->restore_state(folder.path() + "/" + kGeometryStateFile);
  EXPECT_TRUE(run_geometry_training(*resumed, folder.path(), {}, logger, quality));
  EXPECT_EQ(asked, 2u);
  EXPECT_EQ(kept_step(), "12");
}

/// The batches of an epoch: until a structure comes again or all are there.
std::vector<std::vector<int64_t>> batches_of_epoch(const GeometrySet& set, BatchOrder& order,
                                                   int64_t first_step) {
  std::vector<std::vector<int64_t>> batches;
  std::vector<bool> seen(set.examples.size(), false);
  for (int64_t step = first_step;; ++step) {
    const auto batch = order.batch(step);
    if (std::any_of(batch.begin(), batch.end(), [&](int64_t k) { return seen[static_cast<size_t>(k)]; }))
      return batches;
    for (const int64_t k : batch) seen[static_cast<size_t>(k)] = true;
    batches.push_back(batch);
    if (std::all_of(seen.begin(), seen.end(), [](bool s) { return s; })) return batches;
  }
}

TEST(BatchOrder, FixedBatchesHaveEachStructureOnceAnEpoch) {
  const GeometrySet set = small_set();
  BatchOrder order(set, {2, 0}, 3);
  EXPECT_EQ(order.smallest_batch(), 2);
  const auto batches = batches_of_epoch(set, order, 0);
  EXPECT_EQ(static_cast<int64_t>(batches.size()), set.size() / 2);
  for (const auto& batch : batches) EXPECT_EQ(batch.size(), 2u);
}

int64_t padded_atoms(const GeometrySet& set, const std::vector<int64_t>& batch) {
  int64_t largest = 0;
  for (const int64_t k : batch)
    largest = std::max(largest, set.examples[static_cast<size_t>(k)].input.n_atoms);
  return largest * static_cast<int64_t>(batch.size());
}

TEST(BatchOrder, BudgetOfAtomsIsKeptAndUsed) {
  const GeometrySet set = small_set();
  int64_t atoms = 0;
  for (const auto& example : set.examples) atoms += example.input.n_atoms;
  const int64_t budget = 2 * tests::largest_of(set);
  BatchOrder order(set, {100, budget}, 3);
  EXPECT_EQ(order.smallest_batch(), 2);
  const auto batches = batches_of_epoch(set, order, 0);
  size_t structures = 0;
  for (const auto& batch : batches) {
    EXPECT_LE(padded_atoms(set, batch), budget);
    structures += batch.size();
  }
  EXPECT_GE(structures + 2, set.examples.size());  // less than the smallest batch is left over
  EXPECT_LT(static_cast<int64_t>(batches.size()), 2 * atoms / budget + 2);
  EXPECT_GT(std::max_element(batches.begin(), batches.end(),
                             [](const auto& a, const auto& b) { return a.size() < b.size(); })
                ->size(),
            2u);  // small structures share a batch
  EXPECT_DOUBLE_EQ(order.mean_batch(), static_cast<double>(structures) / static_cast<double>(batches.size()));
}

TEST(BatchOrder, IsAFunctionOfTheUpdate) {
  const GeometrySet set = small_set();
  for (const int64_t atoms : {0, 150}) {
    BatchOrder order(set, {3, atoms}, 3), again(set, {3, atoms}, 3);
    std::vector<std::vector<int64_t>> batches;
    for (int64_t step = 0; step < 40; ++step) batches.push_back(order.batch(step));
    for (const int64_t step : {37, 5, 12, 39}) {
      EXPECT_EQ(again.batch(step), batches[static_cast<size_t>(step)]) << step;
    }
  }
}

TEST(BatchOrder, TooSmallABudgetIsAnError) { EXPECT_THROW(BatchOrder(small_set(), {48, 5}, 3), UsageError); }

}  // namespace
}  // namespace clamp::train
