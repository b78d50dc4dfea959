#include "sampler/classifier_guidance.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include "sampler/diffusion_geometry.h"
#include "tests/support/units.h"

namespace clamp::sampler {
namespace {

constexpr int64_t kDim = 4;

diffusion::GeometryModel tiny_model() {
  diffusion::GeometryModelConfig config;
  config.denoiser.dim = 16;
  config.denoiser.layers = 1;
  config.denoiser.heads = 2;
  config.denoiser.pair_dim = 8;
  config.denoiser.condition_dim = 8;
  config.denoiser.embedding_dim = kDim;
  at::manual_seed(1);
  return diffusion::GeometryModel(config);
}

std::shared_ptr<ClassifierGuide> tiny_guide() {
  encoders::NoiseAwareConfig config;
  config.dim = kDim;
  config.width = 8;
  config.layers = 1;
  config.hidden = 16;
  at::manual_seed(2);
  encoders::NoiseAwareEncoder encoder(config);
  encoder->eval();
  return std::make_shared<ClassifierGuide>(encoder);
}

struct Case {
  AsymmetricUnit unit;
  diffusion::GeometryInput input;
  diffusion::GeometryBatch batch;
  torch::Tensor coords, lattice;
};

std::vector<Case> cases(const diffusion::GeometryModel& model) {
  std::vector<Case> found;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    if (unit.chemistry.slots.size() > 20) continue;
    Case one;
    one.unit = unit;
    one.input = diffusion::make_geometry_input(unit.chemistry);
    one.batch = diffusion::collate({&one.input});
    one.coords = diffusion::collate_coordinates({&unit.frac_coords});
    one.lattice = model.lattices({unit.cell}, {&one.input});
    found.push_back(std::move(one));
  }
  return found;
}

torch::Tensor target() { return at::ones({kDim}) / 2; }

// A small step along the gradient changes the similarity as much as the gradient says. Where a neighbour
// leaves or enters an atom's nearest ones the similarity jumps; that may happen in few of the cases.
TEST(ClassifierGuidance, GradientsAreThoseOfTheSimilarity) {
  const auto model = tiny_model();
  const auto guide = tiny_guide();
  const double scale = 1 / 0.07;
  int right = 0, asked = 0;
  for (const Case& c : cases(model)) {
    const auto start = guide->gradient(model, c.batch, c.coords, c.lattice, 0.5, target());
    const auto slope_along = [&](const torch::Tensor& du, const torch::Tensor& strain) {
      const auto dx = at::matmul(c.batch.basis, du.unsqueeze(-1)).squeeze(-1);
      const auto value = [&](double sign) {
        return scale *
               guide->gradient(model, c.batch, c.coords + sign * dx, c.lattice + sign * strain, 0.5, target())
                   .similarity;
      };
      return (value(1) - value(-1)) / 2;
    };
    const auto compare = [&](const torch::Tensor& gradient, double step, bool of_sites) {
      const double slope = gradient.norm().item<double>();
      if (slope < 0.05) return;  // too flat for single precision
      const auto along = gradient / slope * step;
      const double found = of_sites ? slope_along(along, at::zeros_like(c.lattice))
                                    : slope_along(at::zeros_like(c.coords), along);
      ++asked;
      right += std::abs(found / step - slope) < 0.05 * slope ? 1 : 0;
    };
    compare(start.sites, 2e-4, true);
    compare(start.lattice, 2e-3, false);
  }
  EXPECT_GE(asked, 8);
  EXPECT_GE(right, asked * 4 / 5) << "of " << asked;
}

TEST(ClassifierGuidance, KeepsTheSpaceGroup) {
  const auto model = tiny_model();
  const auto guide = tiny_guide();
  for (const Case& c : cases(model)) {
    const auto found = guide->gradient(model, c.batch, c.coords, c.lattice, 0.5, target());
    const auto projected = at::matmul(c.batch.lattice_projector, found.lattice.unsqueeze(-1)).squeeze(-1);
    EXPECT_TRUE(at::allclose(projected, found.lattice, 1e-4, 1e-5));
    EXPECT_TRUE(at::equal(found.sites * c.batch.freedom, found.sites));
  }
}

TEST(ClassifierGuidance, SteersTheSampler) {
  const auto request = [] {
    for (const AsymmetricUnit& unit : tests::qmof_units()) {
      if (unit.chemistry.slots.size() <= 20) return GeometryRequest{unit.chemistry, target(), 7, {}};
    }
    throw std::logic_error("no small unit");
  }();
  GeometryOptions options;
  options.steps = 4;
  options.guidance_scale = 0;
  DiffusionGeometry sampler(tiny_model(), torch::kCPU, 1);
  const auto plain = sampler.sample({request}, options);
  options.classifier_scale = 5;
  EXPECT_THROW(sampler.sample({request}, options), c10::Error);
  sampler.set_guide(tiny_guide());
  const auto steered = sampler.sample({request}, options), again = sampler.sample({request}, options);
  EXPECT_NE(plain[0].cell, steered[0].cell);
  EXPECT_EQ(again[0].cell, steered[0].cell);
  EXPECT_EQ(again[0].frac_coords, steered[0].frac_coords);
}

TEST(ClassifierGuidance, JudgesChemistriesWithoutCoordinates) {
  const auto guide = tiny_guide();
  auto chemistry = tests::qmof_units().front().chemistry;
  const double one = guide->similarity(chemistry, 500, target(), 1);
  EXPECT_EQ(guide->similarity(chemistry, 500, target(), 1), one);
  EXPECT_NEAR(guide->similarity(chemistry, 500, -target(), 1), -one, 1e-5 * std::abs(one));
  for (auto& slot : chemistry.slots) slot.atomic_number = 6;
  EXPECT_NE(guide->similarity(chemistry, 500, target(), 1), one);
}

}  // namespace
}  // namespace clamp::sampler
