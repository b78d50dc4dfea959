#include "core/bond_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/seed.h"
#include "tests/support/crystals.h"

namespace clamp {
namespace {

using Pair = std::tuple<int64_t, int64_t, int, int, int>;

/// All image pairs within a generous fixed range, in the order of neighbor_pairs: its reference.
std::vector<Pair> brute_force_pairs(const Crystal& crystal, double cutoff, int range) {
  std::vector<Pair> pairs;
  for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
    for (int64_t j = i; j < crystal.n_atoms(); ++j) {
      for (int a = -range; a <= range; ++a) {
        for (int b = -range; b <= range; ++b) {
          for (int c = -range; c <= range; ++c) {
            if (i == j && std::make_tuple(a, b, c) <= std::make_tuple(0, 0, 0)) continue;
            const Vec3 delta = crystal.frac_coords[j] + Vec3(a, b, c) - crystal.frac_coords[i];
            if ((crystal.cell.transpose() * delta).norm() < cutoff) pairs.emplace_back(i, j, a, b, c);
          }
        }
      }
    }
  }
  return pairs;
}

std::vector<Pair> found_pairs(const Crystal& crystal, double cutoff) {
  std::vector<Pair> pairs;
  for (const Bond& pair : neighbor_pairs(crystal, cutoff)) {
    const Vec3 delta = crystal.frac_coords[pair.j] + pair.shift.cast<double>() - crystal.frac_coords[pair.i];
    EXPECT_NEAR(pair.length, (crystal.cell.transpose() * delta).norm(), 1e-9);
    pairs.emplace_back(pair.i, pair.j, pair.shift[0], pair.shift[1], pair.shift[2]);
  }
  return pairs;
}

Crystal random_atoms(Rng& rng, const CellParameters& cell, int n) {
  Crystal crystal;
  crystal.cell = cell_from_parameters(cell);
  for (int k = 0; k < n; ++k) {
    crystal.atomic_numbers.push_back(6);
    crystal.frac_coords.emplace_back(3 * rng.uniform() - 1, rng.uniform(), rng.uniform());
  }
  return crystal;
}

TEST(BondGraph, NeighborPairsMatchBruteForceInSmallSkewedCells) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const auto crystal =
        random_atoms(rng, {3.0 + rng.uniform(), 4.0, 5.0, 50 + 30 * rng.uniform(), 70, 65}, 5);
    EXPECT_EQ(found_pairs(crystal, 6.0), brute_force_pairs(crystal, 6.0, 7));
  }
}

TEST(BondGraph, NeighborPairsMatchBruteForceInCellsOfSeveralBins) {
  for (const uint64_t seed : {5, 6, 7}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    const auto crystal =
        random_atoms(rng, {9.0, 12.0 + 9 * rng.uniform(), 7.5, 70, 110 + 15 * rng.uniform(), 100}, 40);
    const auto pairs = found_pairs(crystal, 2.3);
    EXPECT_EQ(pairs, brute_force_pairs(crystal, 2.3, 4));
    EXPECT_GT(pairs.size(), 5u);
  }
}

TEST(BondGraph, NoAtomsOrNoCutoffGiveNoPairs) {
  EXPECT_TRUE(neighbor_pairs(Crystal{}, 3.0).empty());
  EXPECT_TRUE(neighbor_pairs(tests::diamond(), 0.0).empty());
}

TEST(BondGraph, DiamondHasFourBondsAnAtomAndDimensionThree) {
  const Crystal diamond = tests::diamond();
  const auto bonds = perceive_bonds(diamond);
  EXPECT_EQ(bonds.size(), 4u);
  for (const Bond& bond : bonds) EXPECT_NEAR(bond.length, 3.567 * std::sqrt(3.0) / 4, 1e-9);
  EXPECT_EQ(framework_dimension(diamond.atomic_numbers, bonds), 3);
}

TEST(BondGraph, HydrogenKeepsOneBond) {
  Crystal crystal;
  crystal.cell = 12 * Mat3::Identity();
  crystal.atomic_numbers = {8, 1, 8};
  crystal.frac_coords = {Vec3(0, 0, 0), Vec3(1.05 / 12, 0, 0), Vec3(2.2 / 12, 0, 0)};
  const auto bonds = perceive_bonds(crystal);
  ASSERT_EQ(bonds.size(), 1u);
  EXPECT_EQ(bonds[0].i, 0);
  EXPECT_EQ(bonds[0].j, 1);
}

TEST(BondGraph, DimensionCountsIndependentTranslations) {
  const std::vector<int> carbon{6};
  EXPECT_EQ(framework_dimension(carbon, {}), 0);
  EXPECT_EQ(framework_dimension(carbon, {{0, 0, Vec3i(1, 0, 0), 1.5}}), 1);
  EXPECT_EQ(framework_dimension(carbon, {{0, 0, Vec3i(1, 0, 0), 1.5}, {0, 0, Vec3i(2, 0, 0), 3}}), 1);
  EXPECT_EQ(framework_dimension(carbon, {{0, 0, Vec3i(1, 0, 0), 1.5}, {0, 0, Vec3i(0, 1, 1), 2}}), 2);
}

// Dimensions from qmof.csv, which were computed by other software.
TEST(BondGraph, RealFrameworksHaveTheirPublishedDimension) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = tests::load_qmof(sample.id);
    EXPECT_EQ(framework_dimension(crystal.atomic_numbers, perceive_bonds(crystal)),
              sample.framework_dimension);
  }
}

}  // namespace
}  // namespace clamp
