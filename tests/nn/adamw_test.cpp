#include "nn/adamw.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/container/sequential.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adamw.h>
#include <torch/utils.h>

#include "core/error.h"
#include "nn/lr_schedule.h"
#include "nn/random.h"

namespace clamp::nn {
namespace {

torch::nn::Sequential make_model(uint64_t seed) {
  torch::nn::Sequential model(torch::nn::Linear(5, 7), torch::nn::Linear(7, 3));
  const torch::NoGradGuard no_grad;
  auto generator = make_generator(seed);
  for (auto& parameter : model->parameters()) parameter.normal_(0, 0.5, generator);
  return model;
}

void backward(torch::nn::Sequential& model, int64_t step) {
  auto generator = make_generator(static_cast<uint64_t>(step));
  model->forward(torch::randn({4, 5}, generator)).square().sum().backward();
}

// Independent computation: torch's own AdamW with the same two groups.
TEST(AdamW, EqualsTorchsOptimizer) {
  auto ours = make_model(1), theirs = make_model(1);
  AdamW optimizer(decay_groups(*ours, 0.1), {0.9, 0.98, 1e-8});
  std::vector<torch::Tensor> matrices, vectors;
  for (const auto& parameter : theirs->parameters())
    (parameter.dim() >= 2 ? matrices : vectors).push_back(parameter);
  const auto options = torch::optim::AdamWOptions(1e-2).betas({0.9, 0.98}).eps(1e-8);
  auto decaying = options, plain = options;
  torch::optim::AdamW reference(
      {torch::optim::OptimizerParamGroup(
           matrices, std::make_unique<torch::optim::AdamWOptions>(decaying.weight_decay(0.1))),
       torch::optim::OptimizerParamGroup(
           vectors, std::make_unique<torch::optim::AdamWOptions>(plain.weight_decay(0.0)))},
      options);
  for (int64_t step = 0; step < 20; ++step) {
    optimizer.zero_grad();
    backward(ours, step);
    optimizer.step(1e-2);
    reference.zero_grad();
    backward(theirs, step);
    reference.step();
  }
  const auto found = ours->parameters(), expected = theirs->parameters();
  for (size_t i = 0; i < found.size(); ++i)
    EXPECT_TRUE(torch::allclose(found[i], expected[i], 1e-5, 1e-6)) << i;
}

TEST(AdamW, ClipsTheJointNorm) {
  auto model = make_model(2);
  AdamW optimizer(decay_groups(*model, 0.0), {});
  backward(model, 0);
  double squares = 0;
  for (const auto& parameter : model->parameters()) squares += parameter.grad().square().sum().item<double>();
  EXPECT_NEAR(optimizer.clip_grad_norm(0.5).item<double>(), std::sqrt(squares), 1e-4 * std::sqrt(squares));
  squares = 0;
  for (const auto& parameter : model->parameters()) squares += parameter.grad().square().sum().item<double>();
  EXPECT_NEAR(std::sqrt(squares), 0.5, 1e-4);
}

TEST(AdamW, SmallGradientsAreNotScaled) {
  auto model = make_model(2);
  AdamW optimizer(decay_groups(*model, 0.0), {});
  backward(model, 0);
  const auto before = model->parameters()[0].grad().clone();
  optimizer.clip_grad_norm(1e6);
  EXPECT_TRUE(torch::equal(model->parameters()[0].grad(), before));
}

TEST(AdamW, RestoredStateContinuesBitForBit) {
  auto model = make_model(3);
  AdamW optimizer(decay_groups(*model, 0.1), {});
  const auto advance = [](torch::nn::Sequential& target, AdamW& with, int64_t step) {
    with.zero_grad();
    backward(target, step);
    with.step(1e-2);
  };
  for (int64_t step = 0; step < 5; ++step) advance(model, optimizer, step);
  auto resumed = make_model(4);
  load_state(*resumed, state_of(*model, ""), "", "test");
  AdamW second(decay_groups(*resumed, 0.1), {});
  second.restore(optimizer.state("o."), "o.", "test");
  EXPECT_EQ(second.steps(), 5);
  for (int64_t step = 5; step < 10; ++step) {
    advance(model, optimizer, step);
    advance(resumed, second, step);
  }
  for (size_t i = 0; i < model->parameters().size(); ++i) {
    EXPECT_TRUE(torch::equal(model->parameters()[i], resumed->parameters()[i])) << i;
  }
}

TEST(AdamW, NamesTheStateThatIsMissing) {
  auto model = make_model(3);
  AdamW optimizer(decay_groups(*model, 0.1), {});
  auto state = optimizer.state("o.");
  state.erase("o.mean.1.bias");
  try {
    optimizer.restore(state, "o.", "s.safetensors");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "s.safetensors: optimizer state 'o.mean.1.bias' is missing or does not fit the model");
  }
}

TEST(LrSchedule, WarmsUpPeaksAndEndsAtTheFloor) {
  LrSchedule schedule;
  schedule.peak = 2.0;
  schedule.warmup_steps = 10;
  schedule.total_steps = 110;
  schedule.floor_fraction = 0.1;
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 0), 0.2);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 9), 2.0);
  EXPECT_DOUBLE_EQ(learning_rate(schedule, 10), 2.0);
  EXPECT_NEAR(learning_rate(schedule, 60), 2.0 * (0.1 + 0.9 * 0.5), 1e-12);
  EXPECT_NEAR(learning_rate(schedule, 110), 0.2, 1e-12);
  EXPECT_NEAR(learning_rate(schedule, 1000), 0.2, 1e-12);
}

}  // namespace
}  // namespace clamp::nn
