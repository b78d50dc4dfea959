// The forward processes on every kind of site and in every space group.
#include <ATen/Functions.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <string>
#include <vector>

#include "clean_batches.h"
#include "diffusion/wrapped_normal.h"

namespace clamp::diffusion {
namespace {

/// The site of a point: its stabiliser by trying all operations.
Site site_of(const SpaceGroup& group, const Vec3& point) {
  std::vector<int> operations;
  std::vector<Vec3i> shifts;
  for (size_t k = 0; k < group.operations.size(); ++k) {
    const auto& op = group.operations[k];
    const Vec3 image = op.rotation.cast<double>() * point + op.translation;
    const Vec3 shift = (point - image).array().round();
    if ((image + shift - point).norm() > 1e-6) continue;
    operations.push_back(static_cast<int>(k));
    shifts.push_back(shift.cast<int>());
  }
  return make_site(group, operations, shifts);
}

struct Placed {
  int group = 1;
  Site site;
  Vec3 point;
  std::string name() const {
    return "group " + std::to_string(group) + ", dimension " + std::to_string(site.dimension);
  }
};

/// For each of the 230 groups one site of each dimension that points with simple coordinates have.
std::vector<Placed> sites_of_all_groups() {
  const std::vector<double> values = {0, 0.25, 1.0 / 3, 0.5, 0.17, 0.39};
  const size_t n = values.size();
  std::vector<Placed> all;
  for (int number = 1; number <= 230; ++number) {
    const SpaceGroup& group = space_group(number);
    bool found[4] = {false, false, false, false};
    for (size_t k = 0; k < n * n * n; ++k) {
      const Vec3 point(values[k % n], values[k / n % n], values[k / n / n]);
      const Site site = site_of(group, point);
      if (found[site.dimension]) continue;
      found[site.dimension] = true;
      all.push_back({number, site, point});
    }
  }
  return all;
}

const std::vector<Placed>& all_sites() {
  static const std::vector<Placed> kSites = sites_of_all_groups();
  return kSites;
}

/// A structure of one slot on a site; the noise of a slot does not depend on the others.
CleanBatch one_slot(const Placed& placed, const GeometryModel& model) {
  AsymmetricUnit unit;
  unit.chemistry.space_group = placed.group;
  unit.chemistry.slots.resize(1);
  unit.chemistry.slots[0].atomic_number = 6;
  unit.chemistry.slots[0].site = placed.site;
  unit.frac_coords = {placed.point};
  unit.cell = cell_from_lattice(Vec6::Zero(), placed.group, 10, model.config().scale);
  return tests::clean_batch({unit}, model);
}

GeometryNoise no_noise(double t) { return {at::full({1}, t), at::zeros({1, 1, 3}), at::zeros({1, 6})}; }

torch::Tensor projected(const CleanBatch& clean, const torch::Tensor& lattice) {
  return at::matmul(clean.chemistry.lattice_projector, lattice.unsqueeze(-1)).squeeze(-1);
}

TEST(NoiseProcess, SitesOfEveryDimensionAreTested) {
  int count[4] = {0, 0, 0, 0};
  for (const auto& placed : all_sites()) ++count[placed.site.dimension];
  EXPECT_EQ(count[3], 230);
  for (const int n : count) EXPECT_GT(n, 50);
}

// The displacement is linear in the noise: sigma A in the free components and nothing else, so the marginal
// of the coordinates is normal with covariance sigma^2 A A^T.
TEST(NoiseProcess, CoordinatesMoveInTheSiteOnly) {
  const GeometryModel model(tests::tiny_geometry_config());
  for (const auto& placed : all_sites()) {
    SCOPED_TRACE(placed.name());
    const auto clean = one_slot(placed, model);
    for (int k = 0; k < 3; ++k) {
      auto noise = no_noise(0.6);
      noise.coords[0][0][k] = 1;
      const auto state = add_noise(model.config(), clean, noise);
      const auto moved = (state.coords - clean.coords).contiguous();
      const double sigma = state.sigma.item<double>();
      for (int c = 0; c < 3; ++c) {
        const double expected = k < placed.site.dimension ? sigma * placed.site.basis(c, k) : 0;
        EXPECT_NEAR(moved.data_ptr<float>()[c], expected, 1e-6);
      }
    }
  }
}

// Whatever the noise, the stabiliser maps the noisy point to itself: its copies stay as many as they were.
TEST(NoiseProcess, NoisyPointsStayOnTheirSites) {
  const GeometryModel model(tests::tiny_geometry_config());
  for (const auto& placed : all_sites()) {
    SCOPED_TRACE(placed.name());
    const auto clean = one_slot(placed, model);
    const auto coords =
        add_noise(model.config(), clean, tests::draw_noise(clean, 0.9, 3)).coords.contiguous();
    const float* x = coords.data_ptr<float>();
    const Vec3 point(x[0], x[1], x[2]);
    const auto& operations = space_group(placed.group).operations;
    for (size_t k = 0; k < placed.site.operations.size(); ++k) {
      const auto& op = operations[static_cast<size_t>(placed.site.operations[k])];
      const Vec3 image =
          op.rotation.cast<double>() * point + op.translation + placed.site.shifts[k].cast<double>();
      EXPECT_LT((image - point).norm(), 1e-5);
    }
  }
}

// Site coordinates have period 1: A's columns are lattice vectors, none a multiple of a shorter one.
TEST(NoiseProcess, SiteCoordinatesHavePeriodOne) {
  for (const auto& placed : all_sites()) {
    SCOPED_TRACE(placed.name());
    for (int k = 0; k < placed.site.dimension; ++k) {
      int divisor = 0;
      for (int c = 0; c < 3; ++c) {
        const double entry = placed.site.basis(c, k);
        EXPECT_NEAR(entry, std::round(entry), 1e-9);
        divisor = std::gcd(divisor, static_cast<int>(std::lround(entry)));
      }
      EXPECT_EQ(divisor, 1);
    }
  }
}

// The noisy lattice is alpha times the clean one plus sqrt(1 - alpha^2) times the projected noise, in every
// group: a normal marginal with covariance (1 - alpha^2) P.
TEST(NoiseProcess, LatticeMarginalIsTheProjectedNormal) {
  const GeometryModel model(tests::tiny_geometry_config());
  for (const auto& placed : all_sites()) {
    if (placed.site.dimension != 3) continue;
    SCOPED_TRACE(placed.group);
    auto clean = one_slot(placed, model);
    const Mat6 projector = lattice_projector(placed.group);
    clean.lattice = projected(clean, at::ones({1, 6}));
    const double alpha = lattice_alpha(at::full({1}, 0.8), model.config().noise).item<double>();
    const auto centre = add_noise(model.config(), clean, no_noise(0.8)).lattice;
    EXPECT_LT((centre - alpha * clean.lattice).abs().max().item<double>(), 1e-6);
    for (int k = 0; k < 6; ++k) {
      auto noise = no_noise(0.8);
      noise.lattice[0][k] = 1;
      const auto moved = (add_noise(model.config(), clean, noise).lattice - centre).contiguous();
      for (int r = 0; r < 6; ++r) {
        EXPECT_NEAR(moved.data_ptr<float>()[r], std::sqrt(1 - alpha * alpha) * projector(r, k), 1e-5);
      }
    }
  }
}

// t = 0 is the clean cell and coordinates within sigma_min; t = 1 keeps nothing of the cell, and the density
// of wrapped coordinates, 1 + 2 sum_k exp(-2 pi^2 k^2 sigma^2) cos(2 pi k x), is uniform to 1.5 %.
TEST(NoiseProcess, EndsAreDataAndNoise) {
  const GeometryModel model(tests::tiny_geometry_config());
  for (const auto& placed : all_sites()) {
    if (placed.site.dimension != 3 || placed.group % 10 != 1) continue;
    SCOPED_TRACE(placed.group);
    const auto clean = one_slot(placed, model);
    const auto noise = tests::draw_noise(clean, 1, 4);
    const auto last = add_noise(model.config(), clean, noise);
    EXPECT_LT((last.lattice - projected(clean, noise.lattice)).abs().max().item<double>(), 1e-5);
    const auto first = add_noise(model.config(), clean, tests::draw_noise(clean, 0, 4));
    EXPECT_LT((first.lattice - clean.lattice).abs().max().item<double>(), 1e-6);
    const double edge =
        std::cbrt(clean.chemistry.n_atoms.item<double>() * model.config().scale.volume_per_atom);
    EXPECT_NEAR(first.sigma.item<double>() * edge, model.config().noise.sigma_min, 1e-6);
  }
  const double sigma = model.config().noise.sigma_max;
  double deviation = 0;
  for (int k = 1; k < 5; ++k) deviation += 2 * std::exp(-2 * M_PI * M_PI * k * k * sigma * sigma);
  EXPECT_LT(deviation, 0.015);
}

/// A network that always says zero: its losses are the mean squares of the targets.
GeometryModel silent_model() {
  GeometryModel model(tests::tiny_geometry_config());
  const torch::NoGradGuard no_grad;
  for (auto& p : model.denoiser()->parameters()) p.zero_();
  return model;
}

// The target of a displacement u is d/du log sum_k exp(-(u + k)^2 / 2 sigma^2) over its root-mean-square:
// here by finite differences, on one site of each dimension in groups without polar directions of all
// families.
TEST(NoiseProcess, TargetIsTheScoreOfTheMarginal) {
  auto model = silent_model();
  for (const auto& placed : all_sites()) {
    const auto& families = {2, 15, 47, 123, 166, 191, 221};
    if (std::find(families.begin(), families.end(), placed.group) == families.end()) continue;
    if (placed.site.dimension == 0) continue;
    SCOPED_TRACE(placed.name());
    const auto clean = one_slot(placed, model);
    for (const double t : {0.3, 0.8, 1.0}) {
      auto noise = no_noise(t);
      noise.coords[0][0][0] = 0.8;
      const double sigma = add_noise(model.config(), clean, noise).sigma.item<double>();
      const double u = 0.8 * sigma, h = 1e-5 * sigma;
      const auto log_density = [&](double x) {
        double sum = 0;
        for (int k = -9; k <= 9; ++k) sum += std::exp(-(x + k) * (x + k) / (2 * sigma * sigma));
        return std::log(sum);
      };
      const double score = (log_density(u + h) - log_density(u - h)) / (2 * h);
      const double rms = wrapped_normal_score_rms(at::full({1}, sigma, at::kDouble)).item<double>();
      const double expected = score * score / (rms * rms) / placed.site.dimension;
      EXPECT_NEAR(geometry_loss(model, clean, noise).coords.item<double>() / expected, 1, 5e-3) << t;
    }
  }
}

// Over the noise, the mean square of a target is 1 a free component without polar directions, and 1 - 1 / n
// in P1, where the mean over n atoms does not count.
TEST(NoiseProcess, TargetsHaveUnitMeanSquare) {
  auto model = silent_model();
  int64_t tested = 0;
  for (const AsymmetricUnit& unit : tests::small_units()) {
    const auto input = make_geometry_input(unit.chemistry);
    double polar = 0;
    for (const size_t k : {0, 4, 8}) polar += input.polar_projector[k];
    const bool p1 = unit.chemistry.space_group == 1;
    if (polar > 0.5 && !p1) continue;
    SCOPED_TRACE(unit.chemistry.space_group);
    const auto clean = tests::clean_batch(std::vector<AsymmetricUnit>(40, unit), model);
    const double components = clean.chemistry.freedom.sum().item<double>();
    for (const double t : {0.2, 0.7, 1.0}) {
      const auto loss = geometry_loss(model, clean, tests::draw_noise(clean, t, 9));
      const double expected = p1 ? 1 - 1.0 / static_cast<double>(input.n_atoms) : 1;
      // The square of a normal number has variance 2: five standard errors.
      EXPECT_NEAR(loss.coords.mean().item<double>(), expected, 5 * std::sqrt(2 / components)) << t;
    }
    ++tested;
  }
  EXPECT_GE(tested, 2);
}

// The lattice target is (clean - alpha noisy) / sqrt(1 - alpha^2) = sqrt(1 - alpha^2) clean - alpha P noise.
TEST(NoiseProcess, LatticeTargetIsTheResidual) {
  auto model = silent_model();
  const auto clean = tests::clean_batch(tests::small_units(), model);
  for (const double t : {0.3, 0.7, 0.95}) {
    SCOPED_TRACE(t);
    const auto noise = tests::draw_noise(clean, t, 11);
    const auto loss = geometry_loss(model, clean, noise);
    const double alpha = lattice_alpha(at::full({1}, t, at::kDouble), model.config().noise).item<double>();
    const double variance = 1 - alpha * alpha;
    const auto target = std::sqrt(variance) * clean.lattice - alpha * projected(clean, noise.lattice);
    const auto free = clean.chemistry.lattice_projector.diagonal(0, 1, 2).sum(-1);
    const auto expected =
        target.square().sum(-1) / free * (variance / (variance + kLatticeNoiseFloor * kLatticeNoiseFloor));
    EXPECT_TRUE(at::allclose(loss.lattice, expected, 5e-3, 1e-3));
  }
}

}  // namespace
}  // namespace clamp::diffusion
