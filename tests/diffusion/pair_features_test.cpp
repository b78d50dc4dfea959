#include "diffusion/pair_features.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include "clean_batches.h"

namespace clamp::diffusion {
namespace {

// The nearest of 125 images, in double precision.
TEST(PairFeatures, VectorGoesToTheNearestImage) {
  const GeometryModel model(tests::tiny_geometry_config());
  for (const AsymmetricUnit& unit : tests::small_units()) {
    SCOPED_TRACE(unit.chemistry.space_group);
    const auto clean = tests::clean_batch({unit}, model);
    const auto cells = model.cells(clean.lattice, clean.chemistry);
    const auto geometry = pair_geometry(clean.chemistry, clean.coords, cells);
    Crystal crystal = expand(unit);
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) crystal.cell(r, c) = cells[0][r][c].item<double>();
    }
    for (size_t s = 0; s < unit.chemistry.slots.size(); s += 3) {
      for (int64_t a = 0; a < crystal.n_atoms(); a += 2) {
        double best = 1e9, second = 1e9;
        for (int k = 0; k < 125; ++k) {
          const Vec3 shift(k / 25 - 2, k / 5 % 5 - 2, k % 5 - 2);
          Vec3 delta = crystal.frac_coords[a] - unit.frac_coords[s];
          delta -= Vec3(delta.array().round());
          const double d = (crystal.cell.transpose() * (delta + shift)).norm();
          if (d > 1e-3) {
            second = std::min(second, std::max(best, d));
            best = std::min(best, d);
          }
        }
        // Images that are as near share the direction; elsewhere it is the nearest one's.
        if (second - best < 0.7) continue;
        const double found = geometry.vector[0][static_cast<int64_t>(s)][a].norm().item<double>();
        EXPECT_NEAR(found, best, 2e-4) << s << " " << a;
      }
    }
  }
}

TEST(PairFeatures, WholeCellTranslationsChangeNothing) {
  const GeometryModel model(tests::tiny_geometry_config());
  const auto clean = tests::clean_batch(tests::small_units(), model);
  const auto cells = model.cells(clean.lattice, clean.chemistry);
  const auto before = pair_geometry(clean.chemistry, clean.coords, cells);
  // Integers differ from slot to slot: the slots' images move independently.
  const auto shift = at::arange(clean.coords.numel(), at::kFloat).view(clean.coords.sizes()).remainder(3) - 1;
  const auto after = pair_geometry(clean.chemistry, clean.coords + shift, cells);
  EXPECT_LT((before.features - after.features).abs().max().item<double>(), 2e-3);
}

// What a GPU computes, on the CPU: features, vectors and differences of the fused pass.
TEST(PairFeatures, OperatorsGiveTheSame) {
  const GeometryModel model(tests::tiny_geometry_config());
  const auto clean = tests::clean_batch(tests::qmof_units(), model);
  for (const double t : {0.0, 0.4, 0.9}) {
    SCOPED_TRACE(t);
    const auto state = add_noise(model.config(), clean, tests::draw_noise(clean, t, 7));
    const auto cells = model.cells(state.lattice, clean.chemistry);
    const auto fused = pair_geometry(clean.chemistry, state.coords, cells);
    const auto operators = pair_geometry_by_operators(clean.chemistry, state.coords, cells);
    ASSERT_EQ(operators.features.sizes(), fused.features.sizes());
    // Atoms half a cell apart are wrapped to either side by the last bit: there the differences have other
    // signs.
    const auto wraps = ((fused.delta - operators.delta).abs() > 0.5).any(-1);
    EXPECT_LT(wraps.to(at::kFloat).mean().item<double>(), 0.02);
    const auto same = wraps.logical_not().unsqueeze(-1);
    EXPECT_LT(((fused.delta - operators.delta) * same).abs().max().item<double>(), 1e-5);
    EXPECT_LT(((fused.vector - operators.vector) * same).abs().max().item<double>(), 1e-3);
    EXPECT_LT(((fused.features - operators.features) * same).abs().max().item<double>(), 1e-3);
  }
}

}  // namespace
}  // namespace clamp::diffusion
