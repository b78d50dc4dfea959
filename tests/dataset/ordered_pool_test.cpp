#include "data/ordered_pool.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <stdexcept>

namespace clamp::data {
namespace {

TEST(OrderedPool, KeepsTheOrderOfTheSource) {
  for (const int n_threads : {1, 2, 5}) {
    SCOPED_TRACE(n_threads);
    int given = 0;
    std::vector<int> out;
    OrderedPool<int, int> pool(
        [&](int& item) {
          item = given++;
          return item < 500;
        },
        [](int item) {
          // Work of uneven length, so that later items are ready first.
          volatile int spin = (item % 7) * 2000;
          while (spin > 0) spin = spin - 1;
          return 3 * item;
        },
        [&](int&& item) { out.push_back(item); }, n_threads);
    pool.run();
    ASSERT_EQ(out.size(), 500u);
    for (int i = 0; i < 500; ++i) EXPECT_EQ(out[static_cast<size_t>(i)], 3 * i);
  }
}

TEST(OrderedPool, BoundsWhatIsInFlight) {
  std::atomic<int> in_flight{0};
  int most = 0, given = 0;
  OrderedPool<int, int> pool(
      [&](int& item) {
        item = given++;
        if (item >= 300) return false;
        most = std::max(most, ++in_flight);
        return true;
      },
      [](int item) { return item; }, [&](int&&) { --in_flight; }, 4);
  pool.run();
  EXPECT_LE(most, 8 * 4);
}

TEST(OrderedPool, PassesOnExceptionsOfEveryPart) {
  for (int part = 0; part < 3; ++part) {
    SCOPED_TRACE(part);
    int given = 0;
    const auto trip = [part](int which, int item) {
      if (which == part && item == 40) throw std::runtime_error("stop");
    };
    OrderedPool<int, int> pool(
        [&](int& item) {
          item = given++;
          trip(0, item);
          return item < 100000;
        },
        [&](int item) {
          trip(1, item);
          return item;
        },
        [&](int&& item) { trip(2, item); }, 3);
    EXPECT_THROW(pool.run(), std::runtime_error);
    EXPECT_LT(given, 1000);
  }
}

}  // namespace
}  // namespace clamp::data
