#include "evaluate/duplicates.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/support/crystals.h"
#include "tests/support/random_crystal.h"
#include "tests/support/settings.h"

namespace clamp::evaluate {
namespace {

// Rock salt: 6 neighbours at a / 2, 12 at a / sqrt(2), 8 at a sqrt(3) / 2.
TEST(AverageMinimumDistances, MatchClosedForms) {
  const std::vector<double> amd = average_minimum_distances(tests::rock_salt(), 26);
  for (int k = 0; k < 26; ++k)
    EXPECT_NEAR(amd[k], 5.64 * (k < 6 ? 0.5 : (k < 18 ? std::sqrt(0.5) : std::sqrt(0.75))), 1e-9) << k;
}

TEST(AverageMinimumDistances, DoNotDependOnTheSetting) {
  const Crystal crystal = tests::load_qmof("qmof-82f44d0");
  const auto amd = average_minimum_distances(crystal, 30);
  const auto other = average_minimum_distances(tests::another_setting(crystal, 4, true), 30);
  for (int k = 0; k < 30; ++k) EXPECT_NEAR(amd[k], other[k], 1e-9);
}

TEST(DuplicateIndex, FindsTheFirstCopyOnly) {
  DuplicateIndex index;
  for (const tests::QmofSample& sample : tests::qmof_samples())
    index.add(fingerprint(tests::load_qmof(sample.id)));
  const auto print = fingerprint(tests::another_setting(tests::load_qmof("qmof-7501cda"), 3, true));
  const auto found = index.find(print);
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->index, 12);
  EXPECT_LT(found->rms, 1e-4);
  EXPECT_FALSE(index.find(print, 12).has_value());
  EXPECT_FALSE(index.find(fingerprint(tests::diamond())).has_value());
  for (int64_t k = 0; k < index.size(); ++k)
    EXPECT_FALSE(index.find(fingerprint(tests::load_qmof(tests::qmof_samples()[k].id)), k).has_value()) << k;
}

}  // namespace
}  // namespace clamp::evaluate
