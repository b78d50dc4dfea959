#include "nn/ema.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>
#include <torch/utils.h>

#include "core/error.h"

namespace clamp::nn {
namespace {

// Decay of update n is min(decay, (1 + n) / (10 + n)): 0.1, then 2 / 11.
TEST(Ema, FollowsTheClosedForm) {
  torch::nn::Linear model(1, 1);
  const torch::NoGradGuard no_grad;
  model->weight.fill_(1.0);
  Ema ema(*model, 0.999);
  model->weight.fill_(3.0);
  ema.update(*model);
  const double first = 0.1 * 1.0 + 0.9 * 3.0;
  EXPECT_NEAR(ema.shadow().at("weight").item<double>(), first, 1e-6);
  model->weight.fill_(5.0);
  ema.update(*model);
  EXPECT_NEAR(ema.shadow().at("weight").item<double>(), first * 2 / 11 + 5.0 * 9 / 11, 1e-6);
  EXPECT_EQ(ema.updates(), 2);
}

TEST(Ema, CopiesBuffers) {
  torch::nn::BatchNorm1d model(2);
  Ema ema(*model, 0.999);
  model->running_mean.fill_(4.0);
  ema.update(*model);
  EXPECT_TRUE(torch::equal(ema.shadow().at("running_mean"), torch::full({2}, 4.0)));
}

TEST(Ema, RestoreContinuesExactly) {
  torch::nn::Linear model(2, 2);
  const torch::NoGradGuard no_grad;
  Ema first(*model, 0.9);
  model->weight.add_(1);
  first.update(*model);
  Ema second(*model, 0.9);
  TensorMap copy;
  for (const auto& [name, tensor] : first.shadow()) copy[name] = tensor.clone();
  second.restore(copy, first.updates());
  model->weight.mul_(0.3);
  first.update(*model);
  second.update(*model);
  EXPECT_TRUE(torch::equal(first.shadow().at("weight"), second.shadow().at("weight")));
}

TEST(Ema, RestoreNamesAMissingTensor) {
  torch::nn::Linear model(2, 2);
  Ema ema(*model, 0.9);
  try {
    ema.restore({{"weight", torch::zeros({2, 2})}}, 1);
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(),
                 "averaged weights: tensor 'bias' is missing or has another shape than the model's");
  }
}

}  // namespace
}  // namespace clamp::nn
