#include "evaluate/pareto.h"

#include <gtest/gtest.h>

namespace clamp::evaluate {
namespace {

TEST(Pareto, KeepsWhatNothingBeats) {
  EXPECT_EQ(pareto_set({{1, 5}, {2, 4}, {2, 3}, {0, 6}, {1, 4}}), (std::vector<size_t>{0, 1, 3}));
}

TEST(Pareto, EqualPointsDoNotBeatEachOther) {
  EXPECT_EQ(pareto_set({{1, 1}, {1, 1}, {0, 1}}), (std::vector<size_t>{0, 1}));
}

TEST(Pareto, OfNothingIsNothing) { EXPECT_TRUE(pareto_set({}).empty()); }

}  // namespace
}  // namespace clamp::evaluate
