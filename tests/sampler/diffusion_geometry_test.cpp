#include "sampler/diffusion_geometry.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <Eigen/LU>

#include "tests/support/units.h"

namespace clamp::sampler {
namespace {

diffusion::GeometryModel tiny_model() {
  diffusion::GeometryModelConfig config;
  config.denoiser.dim = 16;
  config.denoiser.layers = 1;
  config.denoiser.heads = 2;
  config.denoiser.pair_dim = 8;
  config.denoiser.condition_dim = 8;
  config.denoiser.embedding_dim = 4;
  at::manual_seed(1);
  return diffusion::GeometryModel(config);
}

std::vector<GeometryRequest> small_requests() {
  std::vector<GeometryRequest> requests;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    if (unit.chemistry.slots.size() <= 20) {
      requests.push_back({unit.chemistry, at::ones({4}), 100 + requests.size(), {}});
    }
  }
  return requests;
}

GeometryOptions few_steps() {
  GeometryOptions options;
  options.steps = 6;
  return options;
}

void expect_equal(const AsymmetricUnit& a, const AsymmetricUnit& b) {
  EXPECT_EQ(a.cell, b.cell);
  EXPECT_EQ(a.frac_coords, b.frac_coords);
}

// To the last bit: a sample is a function of its own chemistry, embedding and seed.
TEST(DiffusionGeometry, DoesNotDependOnBatchOrThreads) {
  const auto requests = small_requests();
  DiffusionGeometry one(tiny_model(), torch::kCPU, 1);
  DiffusionGeometry two(tiny_model(), torch::kCPU, 2);
  const auto all = one.sample(requests, few_steps());
  const auto threaded = two.sample(requests, few_steps());
  for (size_t k = 0; k < all.size(); ++k) {
    SCOPED_TRACE(k);
    expect_equal(all[k], threaded[k]);
    const auto alone = one.sample({requests[k]}, few_steps());
    expect_equal(all[k], alone[0]);
  }
}

TEST(DiffusionGeometry, ResultsHaveTheSpaceGroupExactly) {
  const auto requests = small_requests();
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  for (const AsymmetricUnit& unit : sampler.sample(requests, few_steps())) {
    SCOPED_TRACE(unit.chemistry.space_group);
    const SpaceGroup& group = space_group(unit.chemistry.space_group);
    const Mat3 metric = unit.cell * unit.cell.transpose();
    for (const SymmetryOperation& op : group.operations) {
      const Mat3 rotation = op.rotation.cast<double>();
      EXPECT_LT((rotation.transpose() * metric * rotation - metric).norm(), 1e-8 * metric.norm());
    }
    for (size_t s = 0; s < unit.frac_coords.size(); ++s) {
      const Site& site = unit.chemistry.slots[s].site;
      EXPECT_LT((site.projector() * unit.frac_coords[s] + site.offset - unit.frac_coords[s]).norm(), 1e-9);
    }
  }
}

TEST(DiffusionGeometry, SeedsGiveDifferentResults) {
  auto requests = small_requests();
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  const auto first = sampler.sample(requests, few_steps());
  for (auto& request : requests) request.seed += 1000;
  const auto second = sampler.sample(requests, few_steps());
  EXPECT_NE(first[0].cell, second[0].cell);
}

TEST(DiffusionGeometry, TracesTheWayToTheSameResult) {
  const auto request = small_requests()[0];
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  const auto result = sampler.sample({request}, few_steps())[0];
  const auto states = sampler.trace(request, few_steps());
  ASSERT_EQ(states.size(), 7u);
  expect_equal(states.back(), result);
  EXPECT_NE(states[0].cell, states[1].cell);
}

// A start noised to nothing comes back; noised to a little it stays near; its noise is the seed's.
TEST(DiffusionGeometry, StartsFromAGivenStructure) {
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    if (unit.chemistry.slots.size() > 20) continue;
    SCOPED_TRACE(unit.chemistry.space_group);
    GeometryRequest request{unit.chemistry, at::ones({4}), 7, unit};
    auto options = few_steps();
    options.strength = 0;
    const auto kept = sampler.sample({request}, options)[0];
    EXPECT_NEAR(kept.cell.determinant(), std::abs(unit.cell.determinant()),
                1e-4 * std::abs(unit.cell.determinant()));
    for (size_t s = 0; s < kept.frac_coords.size(); ++s) {
      // The last step is over noise of 0.01 Å, of which an untrained network can be wrong by a few times.
      EXPECT_LT((kept.frac_coords[s] - unit.frac_coords[s]).norm(), 0.02);
    }
    options.strength = 0.5;
    const auto moved = sampler.sample({request}, options)[0];
    request.seed = 8;
    EXPECT_NE(sampler.sample({request}, options)[0].frac_coords, moved.frac_coords);
  }
}

}  // namespace
}  // namespace clamp::sampler
