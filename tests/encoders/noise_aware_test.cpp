#include "encoders/noise_aware.h"

#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <Eigen/Geometry>
#include <filesystem>

#include "core/error.h"
#include "nn/random.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

NoiseAwareConfig tiny() {
  NoiseAwareConfig config;
  config.dim = 8;
  config.width = 6;
  config.layers = 2;
  config.hidden = 10;
  config.neighbors = 5;
  config.gaussians = 8;
  return config;
}

/// Two crystals of 4 and 6 atoms in double precision, soft species.
NoisyCrystals two_crystals(uint64_t seed) {
  auto generator = nn::make_generator(seed);
  NoisyCrystals crystals;
  crystals.species = torch::softmax(2 * torch::randn({10, kSoftSpecies}, generator, torch::kFloat64), 1);
  crystals.frac = torch::rand({10, 3}, generator, torch::kFloat64);
  crystals.cells = 4 * torch::eye(3, torch::kFloat64).unsqueeze(0).repeat({2, 1, 1}) +
                   0.5 * torch::randn({2, 3, 3}, generator, torch::kFloat64);
  crystals.crystal_of = torch::tensor({0, 0, 0, 0, 1, 1, 1, 1, 1, 1}, torch::kInt64);
  crystals.t = torch::tensor({0.2, 0.7}, torch::kFloat64);
  return crystals;
}

NoiseAwareEncoder make_encoder() {
  torch::manual_seed(4);
  NoiseAwareEncoder encoder(tiny());
  encoder->to(torch::kFloat64);
  return encoder;
}

NoisyCrystals second_alone(const NoisyCrystals& both) {
  return {both.species.narrow(0, 4, 6), both.frac.narrow(0, 4, 6), both.cells.narrow(0, 1, 1),
          torch::zeros({6}, torch::kInt64), both.t.narrow(0, 1, 1)};
}

TEST(NoiseAware, EmbeddingsAreNormalisedAndDoNotDependOnTheBatch) {
  auto encoder = make_encoder();
  const auto crystals = two_crystals(1);
  const auto both = encoder->forward(crystals);
  EXPECT_TRUE(torch::allclose(both.norm(2, {1}, false), torch::ones({2}, torch::kFloat64)));
  EXPECT_TRUE(torch::allclose(encoder->forward(second_alone(crystals))[0], both[1], 1e-9, 1e-9));
  EXPECT_GT((both[0] - both[1]).norm().item<double>(), 1e-3);
}

TEST(NoiseAware, IsInvariantUnderRotationTranslationAndChoiceOfImages) {
  auto encoder = make_encoder();
  auto crystals = two_crystals(2);
  const auto before = encoder->forward(crystals);
  const Eigen::Matrix3d r = Eigen::AngleAxisd(0.7, Eigen::Vector3d(1, 2, -1).normalized()).matrix();
  const auto rotation = torch::from_blob(const_cast<double*>(r.data()), {3, 3}, torch::kFloat64).clone();
  crystals.cells = torch::matmul(crystals.cells, rotation);
  crystals.frac = crystals.frac + torch::tensor({0.3, -0.2, 0.6}, torch::kFloat64);
  crystals.frac[2] += torch::tensor({1.0, -2.0, 0.0}, torch::kFloat64);
  EXPECT_TRUE(torch::allclose(encoder->forward(crystals), before, 1e-9, 1e-9));
}

// Central differences in double precision, of every kind of input.
TEST(NoiseAware, GradientsEqualFiniteDifferences) {
  auto encoder = make_encoder();
  auto crystals = two_crystals(3);
  const auto weights = torch::randn({2, 8}, nn::make_generator(9), torch::kFloat64);
  const auto value = [&] { return (encoder->forward(crystals) * weights).sum(); };
  for (torch::Tensor* const input : {&crystals.frac, &crystals.cells, &crystals.species}) {
    *input = input->detach().clone().requires_grad_();
    const auto gradient = torch::autograd::grad({value()}, {*input})[0].flatten();
    *input = input->detach();
    auto flat = input->view({-1});
    double largest = 0;
    for (const int64_t k : {int64_t{0}, int64_t{4}, int64_t{7}, int64_t{16}}) {
      const double x = flat[k].item<double>(), step = 1e-5;
      flat[k] = x + step;
      const double above = value().item<double>();
      flat[k] = x - step;
      const double below = value().item<double>();
      flat[k] = x;
      EXPECT_NEAR(gradient[k].item<double>(), (above - below) / (2 * step), 1e-6);
      largest = std::max(largest, std::abs(gradient[k].item<double>()));
    }
    EXPECT_GT(largest, 1e-5);
  }
}

TEST(NoiseAware, GradientsAreFiniteWhereAtomsCoincideAndCellsAreEmptyOfNeighbors) {
  auto encoder = make_encoder();
  auto crystals = two_crystals(5);
  crystals.frac[1] = crystals.frac[0];
  crystals.cells = crystals.cells * 20;
  crystals.frac.requires_grad_();
  const auto gradient = torch::autograd::grad({encoder->forward(crystals)[0][0]}, {crystals.frac})[0];
  EXPECT_TRUE(gradient.isfinite().all().item<bool>());
}

TEST(NoiseAware, SavedWeightsComeBackAndForeignFilesAreRefused) {
  const auto folder = std::filesystem::temp_directory_path() / "clamp_noise_aware_test";
  std::filesystem::create_directories(folder);
  const auto path = (folder / "guide.safetensors").string();
  torch::manual_seed(4);
  NoiseAwareEncoder encoder(tiny());
  save_noise_aware(path, tiny(), nn::state_of(*encoder, ""), {{"step", "3"}});
  auto loaded = load_noise_aware(path, torch::kCPU);
  auto crystals = two_crystals(6);
  for (torch::Tensor* const input : {&crystals.species, &crystals.frac, &crystals.cells, &crystals.t})
    *input = input->to(torch::kFloat32);
  EXPECT_TRUE(torch::allclose(loaded->forward(crystals), encoder->forward(crystals), 1e-2, 1e-2));
  nn::save_tensors(path, {{"x", torch::zeros({1})}}, {{"format", "other"}});
  EXPECT_THROW(load_noise_aware(path, torch::kCPU), Error);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace clamp::encoders
