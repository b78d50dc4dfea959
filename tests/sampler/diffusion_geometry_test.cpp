#include "sampler/diffusion_geometry.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <gtest/gtest.h>

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

struct Request {
  std::vector<Chemistry> chemistries;
  torch::Tensor embeddings;
  std::vector<uint64_t> seeds;
};

Request small_request() {
  Request request;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    if (unit.chemistry.slots.size() <= 20) request.chemistries.push_back(unit.chemistry);
  }
  request.embeddings = at::ones({static_cast<int64_t>(request.chemistries.size()), 4});
  for (size_t k = 0; k < request.chemistries.size(); ++k) request.seeds.push_back(100 + k);
  return request;
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
  const Request request = small_request();
  DiffusionGeometry one(tiny_model(), torch::kCPU, 1);
  DiffusionGeometry two(tiny_model(), torch::kCPU, 2);
  const auto all = one.sample(request.chemistries, request.embeddings, request.seeds, few_steps());
  const auto threaded = two.sample(request.chemistries, request.embeddings, request.seeds, few_steps());
  for (size_t k = 0; k < all.size(); ++k) {
    SCOPED_TRACE(k);
    expect_equal(all[k], threaded[k]);
    const auto alone =
        one.sample({request.chemistries[k]}, request.embeddings.narrow(0, static_cast<int64_t>(k), 1),
                   {request.seeds[k]}, few_steps());
    expect_equal(all[k], alone[0]);
  }
}

TEST(DiffusionGeometry, ResultsHaveTheSpaceGroupExactly) {
  const Request request = small_request();
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  for (const AsymmetricUnit& unit :
       sampler.sample(request.chemistries, request.embeddings, request.seeds, few_steps())) {
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
  Request request = small_request();
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  const auto first = sampler.sample(request.chemistries, request.embeddings, request.seeds, few_steps());
  for (uint64_t& seed : request.seeds) seed += 1000;
  const auto second = sampler.sample(request.chemistries, request.embeddings, request.seeds, few_steps());
  EXPECT_NE(first[0].cell, second[0].cell);
}

}  // namespace
}  // namespace clamp::sampler
