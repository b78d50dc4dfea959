#include "diffusion/wrapped_normal.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include "nn/random.h"

namespace clamp::diffusion {
namespace {

torch::Tensor uniform(at::IntArrayRef shape, uint64_t seed) {
  auto generator = nn::make_generator(seed);
  return at::rand(shape, generator, at::TensorOptions(at::kDouble));
}

// The score is a function on the torus: whole-cell translations do not change it.
TEST(WrappedNormal, ScoreIsPeriodic) {
  const auto sigma = at::full({1}, 0.1, at::kDouble);
  for (const uint64_t seed : {0, 1, 2, 3}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto delta = uniform({16, 3}, seed) - 0.5;
    const auto score = wrapped_normal_score(delta, sigma);
    EXPECT_TRUE(at::allclose(score, wrapped_normal_score(delta + 3, sigma), 1e-9, 1e-9));
  }
}

// Far from the cell boundary and for small sigma it is the plain Gaussian score.
TEST(WrappedNormal, SmallSigmaIsGaussian) {
  const auto sigma = at::full({1}, 0.01, at::kDouble);
  const auto delta = 0.02 * (uniform({16, 3}, 7) - 0.5);
  EXPECT_TRUE(at::allclose(wrapped_normal_score(delta, sigma), -delta / sigma.square(), 1e-9, 1e-9));
}

// Independent computation: finite differences of the log density with four times the images.
TEST(WrappedNormal, TruncationErrorIsNegligible) {
  const auto k = at::arange(-24, 25, at::kDouble);
  for (const double sigma : {0.05, 0.3, 0.6}) {
    SCOPED_TRACE("sigma " + std::to_string(sigma));
    const auto log_density = [&](const torch::Tensor& x) {
      return at::logsumexp(-(x.unsqueeze(-1) + k).square() / (2 * sigma * sigma), -1);
    };
    const auto delta = uniform({32}, 11) - 0.5;
    const double h = 1e-5;
    const auto expected = (log_density(delta + h) - log_density(delta - h)) / (2 * h);
    const auto found = wrapped_normal_score(delta, at::full({1}, sigma, at::kDouble));
    EXPECT_LT((found - expected).abs().max().item<double>(), 1e-6 / (sigma * sigma));
  }
}

// A million draws against the quadrature.
TEST(WrappedNormal, RootMeanSquareMatchesSampling) {
  auto generator = nn::make_generator(3);
  for (const double sigma : {0.02, 0.1, 0.3}) {
    SCOPED_TRACE("sigma " + std::to_string(sigma));
    const auto scale = at::full({1}, sigma, at::kDouble);
    const auto draws = sigma * at::randn({1000000}, generator, at::TensorOptions(at::kDouble));
    const double expected = wrapped_normal_score(draws, scale).square().mean().sqrt().item<double>();
    EXPECT_NEAR(wrapped_normal_score_rms(scale).item<double>() / expected, 1, 5e-3);
  }
}

}  // namespace
}  // namespace clamp::diffusion
