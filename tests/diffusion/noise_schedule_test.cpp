#include "diffusion/noise_schedule.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/types.h>

#include <cmath>

namespace clamp::diffusion {
namespace {

TEST(NoiseSchedule, EndsAreTheConfiguredLevels) {
  const NoiseConfig config;
  const auto n_atoms = at::full({2}, 50, at::kLong);
  const auto sigma = coordinate_sigma(torch::tensor({0.0, 1.0}, at::kDouble), n_atoms, 13, config);
  EXPECT_NEAR(sigma[0].item<double>() * std::cbrt(50 * 13.0), config.sigma_min, 1e-12);
  EXPECT_NEAR(sigma[1].item<double>(), config.sigma_max, 1e-12);
}

TEST(NoiseSchedule, SmallestNoiseIsTheSameInAngstromForAllSizes) {
  const auto n_atoms = torch::tensor({10, 150}, at::kLong);
  const auto sigma = coordinate_sigma(at::zeros({2}, at::kDouble), n_atoms, 13, NoiseConfig());
  EXPECT_NEAR(sigma[0].item<double>() * std::cbrt(130.0), sigma[1].item<double>() * std::cbrt(1950.0), 1e-12);
}

TEST(NoiseSchedule, LatticeSignalFallsFromOneToZero) {
  const auto alpha = lattice_alpha(at::linspace(0, 1, 50, at::TensorOptions(at::kDouble)), NoiseConfig());
  EXPECT_DOUBLE_EQ(alpha[0].item<double>(), 1);
  EXPECT_NEAR(alpha[49].item<double>(), 0, 1e-12);
  EXPECT_LT((alpha.slice(0, 1) - alpha.slice(0, 0, -1)).max().item<double>(), 0);
}

}  // namespace
}  // namespace clamp::diffusion
