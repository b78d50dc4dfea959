#include "diffusion/reverse_step.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>
#include <utility>
#include <vector>

#include "diffusion/noise_schedule.h"
#include "diffusion/wrapped_normal.h"
#include "nn/random.h"

namespace clamp::diffusion {
namespace {

double normal_density(double x, double mean, double variance) {
  return std::exp(-(x - mean) * (x - mean) / (2 * variance)) / std::sqrt(2 * M_PI * variance);
}

struct Moments {
  double mean = 0, variance = 0;
};

/// Moments of an unnormalised density by quadrature.
template <typename Density>
Moments by_quadrature(const Density& density, double low, double high) {
  constexpr int kPoints = 20000;
  double mass = 0, first = 0, second = 0;
  for (int k = 0; k <= kPoints; ++k) {
    const double x = low + (high - low) * k / kPoints, p = density(x);
    mass += p;
    first += p * x;
    second += p * x * x;
  }
  const double mean = first / mass;
  return {mean, second / mass - mean * mean};
}

// q(x_to | x_from, x_0) is proportional to q(x_from | x_to) q(x_to | x_0).
TEST(ReverseStep, LatticePosteriorIsBayesRule) {
  for (const auto& levels : {std::pair{0.1, 0.2}, std::pair{0.5, 0.9}, std::pair{0.98, 0.999}}) {
    const double from = levels.first, to = levels.second, clean = 0.7, noisy = -0.4, ratio = from / to;
    SCOPED_TRACE(from);
    const auto expected = by_quadrature(
        [&](double x) {
          return normal_density(noisy, ratio * x, 1 - from * from - ratio * ratio * (1 - to * to)) *
                 normal_density(x, to * clean, 1 - to * to);
        },
        -8, 8);
    const auto posterior = preserving_posterior(from, to);
    EXPECT_NEAR(posterior.noisy * noisy + posterior.clean * clean, expected.mean, 1e-7);
    EXPECT_NEAR(posterior.deviation * posterior.deviation, expected.variance, 1e-7);
  }
}

TEST(ReverseStep, CoordinatePosteriorIsBayesRule) {
  for (const auto& levels : {std::pair{0.5, 0.4}, std::pair{0.2, 0.02}, std::pair{0.011, 0.01}}) {
    const double from = levels.first, to = levels.second, clean = 0.3, noisy = 0.3 + 1.3 * from;
    SCOPED_TRACE(from);
    const auto expected = by_quadrature(
        [&](double x) {
          return normal_density(noisy, x, from * from - to * to) * normal_density(x, clean, to * to);
        },
        clean - 10 * to, clean + 10 * to);
    const auto posterior = exploding_posterior(from, to);
    EXPECT_NEAR(posterior.noisy * noisy + posterior.clean * clean, expected.mean, 1e-7);
    EXPECT_NEAR(posterior.deviation * posterior.deviation, expected.variance, 1e-6 * to * to);
  }
}

// A step from the marginal at one level, with the true clean state, leads to the marginal at the next.
TEST(ReverseStep, StepsKeepTheMarginals) {
  const double clean = 0.6;
  for (const double low : {0.1, 0.3, 0.5, 0.7}) {
    SCOPED_TRACE(low);
    const double high = low + 0.12;
    const auto lattice = preserving_posterior(low, high);
    EXPECT_NEAR(lattice.noisy * low * clean + lattice.clean * clean, high * clean, 1e-12);
    EXPECT_NEAR(lattice.noisy * lattice.noisy * (1 - low * low) + lattice.deviation * lattice.deviation,
                1 - high * high, 1e-12);
    const auto coords = exploding_posterior(high, low);
    EXPECT_NEAR(coords.noisy + coords.clean, 1, 1e-12);
    EXPECT_NEAR(coords.noisy * coords.noisy * high * high + coords.deviation * coords.deviation, low * low,
                1e-12);
  }
}

// The last step ends in the clean state, and a step to the same level changes nothing.
TEST(ReverseStep, LimitsAreTheCleanAndTheSameState) {
  for (const double from : {0.05, 0.5, 0.95}) {
    SCOPED_TRACE(from);
    const auto lattice = preserving_posterior(from, 1.0);
    EXPECT_NEAR(lattice.noisy, 0, 1e-12);
    EXPECT_NEAR(lattice.clean, 1, 1e-12);
    EXPECT_NEAR(lattice.deviation, 0, 1e-7);
    const auto coords = exploding_posterior(from, 1e-9);
    EXPECT_NEAR(coords.clean, 1, 1e-12);
    EXPECT_NEAR(coords.deviation, 0, 1e-8);
    const auto same = preserving_posterior(from, from);
    EXPECT_NEAR(same.noisy, 1, 1e-12);
    EXPECT_NEAR(same.clean, 0, 1e-12);
    EXPECT_NEAR(exploding_posterior(from, from).noisy, 1, 1e-12);
  }
  const auto first = preserving_posterior(0.0, 0.3);  // from pure noise
  EXPECT_NEAR(first.noisy, 0, 1e-12);
  EXPECT_NEAR(first.clean, 0.3, 1e-12);
  EXPECT_NEAR(first.deviation * first.deviation, 1 - 0.09, 1e-12);
}

// Two points on a circle with weights 0.7 and 0.3, the exact score of their noisy mixture, 100 steps from the
// uniform distribution: the points come back with their weights.
TEST(ReverseStep, ExactScoreBringsBackATorusDistribution) {
  constexpr int64_t kWalkers = 4000, kSteps = 100;
  const double centre[] = {0.1, 0.55}, weight[] = {0.7, 0.3};
  const at::TensorOptions options(at::kDouble);
  auto generator = nn::make_generator(5);
  auto x = at::rand({kWalkers}, generator, options);
  const auto clock = at::linspace(1, 0, kSteps + 1, options);
  const auto sigma = coordinate_sigma(clock, at::full({kSteps + 1}, 60, at::kLong), 13.0, NoiseConfig());
  const auto levels = sigma.contiguous();
  const double* s = levels.data_ptr<double>();
  for (int64_t k = 0; k < kSteps; ++k) {
    const auto width = at::full({kWalkers}, s[k], options);
    std::vector<torch::Tensor> densities, scores;
    for (const int c : {0, 1}) {
      const auto d = x - centre[c];
      const auto images = (d - d.round()).unsqueeze(-1) + at::arange(-6, 7, options);
      densities.push_back(weight[c] * at::exp(-images.square() / (2 * s[k] * s[k])).sum(-1) + 1e-300);
      scores.push_back(wrapped_normal_score(d, width));
    }
    const auto score = (densities[0] * scores[0] + densities[1] * scores[1]) / (densities[0] + densities[1]);
    const auto step = exploding_posterior(s[k], s[k + 1]);
    x = x + step.clean * s[k] * s[k] * score + step.deviation * at::randn({kWalkers}, generator, options);
  }
  double found = 0;
  for (const int c : {0, 1}) {
    const auto d = x - centre[c];
    const double near = (d - d.round()).abs().lt(0.02).to(at::kDouble).mean().item<double>();
    EXPECT_NEAR(near, weight[c], 0.03) << c;  // four standard errors
    found += near;
  }
  EXPECT_GT(found, 0.98);
}

// Normal data of mean 0.5 and deviation 0.3, their exact posterior mean as the prediction, 200 steps.
TEST(ReverseStep, ExactPredictionBringsBackANormalLattice) {
  constexpr int64_t kWalkers = 20000, kSteps = 200;
  constexpr double kMean = 0.5, kDeviation = 0.3;
  const at::TensorOptions options(at::kDouble);
  auto generator = nn::make_generator(6);
  auto x = at::randn({kWalkers}, generator, options);
  const auto alpha = lattice_alpha(at::linspace(1, 0, kSteps + 1, options), NoiseConfig()).contiguous();
  const double* a = alpha.data_ptr<double>();
  for (int64_t k = 0; k < kSteps; ++k) {
    const double variance = a[k] * a[k] * kDeviation * kDeviation + 1 - a[k] * a[k];
    const auto clean = kMean + a[k] * kDeviation * kDeviation / variance * (x - a[k] * kMean);
    const auto step = preserving_posterior(a[k], a[k + 1]);
    x = step.noisy * x + step.clean * clean + step.deviation * at::randn({kWalkers}, generator, options);
  }
  EXPECT_NEAR(x.mean().item<double>(), kMean, 0.01);
  EXPECT_NEAR(x.std().item<double>(), kDeviation, 0.01);
}

}  // namespace
}  // namespace clamp::diffusion
