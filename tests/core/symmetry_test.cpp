#include "core/symmetry.h"

#include <gtest/gtest.h>

#include <algorithm>

#include <Eigen/LU>

#include "core/error.h"
#include "tests/support/crystals.h"

namespace clamp {
namespace {

TEST(Symmetry, EveryGroupClosesAndStartsWithTheIdentity) {
  for (int number = 1; number <= 230; ++number) {
    SCOPED_TRACE(number);
    const SpaceGroup& group = space_group(number);
    ASSERT_FALSE(group.operations.empty());
    EXPECT_EQ(group.operations[0].rotation, Mat3i::Identity());
    EXPECT_LT(group.operations[0].translation.norm(), 1e-9);
    for (size_t g = 0; g < group.operations.size(); ++g) {
      std::vector<char> reached(group.operations.size(), 0);
      for (const int k : group.product[g]) reached[static_cast<size_t>(k)] = 1;
      EXPECT_EQ(std::count(reached.begin(), reached.end(), 1), static_cast<long>(reached.size()));
    }
  }
}

// Orders of the point groups of some space groups (International Tables A).
TEST(Symmetry, PrimitiveOperationsHaveThePointGroupsOrder) {
  const std::pair<int, size_t> known[] = {{1, 1},   {2, 2},    {14, 4},   {15, 4},   {62, 8},   {88, 8},
                                          {146, 3}, {167, 12}, {176, 12}, {216, 24}, {225, 48}, {227, 48}};
  for (const auto& [number, order] : known) EXPECT_EQ(space_group(number).operations.size(), order) << number;
}

TEST(Symmetry, CartesianRotationsAreOrthogonal) {
  for (int number = 1; number <= 230; ++number) {
    for (const Mat3& rotation : point_group_frame(number).cartesian_rotations) {
      EXPECT_LT((rotation * rotation.transpose() - Mat3::Identity()).norm(), 1e-9) << number;
    }
  }
}

TEST(Symmetry, RealStructuresKeepTheirPublishedSpaceGroup) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const auto found = find_symmetry(tests::load_qmof(sample.id), 0.05);
    ASSERT_TRUE(found.has_value());
    EXPECT_EQ(found->number, sample.space_group);
    EXPECT_LT(found->max_move, 0.05);
  }
}

TEST(Symmetry, StandardisedCellIsInvariantUnderTheGroup) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const auto found = find_symmetry(tests::load_qmof(sample.id), 0.05);
    ASSERT_TRUE(found.has_value());
    const Mat3 metric = found->primitive.cell * found->primitive.cell.transpose();
    for (const auto& op : space_group(found->number).operations) {
      const Mat3 rotation = op.rotation.cast<double>();
      EXPECT_LT((rotation.transpose() * metric * rotation - metric).norm(), 1e-8);
    }
  }
}

TEST(Symmetry, ConventionalCellKeepsDensity) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = tests::load_qmof(sample.id);
    const auto conventional = conventional_cell(crystal, 0.05);
    ASSERT_TRUE(conventional.has_value());
    EXPECT_EQ(conventional->number, sample.space_group);
    // Averaging the cell over the group may change its volume: by up to 0.05 Å of 15 Å an edge.
    EXPECT_NEAR(conventional->crystal.density(), crystal.density(), 3e-3 * crystal.density());
  }
}

TEST(Symmetry, NumberOutsideTheTablesIsNamed) {
  try {
    space_group(231);
    FAIL() << "no exception";
  } catch (const Error& e) {
    EXPECT_STREQ(e.what(), "space group 231: expected a number from 1 to 230");
  }
}

}  // namespace
}  // namespace clamp
