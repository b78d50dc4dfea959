#include "diffusion/denoiser.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <Eigen/Geometry>
#include <algorithm>
#include <numeric>

#include "clean_batches.h"

namespace clamp::diffusion {
namespace {

using tests::random_model;

constexpr double kTolerance = 1e-4;

struct Noisy {
  CleanBatch clean;
  NoisyState state;
  torch::Tensor t;
};

Noisy noisy(const std::vector<AsymmetricUnit>& units, const GeometryModel& model, double t, uint64_t seed) {
  Noisy n{tests::clean_batch(units, model), {}, {}};
  const auto noise = tests::draw_noise(n.clean, t, seed);
  n.state = add_noise(model.config(), n.clean, noise);
  n.t = noise.t;
  return n;
}

GeometryModel::Prediction predict(GeometryModel& model, const Noisy& n) {
  const torch::NoGradGuard no_grad;
  const auto ask = [&](const GeometryModel::Prediction* guess) {
    return model.predict(n.clean.chemistry, n.state.coords, n.state.lattice, n.t, n.clean.embedding,
                         n.clean.has_embedding, guess);
  };
  const auto guess = ask(nullptr);
  return ask(&guess);
}

double difference(const torch::Tensor& a, const torch::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(Denoiser, HasTheParametersOfItsCheckpointFormat) {
  const Denoiser denoiser(tests::tiny_geometry_config().denoiser);
  EXPECT_EQ(denoiser->named_parameters().size(), 59u);
  const Denoiser full(tests::full_geometry_config().denoiser);
  EXPECT_EQ(full->named_parameters().size(), 64u);
}

// Cells enter through their metric only; the same crystal in any orientation gives the same state.
TEST(Denoiser, IsInvariantUnderRotationOfTheInput) {
  GeometryModel model = random_model(1);
  auto units = tests::small_units();
  const auto before = predict(model, noisy(units, model, 0.5, 3));
  const Mat3 rotation = Eigen::AngleAxisd(0.7, Vec3(1, -2, 0.5).normalized()).toRotationMatrix();
  for (AsymmetricUnit& unit : units) unit.cell = (unit.cell * rotation).eval();
  const auto after = predict(model, noisy(units, model, 0.5, 3));
  EXPECT_LT(difference(before.score, after.score), kTolerance);
  EXPECT_LT(difference(before.images, after.images), kTolerance);
  EXPECT_LT(difference(before.copies, after.copies), kTolerance);
  EXPECT_LT(difference(before.lattice, after.lattice), kTolerance);
}

TEST(Denoiser, IsInvariantUnderLatticeTranslationsOfSlots) {
  GeometryModel model = random_model(2);
  Noisy n = noisy(tests::small_units(), model, 0.5, 4);
  const auto before = predict(model, n);
  n.state.coords =
      n.state.coords +
      (at::arange(n.state.coords.numel(), at::kFloat).view(n.state.coords.sizes()).remainder(3) - 1);
  const auto after = predict(model, n);
  // Coordinates in float32 lose a bit when they are moved; the error grows with the score.
  const double largest = before.score.abs().max().item<double>();
  EXPECT_LT(difference(before.score, after.score), kTolerance * largest);
  EXPECT_LT(difference(before.lattice, after.lattice), 5 * kTolerance);
}

// Along polar directions the origin is free: moving all atoms together there changes nothing.
TEST(Denoiser, IsInvariantUnderPolarTranslations) {
  GeometryModel model = random_model(3);
  Noisy n = noisy(tests::small_units(), model, 0.4, 5);
  const auto before = predict(model, n);
  const auto move =
      at::matmul(n.clean.chemistry.polar_projector, torch::tensor({0.13, -0.21, 0.37}, at::kFloat));
  n.state.coords = n.state.coords + move.unsqueeze(1) * n.clean.chemistry.slot_mask.unsqueeze(-1);
  const auto after = predict(model, n);
  EXPECT_LT(difference(before.score, after.score), 5 * kTolerance);
}

TEST(Denoiser, PermutedSlotsGivePermutedOutputs) {
  GeometryModel model = random_model(4);
  for (const AsymmetricUnit& unit : tests::small_units()) {
    SCOPED_TRACE(unit.chemistry.space_group);
    const size_t n = unit.chemistry.slots.size();
    std::vector<size_t> order(n);
    std::iota(order.begin(), order.end(), 0);
    std::reverse(order.begin(), order.end());
    AsymmetricUnit permuted = unit;
    for (size_t k = 0; k < n; ++k) {
      permuted.chemistry.slots[k] = unit.chemistry.slots[order[k]];
      permuted.frac_coords[k] = unit.frac_coords[order[k]];
    }
    for (SlotBond& bond : permuted.chemistry.bonds) {
      bond.i = static_cast<int>(n) - 1 - bond.i;
      bond.j = static_cast<int>(n) - 1 - bond.j;
    }
    Noisy a = noisy({unit}, model, 0, 6);
    Noisy b = noisy({permuted}, model, 0, 6);
    // The clean state: noise is drawn by slot.
    a.state.coords = a.clean.coords;
    b.state.coords = b.clean.coords;
    const auto first = predict(model, a);
    const auto second = predict(model, b);
    EXPECT_LT(difference(first.score, second.score.flip(1)), kTolerance);
    EXPECT_LT(difference(first.lattice, second.lattice), kTolerance);
  }
}

TEST(Denoiser, RowOfABatchIsTheStructureAlone) {
  GeometryModel model = random_model(5);
  const auto units = tests::small_units();
  const Noisy all = noisy(units, model, 0.6, 7);
  const auto together = predict(model, all);
  for (size_t k = 0; k < units.size(); ++k) {
    SCOPED_TRACE(k);
    const auto row = static_cast<int64_t>(k);
    const auto slots = static_cast<int64_t>(units[k].chemistry.slots.size());
    Noisy one{tests::clean_batch({units[k]}, model), {}, all.t.narrow(0, row, 1)};
    one.state = {
        all.state.coords.narrow(0, row, 1).narrow(1, 0, slots), all.state.lattice.narrow(0, row, 1), {}};
    const auto alone = predict(model, one);
    EXPECT_LT(difference(alone.score[0], together.score[row].narrow(0, 0, slots)), kTolerance);
    EXPECT_LT(difference(alone.lattice[0], together.lattice[row]), kTolerance);
    const auto atoms = one.clean.chemistry.n_atoms[0].item<int64_t>();
    EXPECT_LT(difference(alone.images[0].narrow(1, 0, atoms),
                         together.images[row].narrow(0, 0, slots).narrow(1, 0, atoms)),
              kTolerance);
    EXPECT_LT(difference(alone.copies[0].narrow(1, 0, atoms),
                         together.copies[row].narrow(0, 0, slots).narrow(1, 0, atoms)),
              kTolerance);
  }
}

// Scores stay inside the sites and lattices inside the cells that the group allows.
TEST(Denoiser, SymmetricStateStaysSymmetric) {
  GeometryModel model = random_model(6);
  const auto units = tests::qmof_units();
  const Noisy n = noisy(units, model, 0.5, 8);
  const auto prediction = predict(model, n);
  EXPECT_EQ((prediction.score * (1 - n.clean.chemistry.freedom)).abs().max().item<double>(), 0);
  const auto projected =
      at::matmul(n.clean.chemistry.lattice_projector, prediction.lattice.unsqueeze(-1)).squeeze(-1);
  EXPECT_LT(difference(projected, prediction.lattice), kTolerance);
}

TEST(Denoiser, GuessOfTheCleanStructureCounts) {
  GeometryModel model = random_model(8);
  const Noisy n = noisy(tests::small_units(), model, 0.5, 10);
  const torch::NoGradGuard no_grad;
  const auto without = model.predict(n.clean.chemistry, n.state.coords, n.state.lattice, n.t,
                                     n.clean.embedding, n.clean.has_embedding);
  EXPECT_GT(difference(without.score, predict(model, n).score), 1e-3);
  GeometryModel fresh(tests::full_geometry_config());  // starts as the network without
  const auto first = fresh.predict(n.clean.chemistry, n.state.coords, n.state.lattice, n.t, n.clean.embedding,
                                   n.clean.has_embedding);
  EXPECT_EQ(difference(first.score, predict(fresh, n).score), 0);
}

TEST(Denoiser, DroppedEmbeddingDoesNotMatter) {
  GeometryModel model = random_model(7);
  Noisy n = noisy(tests::small_units(), model, 0.5, 9);
  const auto before = predict(model, n);
  n.clean.embedding = at::ones_like(n.clean.embedding);
  EXPECT_EQ(difference(before.score, predict(model, n).score), 0);
  n.clean.has_embedding = at::ones_like(n.clean.has_embedding);
  EXPECT_GT(difference(before.score, predict(model, n).score), 1e-6);
}

}  // namespace
}  // namespace clamp::diffusion
