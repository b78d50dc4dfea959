#include "core/bond_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/seed.h"
#include "tests/support/crystals.h"

namespace clamp {
namespace {

/// All image pairs within a generous fixed range: the reference for neighbor_pairs.
int64_t brute_force_count(const Crystal& crystal, double cutoff, int range) {
  int64_t count = 0;
  for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
    for (int64_t j = 0; j < crystal.n_atoms(); ++j) {
      for (int a = -range; a <= range; ++a) {
        for (int b = -range; b <= range; ++b) {
          for (int c = -range; c <= range; ++c) {
            if (i == j && a == 0 && b == 0 && c == 0) continue;
            const Vec3 delta = crystal.frac_coords[j] + Vec3(a, b, c) - crystal.frac_coords[i];
            if ((crystal.cell.transpose() * delta).norm() < cutoff) ++count;
          }
        }
      }
    }
  }
  return count / 2;
}

TEST(BondGraph, NeighborPairsMatchBruteForceInSkewedCells) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    Crystal crystal;
    crystal.cell = cell_from_parameters({3.0 + rng.uniform(), 4.0, 5.0, 50 + 30 * rng.uniform(), 70, 65});
    for (int k = 0; k < 5; ++k) {
      crystal.atomic_numbers.push_back(6);
      crystal.frac_coords.emplace_back(3 * rng.uniform() - 1, rng.uniform(), rng.uniform());
    }
    EXPECT_EQ(static_cast<int64_t>(neighbor_pairs(crystal, 6.0).size()), brute_force_count(crystal, 6.0, 7));
  }
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
