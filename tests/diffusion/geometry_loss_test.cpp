#include "diffusion/geometry_loss.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "clean_batches.h"

namespace clamp::diffusion {
namespace {

// Noise of a structure in its space group: every copy of the noisy slots is where an operation puts it, so
// the expanded crystal still has the group. Checked with spglib.
TEST(GeometryLoss, NoisyStateKeepsTheSpaceGroup) {
  const GeometryModel model(tests::tiny_geometry_config());
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE(unit.chemistry.space_group);
    const auto clean = tests::clean_batch({unit}, model);
    const auto state = add_noise(model.config(), clean, tests::draw_noise(clean, 0.3, 2));
    AsymmetricUnit moved = unit;
    const auto cells = model.cells(state.lattice, clean.chemistry);
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) moved.cell(r, c) = cells[0][r][c].item<double>();
    }
    for (size_t s = 0; s < moved.frac_coords.size(); ++s) {
      for (int c = 0; c < 3; ++c) {
        moved.frac_coords[s][c] = state.coords[0][static_cast<int64_t>(s)][c].item<double>();
      }
    }
    const auto symmetry = find_symmetry(expand(moved), 1e-3);
    ASSERT_TRUE(symmetry.has_value());
    EXPECT_EQ(space_group(symmetry->number).operations.size() %
                  space_group(unit.chemistry.space_group).operations.size(),
              0u);
  }
}

TEST(GeometryLoss, NoNoiseIsTheCleanState) {
  const GeometryModel model(tests::tiny_geometry_config());
  const auto clean = tests::clean_batch(tests::small_units(), model);
  auto noise = tests::draw_noise(clean, 0, 3);
  const auto state = add_noise(model.config(), clean, noise);
  EXPECT_LT((state.lattice - clean.lattice).abs().max().item<double>(), 1e-6);
  EXPECT_LT((state.coords - clean.coords).abs().max().item<double>(),
            0.01);  // sigma_min in fractions, 4 sigma
}

// Marginal of the noisy lattice: signal alpha, variance 1 - alpha^2 in the free components.
TEST(GeometryLoss, LatticeMarginalHasItsVariance) {
  const GeometryModel model(tests::tiny_geometry_config());
  const std::vector<AsymmetricUnit> copies(400, tests::small_units(24).front());
  const auto clean = tests::clean_batch(copies, model);
  const auto noise = tests::draw_noise(clean, 0.7, 4);
  const auto state = add_noise(model.config(), clean, noise);
  const double alpha = lattice_alpha(noise.t, model.config().noise)[0].item<double>();
  const auto rest = state.lattice - alpha * clean.lattice;
  const double free = clean.chemistry.lattice_projector[0].trace().item<double>();
  const double variance = rest.square().sum(-1).mean().item<double>() / free;
  EXPECT_NEAR(variance / (1 - alpha * alpha), 1, 0.1);  // 400 x (2..6) draws: standard error below 5 %
}

TEST(GeometryLoss, UntrainedNetworkLosesTheMeanSquareOfTheTarget) {
  at::manual_seed(1);
  GeometryModel model(tests::tiny_geometry_config());
  const auto clean = tests::clean_batch(tests::small_units(), model);
  const auto loss = geometry_loss(model, clean, tests::draw_noise(clean, 0.5, 5));
  EXPECT_TRUE(loss.coords.isfinite().all().item<bool>());
  EXPECT_TRUE(loss.lattice.isfinite().all().item<bool>());
  EXPECT_GT(loss.coords.mean().item<double>(), 0.3);
}

}  // namespace
}  // namespace clamp::diffusion
