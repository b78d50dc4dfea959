// On a GPU the same as on the CPU: the denoiser, a training run and its resumption, generation.
#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/cuda.h>
#include <torch/utils.h>

#include "apps/pipeline.h"
#include "tests/diffusion/clean_batches.h"
#include "tests/support/random_crystal.h"
#include "tests/train/tiny_geometry_run.h"
#include "train/geometry_trainer.h"

namespace clamp {
namespace {

const std::string kCheckpoint = CLAMP_CHECKPOINTS "/mof64";

class Gpu : public testing::Test {
 protected:
  void SetUp() override {
    if (!torch::cuda::is_available()) GTEST_SKIP() << "LibTorch finds no CUDA device";
  }
  const torch::Device cuda_{torch::kCUDA};
};

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a.to(at::kCPU) - b.to(at::kCPU)).abs().max().item<double>();
}

/// What `model` says, on `device`, of the samples with noise of clock `t`.
diffusion::GeometryModel::Prediction predict(diffusion::GeometryModel& model, torch::Device device,
                                             double t) {
  const torch::NoGradGuard no_grad;
  const auto clean = tests::clean_batch(tests::qmof_units(), model);
  const auto noise = tests::draw_noise(clean, t, 3);
  const auto state = diffusion::add_noise(model.config(), clean, noise);
  model.denoiser()->to(device);
  return model.predict(clean.chemistry.to(device), state.coords.to(device), state.lattice.to(device),
                       noise.t.to(device), clean.embedding.to(device), clean.has_embedding.to(device));
}

void expect_same_predictions(diffusion::GeometryModel& model, torch::Device device) {
  for (const double t : {0.1, 0.5, 0.9}) {
    SCOPED_TRACE(t);
    const auto expected = predict(model, torch::kCPU, t);
    const auto found = predict(model, device, t);
    EXPECT_LT(difference(found.score, expected.score), 1e-4);
    EXPECT_LT(difference(found.lattice, expected.lattice), 1e-4);
  }
}

TEST_F(Gpu, DenoiserSaysWhatItSaysOnTheCpu) {
  auto random = tests::random_model(1);
  expect_same_predictions(random, cuda_);
  auto released = diffusion::GeometryModel::load(kCheckpoint + "/geometry.safetensors", torch::kCPU);
  expect_same_predictions(released, cuda_);
}

std::unique_ptr<train::GeometryTrainer> make_trainer(torch::Device device) {
  at::manual_seed(1);
  return std::make_unique<train::GeometryTrainer>(tests::tiny_run(6), tests::small_set(), tests::small_set(),
                                                  5, device);
}

// Sums of gradients are atomic on the device: equal to rounding, not to the bit.
constexpr double kTrainingTolerance = 1e-4;

TEST_F(Gpu, UpdatesHaveTheLossesOfTheCpu) {
  const tests::Float32Products float32;
  auto on_cpu = make_trainer(torch::kCPU), on_gpu = make_trainer(cuda_);
  while (!on_cpu->finished()) {
    const auto expected = on_cpu->step(), found = on_gpu->step();
    EXPECT_NEAR(found.coords, expected.coords, kTrainingTolerance * expected.coords);
    EXPECT_NEAR(found.lattice, expected.lattice, kTrainingTolerance * expected.lattice);
  }
}

TEST_F(Gpu, ResumedRunEqualsTheUninterruptedOne) {
  const tests::TemporaryFolder folder;
  const std::string path = folder.path() + "/state.safetensors";
  auto whole = make_trainer(cuda_), first = make_trainer(cuda_), second = make_trainer(cuda_);
  while (!whole->finished()) whole->step();
  for (int k = 0; k < 3; ++k) first->step();
  first->save_state(path);
  second->restore_state(path);
  EXPECT_EQ(second->steps_done(), 3);
  while (!second->finished()) second->step();
  for (const auto& [name, tensor] : whole->averaged_weights()) {
    EXPECT_LT(difference(second->averaged_weights().at(name), tensor), kTrainingTolerance) << name;
  }
  EXPECT_NEAR(second->validate().coords, whole->validate().coords, 1e-3);
}

/// As `clamp-generate --device ...` does it, with few calls.
std::vector<sampler::SampleResult> generate_on(torch::Device device) {
  const apps::CheckpointDir checkpoint{kCheckpoint};
  apps::LoadOptions options;
  options.composer = apps::ComposerKind::kModel;
  const auto model = apps::load_model(checkpoint, options, device);
  sampler::GenerateConfig config;
  config.prompts = {"zinc framework with terephthalate linkers"};
  config.n = 1;
  config.best_of = 2;
  config.coarse_starts = 4;
  config.geometry.steps = 5;
  std::vector<sampler::SampleResult> results;
  sampler::generate(
      model.pipeline(), config, [&](const sampler::SampleResult& result) { results.push_back(result); },
      [] { return false; });
  return results;
}

TEST_F(Gpu, GeneratesStructures) {
  const auto results = generate_on(cuda_);
  ASSERT_EQ(results.size(), 1u);
  EXPECT_EQ(results[0].reason, "");
  ASSERT_TRUE(results[0].best);
  EXPECT_GT(results[0].best->crystal.n_atoms(), 0);
}

}  // namespace
}  // namespace clamp
