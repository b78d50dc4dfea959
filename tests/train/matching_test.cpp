#include "train/matching.h"

#include <gtest/gtest.h>

#include "nn/random.h"

namespace clamp::train {
namespace {

std::vector<std::string> distinct_keys(int64_t n) {
  std::vector<std::string> keys;
  for (int64_t i = 0; i < n; ++i) keys.push_back("text " + std::to_string(i));
  return keys;
}

TEST(MatchRates, PerfectPairsAreAllFound) {
  const auto rows = torch::eye(20);
  const auto rates = match_rates(rows, rows, distinct_keys(20), 5, 3, 1);
  EXPECT_EQ(rates.crystal_to_text, 1.0);
  EXPECT_EQ(rates.text_to_crystal, 1.0);
  EXPECT_EQ(rates.group, 5);
}

TEST(MatchRates, GroupFallsToTheNumberOfPairs) {
  const auto rows = torch::eye(7);
  EXPECT_EQ(match_rates(rows, rows, distinct_keys(7), 100, 1, 1).group, 7);
}

// Unrelated embeddings find their pair once in `group` tries; 4 000 draws have a standard error of 0.5 %.
TEST(MatchRates, UnrelatedPairsAreFoundByChance) {
  auto generator = nn::make_generator(5);
  const auto crystals = torch::randn({400, 8}, generator), texts = torch::randn({400, 8}, generator);
  const auto rates = match_rates(crystals, texts, distinct_keys(400), 10, 10, 2);
  EXPECT_NEAR(rates.crystal_to_text, 0.1, 0.03);
  EXPECT_NEAR(rates.text_to_crystal, 0.1, 0.03);
}

// Four pairs with one text cannot be told apart: each is found in one of four guesses.
TEST(MatchRates, SharedTextsCountByTheirShare) {
  const auto crystals = torch::eye(4), texts = torch::ones({4, 4}) / 2;
  const auto rates = match_rates(crystals, texts, {"a", "a", "a", "a"}, 4, 1, 1);
  EXPECT_DOUBLE_EQ(rates.crystal_to_text, 0.25);
  EXPECT_DOUBLE_EQ(rates.text_to_crystal, 0.25);
}

}  // namespace
}  // namespace clamp::train
