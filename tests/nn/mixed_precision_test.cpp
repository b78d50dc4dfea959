#include "nn/mixed_precision.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

namespace clamp::nn {
namespace {

TEST(Linear, OfFewRowsIsTheMatrixProduct) {
  at::manual_seed(1);
  torch::nn::Linear layer(24, 10);
  const torch::NoGradGuard no_grad;
  for (const int64_t rows : {int64_t{1}, kFewRows, kFewRows + 1}) {
    SCOPED_TRACE(rows);
    const auto x = at::randn({rows, 1, 24});
    const auto expected = at::matmul(x, layer->weight.t()) + layer->bias;
    EXPECT_EQ(linear(layer, x, false).sizes(), expected.sizes());
    EXPECT_TRUE(at::allclose(linear(layer, x, false), expected, 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(linear_of_few(x, layer->weight, layer->bias), expected, 1e-5, 1e-6));
  }
}

TEST(Linear, GivesGradientsOfFewRows) {
  at::manual_seed(2);
  torch::nn::Linear layer(3, 2);
  const auto x = at::randn({2, 3});
  linear(layer, x, false).sum().backward();
  EXPECT_TRUE(at::allclose(layer->bias.grad(), at::full({2}, 2.0)));
  EXPECT_TRUE(at::allclose(layer->weight.grad(), x.sum(0).expand({2, 3})));
}

}  // namespace
}  // namespace clamp::nn
