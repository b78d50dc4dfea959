#include "core/parallel.h"

#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <vector>

namespace clamp {
namespace {

TEST(ParallelFor, DoesEveryPieceOfWorkOnce) {
  for (const int n_threads : {-1, 0, 1, 2, 7}) {
    for (const size_t n : {0, 1, 5, 100}) {
      SCOPED_TRACE(testing::Message() << n << " on " << n_threads);
      std::vector<std::atomic<int>> done(n);
      parallel_for(n, n_threads, [&](size_t i) { ++done[i]; });
      for (const auto& count : done) EXPECT_EQ(count, 1);
    }
  }
}

TEST(ParallelFor, ThrowsTheFirstErrorAndBeginsNothingAfterIt) {
  std::vector<std::atomic<int>> done(100);
  try {
    parallel_for(100, 1, [&](size_t i) {
      ++done[i];
      if (i >= 3) throw std::runtime_error("piece " + std::to_string(i));
    });
    ADD_FAILURE() << "no error";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "piece 3");
  }
  for (size_t i = 0; i < done.size(); ++i) EXPECT_EQ(done[i], i <= 3 ? 1 : 0) << i;
}

// Both threads are at work before either throws.
TEST(ParallelFor, ThrowsTheErrorOfTheSmallestIndex) {
  std::atomic<int> begun{0};
  try {
    parallel_for(2, 2, [&](size_t i) {
      ++begun;
      while (begun < 2) {
      }
      throw std::runtime_error("piece " + std::to_string(i));
    });
    ADD_FAILURE() << "no error";
  } catch (const std::runtime_error& error) {
    EXPECT_STREQ(error.what(), "piece 0");
  }
}

}  // namespace
}  // namespace clamp
