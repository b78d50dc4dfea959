#include "encoders/cgcnn.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/autograd.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "encoders/gated_convolution.h"
#include "nn/random.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

using tests::random_crystal;

struct Operands {
  torch::Tensor self, neighbor, edge, weight, neighbors, mask;
};

Operands draw(uint64_t seed, int64_t n) {
  auto generator = nn::make_generator(seed);
  const int64_t k = 5, f = 3, g = 4;
  const auto normal = [&](torch::IntArrayRef shape) {
    return torch::randn(shape, generator, torch::kFloat64);
  };
  Operands in;
  in.self = normal({n, 2 * f});
  in.neighbor = normal({n, 2 * f});
  in.edge = normal({n, k, g});
  in.weight = normal({2 * f, g});
  in.neighbors = torch::randint(0, n, {n, k}, generator, torch::kInt64);
  in.mask = torch::rand({n, k}, generator, torch::kFloat64).gt(0.2).to(torch::kFloat64);
  return in;
}

torch::Tensor fused(const Operands& in) {
  return gated_neighbor_sum(in.self, in.neighbor, in.edge, in.weight, in.neighbors, in.mask);
}

// Independent computation: equation 5 of the paper, atom by atom and channel by channel in double precision.
TEST(GatedNeighborSum, EqualsThePaperWrittenOut) {
  const auto in = draw(1, 6);
  const auto found = fused(in);
  const auto self = in.self.accessor<double, 2>(), neighbor = in.neighbor.accessor<double, 2>();
  const auto weight = in.weight.accessor<double, 2>();
  const auto edge = in.edge.accessor<double, 3>();
  for (int64_t i = 0; i < 6; ++i) {
    for (int64_t c = 0; c < 3; ++c) {
      double sum = 0;
      for (int64_t slot = 0; slot < 5; ++slot) {
        if (in.mask[i][slot].item<double>() == 0) continue;
        const int64_t j = in.neighbors[i][slot].item<int64_t>();
        double z[2];
        for (int64_t half = 0; half < 2; ++half) {
          const int64_t channel = half * 3 + c;
          z[half] = self[i][channel] + neighbor[j][channel];
          for (int64_t basis = 0; basis < 4; ++basis)
            z[half] += weight[channel][basis] * edge[i][slot][basis];
        }
        sum += 1 / (1 + std::exp(-z[0])) * std::log1p(std::exp(z[1]));
      }
      EXPECT_NEAR(found[i][c].item<double>(), sum, 1e-12);
    }
  }
}

// Central differences over every operand, and over more atoms than a block holds.
TEST(GatedNeighborSum, GradientsEqualFiniteDifferences) {
  for (const int64_t n : {3, 130}) {
    SCOPED_TRACE("atoms " + std::to_string(n));
    auto in = draw(2, n);
    auto generator = nn::make_generator(9);
    const auto probe = torch::randn({n, 3}, generator, torch::kFloat64);
    std::vector<torch::Tensor> operands = {in.self, in.neighbor, in.edge, in.weight};
    for (auto& operand : operands) operand.requires_grad_();
    const auto gradients = torch::autograd::grad({(fused(in) * probe).sum()}, operands);
    for (size_t which = 0; which < operands.size(); ++which) {
      SCOPED_TRACE("operand " + std::to_string(which));
      const torch::NoGradGuard no_grad;
      auto flat = operands[which].view({-1});
      for (int64_t element = 0; element < flat.numel(); element += std::max<int64_t>(1, flat.numel() / 20)) {
        constexpr double kStep = 1e-6;
        const double before = flat[element].item<double>();
        flat[element] = before + kStep;
        const double up = (fused(in) * probe).sum().item<double>();
        flat[element] = before - kStep;
        const double down = (fused(in) * probe).sum().item<double>();
        flat[element] = before;
        EXPECT_NEAR(gradients[which].reshape({-1})[element].item<double>(), (up - down) / (2 * kStep), 1e-6);
      }
    }
  }
}

std::shared_ptr<Cgcnn> small_encoder() {
  at::manual_seed(4);
  CgcnnConfig config;
  config.width = 16;
  config.hidden = 32;
  return std::make_shared<Cgcnn>(config, 8);
}

torch::Tensor embed(Cgcnn& encoder, const std::vector<Crystal>& crystals) {
  const torch::NoGradGuard no_grad;
  std::vector<CrystalGraph> graphs;
  for (const auto& crystal : crystals) graphs.push_back(make_crystal_graph(crystal, encoder.neighbors()));
  std::vector<const CrystalGraph*> rows;
  for (const auto& graph : graphs) rows.push_back(&graph);
  return encoder.forward(collate(rows));
}

// Tolerance: float rounding of sums over some dozens of atoms.
constexpr double kRounding = 2e-5;

TEST(Cgcnn, RowsDoNotDependOnTheBatch) {
  const auto encoder = small_encoder();
  std::vector<Crystal> crystals;
  for (uint64_t seed = 0; seed < 6; ++seed)
    crystals.push_back(random_crystal(seed, 5 + 13 * static_cast<int64_t>(seed)));
  const auto together = embed(*encoder, crystals);
  for (size_t i = 0; i < crystals.size(); ++i) {
    EXPECT_TRUE(torch::allclose(embed(*encoder, {crystals[i]})[0], together[static_cast<int64_t>(i)], 1e-4,
                                kRounding));
  }
}

TEST(Cgcnn, IsInvariant) {
  const auto encoder = small_encoder();
  for (const uint64_t seed : {0, 1, 2}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto crystal = random_crystal(seed, 20);
    const auto expected = embed(*encoder, {crystal});

    auto reversed = crystal;
    std::reverse(reversed.atomic_numbers.begin(), reversed.atomic_numbers.end());
    std::reverse(reversed.frac_coords.begin(), reversed.frac_coords.end());
    EXPECT_TRUE(torch::allclose(embed(*encoder, {reversed}), expected, 1e-4, kRounding)) << "permutation";

    auto moved = crystal;
    for (auto& x : moved.frac_coords) x += Vec3(0.3, -1.2, 0.77);
    EXPECT_TRUE(torch::allclose(embed(*encoder, {moved}), expected, 1e-4, kRounding)) << "translation";

    auto turned = crystal;
    const double c = std::cos(0.7), s = std::sin(0.7);
    Mat3 rotation;
    rotation << c, s, 0, -s, c, 0, 0, 0, 1;
    turned.cell = crystal.cell * rotation;
    EXPECT_TRUE(torch::allclose(embed(*encoder, {turned}), expected, 1e-4, kRounding)) << "rotation";

    auto other_lattice = crystal;  // a, b + a, c: the same crystal
    other_lattice.cell.row(1) += other_lattice.cell.row(0);
    for (auto& x : other_lattice.frac_coords) x[0] -= x[1];
    EXPECT_TRUE(torch::allclose(embed(*encoder, {other_lattice}), expected, 1e-4, kRounding))
        << "lattice vectors";
  }
}

// The mean over atoms makes a supercell the same crystal.
TEST(Cgcnn, SupercellHasTheSameEmbedding) {
  const auto encoder = small_encoder();
  const auto crystal = random_crystal(5, 9);
  auto doubled = crystal;
  doubled.cell.row(2) *= 2;
  doubled.atomic_numbers.insert(doubled.atomic_numbers.end(), crystal.atomic_numbers.begin(),
                                crystal.atomic_numbers.end());
  for (auto& x : doubled.frac_coords) x[2] /= 2;
  const auto half = doubled.frac_coords;
  for (const auto& x : half) doubled.frac_coords.push_back(x + Vec3(0, 0, 0.5));
  EXPECT_TRUE(torch::allclose(embed(*encoder, {doubled}), embed(*encoder, {crystal}), 1e-4, kRounding));
}

TEST(Cgcnn, HasTheParametersOfItsFileFormat) {
  const auto encoder = small_encoder();
  int64_t elements = 0;
  for (const auto& item : encoder->named_parameters()) elements += item.value().numel();
  EXPECT_EQ(encoder->named_parameters().size(), 1u + 3 * 6 + 2 + 4);
  const int64_t convolution = 2 * 16 * 16 * 2 + 32 + 41 * 32 + 2 * 16;
  EXPECT_EQ(elements, 104 * 16 + 3 * convolution + 2 * 16 + 16 * 32 + 32 + 32 * 8 + 8);
  EXPECT_TRUE(encoder->named_parameters().contains("convolutions.2.edge.weight"));
}

}  // namespace
}  // namespace clamp::encoders
