#include "core/seed.h"

#include <gtest/gtest.h>

#include <cmath>
#include <set>
#include <vector>

namespace clamp {
namespace {

// First outputs of splitmix64 for seed 1234567 (reference implementation by Vigna,
// prng.di.unimi.it/splitmix64.c).
TEST(Rng, IsSplitmix64) {
  Rng rng(1234567);
  EXPECT_EQ(rng.next(), 6457827717110365317ULL);
  EXPECT_EQ(rng.next(), 3203168211198807973ULL);
  EXPECT_EQ(rng.next(), 9817491932198370423ULL);
  EXPECT_EQ(rng.next(), 4593380528125082431ULL);
  EXPECT_EQ(rng.next(), 16408922859458223821ULL);
}

TEST(DeriveSeed, NeighbouringSeedsAndStreamsDoNotCollide) {
  std::set<uint64_t> seen;
  for (uint64_t seed = 0; seed < 100; ++seed)
    for (uint64_t stream = 0; stream < 100; ++stream) seen.insert(derive_seed(seed, stream));
  EXPECT_EQ(seen.size(), 10000U);
}

TEST(DeriveSeed, OneBitOfInputChangesHalfOfTheOutput) {
  double flipped = 0;
  int n = 0;
  for (uint64_t seed = 0; seed < 20; ++seed)
    for (int bit = 0; bit < 64; ++bit) {
      flipped += __builtin_popcountll(derive_seed(seed, 7) ^ derive_seed(seed ^ (1ULL << bit), 7));
      flipped += __builtin_popcountll(derive_seed(3, seed) ^ derive_seed(3, seed ^ (1ULL << bit)));
      n += 2;
    }
  EXPECT_NEAR(flipped / n, 32, 0.5);
}

TEST(Rng, UniformHasTheMomentsOfTheUnitInterval) {
  Rng rng(5);
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = rng.uniform();
    ASSERT_GE(u, 0);
    ASSERT_LT(u, 1);
    sum += u;
    squares += u * u;
  }
  EXPECT_NEAR(sum / kDraws, 1.0 / 2, 5 * std::sqrt(1.0 / 12 / kDraws));
  EXPECT_NEAR(squares / kDraws, 1.0 / 3, 5 * std::sqrt(4.0 / 45 / kDraws));
}

TEST(Rng, NormalHasTheMomentsOfTheStandardNormal) {
  Rng rng(6);
  constexpr int kDraws = 100000;
  double sum = 0;
  double squares = 0;
  double fourths = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double x = rng.normal();
    ASSERT_TRUE(std::isfinite(x));
    sum += x;
    squares += x * x;
    fourths += x * x * x * x;
  }
  EXPECT_NEAR(sum / kDraws, 0, 5 / std::sqrt(kDraws));
  EXPECT_NEAR(squares / kDraws, 1, 5 * std::sqrt(2.0 / kDraws));
  EXPECT_NEAR(fourths / kDraws, 3, 5 * std::sqrt(96.0 / kDraws));
}

TEST(Rng, BelowReachesEveryValueEquallyOften) {
  Rng rng(8);
  std::vector<int> counts(7);
  for (int i = 0; i < 70000; ++i) ++counts.at(rng.below(7));
  for (const int count : counts) EXPECT_NEAR(count, 10000, 5 * std::sqrt(10000.0));
}

}  // namespace
}  // namespace clamp
