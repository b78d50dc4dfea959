#include "encoders/crystal_graph.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

using tests::random_crystal;
using tests::rock_salt;

/// Sorted distances of all images within `reach` cells, by brute force.
std::vector<double> brute_force(const Crystal& crystal, size_t i, double cutoff, int reach) {
  std::vector<double> found;
  for (size_t j = 0; j < crystal.frac_coords.size(); ++j) {
    for (int a = -reach; a <= reach; ++a) {
      for (int b = -reach; b <= reach; ++b) {
        for (int c = -reach; c <= reach; ++c) {
          if (i == j && a == 0 && b == 0 && c == 0) continue;
          const Vec3 delta = crystal.frac_coords[j] + Vec3(a, b, c) - crystal.frac_coords[i];
          const double distance = (delta.transpose() * crystal.cell).norm();
          if (distance < cutoff) found.push_back(distance);
        }
      }
    }
  }
  std::sort(found.begin(), found.end());
  return found;
}

TEST(CrystalGraph, NearestNeighborsEqualBruteForce) {
  for (const uint64_t seed : {0, 1, 2, 3, 4, 5}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const auto crystal = random_crystal(seed, 1 + static_cast<int64_t>(seed) * 4);
    const auto graph = make_crystal_graph(crystal, {});
    for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
      const auto expected = brute_force(crystal, static_cast<size_t>(i), 8.0, 8);
      ASSERT_GE(expected.size(), 12u);
      for (int64_t slot = 0; slot < 12; ++slot) {
        EXPECT_NEAR(graph.distances[i][slot].item<double>(), expected[static_cast<size_t>(slot)], 2e-4);
      }
    }
  }
}

TEST(CrystalGraph, PartOfABatchIsTheBatchOfThePart) {
  NeighborConfig config;
  config.descriptors = true;
  std::vector<CrystalGraph> graphs;
  for (const uint64_t seed : {1, 2, 3, 4}) {
    graphs.push_back(make_crystal_graph(random_crystal(seed, 2 + static_cast<int64_t>(seed)), config));
  }
  const auto part = collate({&graphs[0], &graphs[1], &graphs[2], &graphs[3]}).narrow(1, 2);
  const auto expected = collate({&graphs[1], &graphs[2]});
  EXPECT_TRUE(torch::equal(part.numbers, expected.numbers));
  EXPECT_TRUE(torch::equal(part.neighbors, expected.neighbors));
  EXPECT_TRUE(torch::equal(part.distances, expected.distances));
  EXPECT_TRUE(torch::equal(part.crystal_of, expected.crystal_of));
  EXPECT_TRUE(torch::equal(part.counts, expected.counts));
  EXPECT_TRUE(torch::equal(part.volumes, expected.volumes));
  EXPECT_TRUE(torch::equal(part.descriptors, expected.descriptors));
}

TEST(CrystalGraph, RockSaltHasSixUnlikeThenLikeNeighbors) {
  const auto graph = make_crystal_graph(rock_salt(), {});
  for (int64_t slot = 0; slot < 12; ++slot) {
    EXPECT_EQ(graph.neighbors[0][slot].item<int>(), slot < 6 ? 1 : 0);
    EXPECT_NEAR(graph.distances[0][slot].item<double>(), slot < 6 ? 2.82 : 2.82 * std::sqrt(2.0), 1e-4);
  }
}

TEST(CrystalGraph, MissingNeighborsPointToTheAtomAtMinusOne) {
  auto crystal = rock_salt();
  crystal.cell = Mat3::Identity() * 30.0;
  crystal.frac_coords = {Vec3::Zero(), Vec3(0.1, 0, 0)};
  const auto graph = make_crystal_graph(crystal, {});
  EXPECT_NEAR(graph.distances[0][0].item<double>(), 3.0, 1e-6);
  EXPECT_EQ(graph.distances[0][1].item<double>(), -1.0);
  EXPECT_EQ(graph.neighbors[1][5].item<int>(), 1);
}

TEST(CrystalGraph, BatchOffsetsNeighborsAndCountsAtoms) {
  const auto a = make_crystal_graph(rock_salt(), {}), b = make_crystal_graph(random_crystal(3, 7), {});
  const auto batch = collate({&a, &b});
  EXPECT_EQ(batch.numbers.size(0), 9);
  EXPECT_TRUE(torch::equal(batch.neighbors.narrow(0, 2, 7), b.neighbors.to(torch::kInt64) + 2));
  EXPECT_TRUE(torch::equal(batch.counts, torch::tensor({2.0f, 7.0f})));
  EXPECT_EQ(batch.crystal_of[1].item<int64_t>(), 0);
  EXPECT_EQ(batch.crystal_of[2].item<int64_t>(), 1);
}

std::string error_of(const Crystal& crystal) {
  try {
    make_crystal_graph(crystal, {});
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(CrystalGraph, NamesWhatIsWrongWithACrystal) {
  Crystal empty;
  empty.name = "void";
  EXPECT_EQ(error_of(empty), "void: has no atoms");
  auto unknown = rock_salt();
  unknown.atomic_numbers[0] = 119;
  EXPECT_EQ(error_of(unknown), "NaCl: atomic number 119, expected 1 to 103");
  auto flat = rock_salt();
  flat.cell.row(2) = flat.cell.row(1);
  EXPECT_EQ(error_of(flat).rfind("NaCl: cell volume is ", 0), 0u);
}

}  // namespace
}  // namespace clamp::encoders
