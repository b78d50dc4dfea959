#include "diffusion/bond_losses.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "clean_batches.h"
#include "diffusion/denoiser.h"
#include "diffusion/pair_features.h"

namespace clamp::diffusion {
namespace {

struct Sample {
  GeometryModel model{tests::tiny_geometry_config()};
  CleanBatch clean = tests::clean_batch(tests::small_units(), model);
  torch::Tensor cells = model.cells(clean.lattice, clean.chemistry);
  CleanBonds bonds = clean_bonds(clean.chemistry, clean.coords, cells);
};

/// Fractional vectors of the bonds in a state, with the clean structure's translations.
torch::Tensor bond_vectors(const Sample& s, const torch::Tensor& coords) {
  return atom_coordinates(s.clean.chemistry, coords).unsqueeze(1) - coords.unsqueeze(2) + s.bonds.shift;
}

TEST(BondLosses, BondsGoToTheNearestImage) {
  const Sample s;
  EXPECT_GT(s.bonds.bonded.sum().item<double>(), 100);
  const auto length = s.bonds.vector.norm(2, -1);
  EXPECT_LT((length * s.bonds.bonded).max().item<double>(), 4.0);  // K-O
  for (int64_t image = 0; image < kImageClasses; ++image) {
    const std::array<double, 3> digits = {static_cast<double>(image / 9 - 1),
                                          static_cast<double>(image / 3 % 3 - 1),
                                          static_cast<double>(image % 3 - 1)};
    const auto shift = torch::tensor(at::ArrayRef<double>(digits), at::kFloat);
    const auto other = at::matmul(bond_vectors(s, s.clean.coords) + shift, s.cells.unsqueeze(1)).norm(2, -1);
    EXPECT_LT(((length - other) * s.bonds.near).max().item<double>(), 0.05) << image;
  }
}

TEST(BondLosses, DistanceLossIsThatOfTheMovedStructure) {
  const Sample s;
  const auto b = s.clean.coords.size(0);
  const auto none = at::zeros_like(s.clean.coords);
  const auto sigma = at::full({b}, 0.4);
  EXPECT_EQ(distance_loss(s.clean.chemistry, s.bonds, s.cells, none, sigma).max().item<double>(), 0);
  auto generator = nn::make_generator(3);
  const auto u = 0.01 * at::randn(s.clean.coords.sizes(), generator, at::kFloat) * s.clean.chemistry.freedom;
  const auto error = at::matmul(s.clean.chemistry.basis, u.unsqueeze(-1)).squeeze(-1);
  const auto loss = distance_loss(s.clean.chemistry, s.bonds, s.cells, error, sigma);
  const auto lengths = [&](const torch::Tensor& coords) {
    return at::matmul(bond_vectors(s, coords), s.cells.unsqueeze(1)).norm(2, -1);
  };
  const auto change = (lengths(s.clean.coords + error) - lengths(s.clean.coords)) / (0.4 + 0.1);
  const auto expected = (change.square() * s.bonds.near).sum({1, 2}) / s.bonds.near.sum({1, 2}).clamp_min(1);
  EXPECT_GT(expected.min().item<double>(), 1e-3);
  EXPECT_LT(((loss - expected) / expected).abs().max().item<double>(), 1e-2);
}

// The class tells how the wrapped difference becomes the bond, whichever copies the noise has left.
TEST(BondLosses, ClassesLeadFromTheWrappedDifferenceToTheBond) {
  const Sample s;
  const auto noise = tests::draw_noise(s.clean, 0.9, 4);
  const auto noisy = add_noise(s.model.config(), s.clean, noise).coords;
  const auto classes = image_classes(s.clean.chemistry, s.bonds, noisy);
  const auto wrapped = pair_geometry(s.clean.chemistry, noisy, s.cells).delta;
  const auto digits =
      at::stack({classes.div(9, "floor"), classes.div(3, "floor").remainder(3), classes.remainder(3)}, -1) -
      1;
  const auto known = (classes >= 0).unsqueeze(-1);
  const auto miss = (wrapped + digits - bond_vectors(s, noisy)).abs() * known;
  // Differences of half a lattice vector may be wrapped to either side.
  const auto half = (wrapped.abs() - 0.5).abs() < 1e-4;
  EXPECT_LT((miss * half.logical_not()).max().item<double>(), 1e-4);
  EXPECT_GT(known.sum().item<double>(), 0.9 * s.bonds.bonded.sum().item<double>());
  EXPECT_GT(((classes >= 0) & (classes != kImageClasses / 2)).sum().item<int64_t>(), 5);
}

TEST(BondLosses, ImageLossIsTheCrossEntropy) {
  const Sample s;
  const auto classes = image_classes(s.clean.chemistry, s.bonds, s.clean.coords);
  auto shape = classes.sizes().vec();
  shape.push_back(kImageClasses);
  const auto even = image_loss(s.clean.chemistry, s.bonds, s.clean.coords, at::zeros(shape));
  EXPECT_LT((even - std::log(static_cast<double>(kImageClasses))).abs().max().item<double>(), 1e-5);
  const auto sure = 30 * at::one_hot(classes.clamp_min(0), kImageClasses).to(at::kFloat);
  EXPECT_LT(image_loss(s.clean.chemistry, s.bonds, s.clean.coords, sure).max().item<double>(), 1e-5);
}

// Every bond across symmetry of the structures is open (unless the pair is also bonded within the unit),
// beside copies of the same slots that are not bonded.
TEST(BondLosses, OpenCopiesHaveTheBondsAcrossSymmetryAmongThem) {
  const Sample s;
  const auto units = tests::small_units();
  const auto hidden = tests::clean_batch(units, s.model, false);
  const auto open = open_copies(hidden.chemistry, hidden.relation);
  const auto bonded = s.clean.chemistry.relation == static_cast<int64_t>(Relation::kSymmetryBond);
  EXPECT_GT(bonded.sum().item<int64_t>(), 10);
  const auto within = hidden.chemistry.relation == static_cast<int64_t>(Relation::kIntraBond);
  EXPECT_TRUE((open | within | bonded.logical_not()).all().item<bool>());
  EXPECT_GT(open.sum().item<int64_t>(), bonded.sum().item<int64_t>());
  EXPECT_FALSE(open_copies(s.clean.chemistry, s.clean.relation).any().item<bool>());  // all are known
}

TEST(BondLosses, CopyLossIsTheCrossEntropyOfOpenPairs) {
  const Sample s;
  const auto hidden = tests::clean_batch(tests::small_units(), s.model, false);
  const auto bonded = s.clean.chemistry.relation == static_cast<int64_t>(Relation::kSymmetryBond);
  const auto open = open_copies(hidden.chemistry, hidden.relation);
  const auto any = open.flatten(1).any(1).to(at::kFloat);
  const auto even = copy_loss(hidden.chemistry, hidden.relation, at::zeros(open.sizes()));
  EXPECT_LT((even - std::log(2.0) * any).abs().max().item<double>(), 1e-6);
  // Logits of pairs that are not open do not count.
  const auto sure = at::where(open, 60 * bonded.to(at::kFloat) - 30, at::full({}, 7.0));
  EXPECT_LT(copy_loss(hidden.chemistry, hidden.relation, sure).max().item<double>(), 1e-6);
  const auto wrong = copy_loss(hidden.chemistry, hidden.relation, -sure);
  EXPECT_LT((wrong - 30 * any).abs().max().item<double>(), 1e-3);
}

}  // namespace
}  // namespace clamp::diffusion
