#include "encoders/zero_shot_metrics.h"

#include <gtest/gtest.h>

#include "core/seed.h"

namespace clamp::encoders {
namespace {

ScoredLabels example() {
  return {{{0.9, 0.1, 0.0}, {0.2, 0.5, 0.3}, {0.1, 0.3, 0.6}, {0.5, 0.4, 0.1}}, {0, 1, 1, 2}};
}

TEST(ZeroShotMetrics, AccuraciesAreCounted) {
  EXPECT_DOUBLE_EQ(top_accuracy(example(), 1), 0.5);
  EXPECT_DOUBLE_EQ(top_accuracy(example(), 2), 0.75);
  EXPECT_DOUBLE_EQ(top_accuracy(example(), 3), 1.0);
  const auto matrix = confusion_matrix(example());
  EXPECT_EQ(matrix, (std::vector<std::vector<int64_t>>{{1, 0, 0}, {0, 1, 1}, {1, 0, 0}}));
}

// All scores equal: one of three by chance.
TEST(ZeroShotMetrics, TiesCountByChance) {
  const ScoredLabels tied{{{1, 1, 1}, {1, 1, 1}}, {0, 2}};
  EXPECT_DOUBLE_EQ(top_accuracy(tied, 1), 1.0 / 3);
  EXPECT_DOUBLE_EQ(top_accuracy(tied, 2), 2.0 / 3);
  EXPECT_DOUBLE_EQ(mean_roc_auc(tied), 0.5);
}

/// Share of (positive, negative) pairs in the right order, by comparing all.
double brute_force_auc(const std::vector<double>& scores, const std::vector<bool>& positive) {
  double right = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i) {
    for (size_t j = 0; j < scores.size(); ++j) {
      if (!positive[i] || positive[j]) continue;
      pairs += 1;
      right += scores[i] > scores[j] ? 1 : (scores[i] == scores[j] ? 0.5 : 0);
    }
  }
  return right / pairs;
}

TEST(ZeroShotMetrics, AreaEqualsTheShareOfOrderedPairs) {
  for (const uint64_t seed : {1, 2, 3}) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::vector<double> scores;
    std::vector<bool> positive;
    for (int i = 0; i < 40; ++i) {
      positive.push_back(rng.uniform() < 0.4);
      scores.push_back(static_cast<double>(rng.below(12)) + (positive.back() ? 2 : 0));
    }
    EXPECT_NEAR(roc_auc(scores, positive), brute_force_auc(scores, positive), 1e-12);
  }
  EXPECT_DOUBLE_EQ(roc_auc({1, 2}, {true, true}), 0.5);
}

TEST(ZeroShotMetrics, IntervalsHoldTheValueAndTheControlIsChance) {
  Rng rng(4);
  ScoredLabels scored;
  for (int i = 0; i < 300; ++i) {
    const auto label = static_cast<int64_t>(rng.below(3));
    std::vector<double> row = {rng.uniform(), rng.uniform(), rng.uniform()};
    row[static_cast<size_t>(label)] += 0.5;
    scored.scores.push_back(row);
    scored.labels.push_back(label);
  }
  const auto report = zero_shot_report(scored, 200, 7);
  EXPECT_GT(report.accuracy.value, 0.6);
  EXPECT_LT(report.accuracy.low, report.accuracy.value);
  EXPECT_GT(report.accuracy.high, report.accuracy.value);
  // Binomial: 1.96 sqrt(p (1 - p) / 300) is at most 0.057.
  EXPECT_LT(report.accuracy.high - report.accuracy.low, 0.15);
  EXPECT_NEAR(report.shuffled_accuracy.value, 1.0 / 3, 0.1);
  EXPECT_NEAR(report.shuffled_auc, 0.5, 0.1);
  const auto again = zero_shot_report(scored, 200, 7);
  EXPECT_EQ(again.accuracy.low, report.accuracy.low);
}

}  // namespace
}  // namespace clamp::encoders
