#include "core/canonical_setting.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "tests/support/crystals.h"

namespace clamp {
namespace {

TEST(CanonicalSetting, ChangesMapTheOperationsToThemselves) {
  for (const int number : {1, 2, 4, 9, 14, 15, 19, 33, 43, 62, 88, 122, 148, 166, 203, 225, 227, 230}) {
    SCOPED_TRACE(number);
    const SpaceGroup& group = space_group(number);
    for (const SettingChange& change : setting_changes(group)) {
      const Mat3 rotation = change.rotation.cast<double>();
      EXPECT_EQ(change.rotation.determinant(), 1);
      for (const SymmetryOperation& op : group.operations) {
        const Mat3 image = rotation * op.rotation.cast<double>() * rotation.inverse();
        const Vec3 translation = rotation * op.translation + change.translation - image * change.translation;
        const bool found =
            std::any_of(group.operations.begin(), group.operations.end(), [&](const SymmetryOperation& q) {
              const Vec3 difference = translation - q.translation;
              return (image - q.rotation.cast<double>()).norm() < 1e-9 &&
                     (difference - Vec3(difference.array().round())).norm() < 1e-5;
            });
        EXPECT_TRUE(found);
      }
    }
  }
}

// Indices of the groups in their normalisers, polar translations and improper maps left out (International
// Tables A, table 3.5.2.3 to 3.5.2.5).
TEST(CanonicalSetting, NumberOfSettingsIsTheIndexInTheNormaliser) {
  const std::map<int, size_t> expected = {{1, 1},  {2, 8},   {14, 8},  {16, 48}, {62, 8},
                                          {75, 4}, {194, 2}, {225, 2}, {229, 1}};
  for (const auto& [number, count] : expected) {
    SCOPED_TRACE(number);
    EXPECT_EQ(setting_changes(space_group(number)).size(), count);
  }
}

// Places of all atoms but for the origin along polar directions, to five digits.
std::multiset<int64_t> places(const Crystal& crystal, const SpaceGroup& group) {
  std::multiset<int64_t> result;
  for (const Vec3& x : crystal.frac_coords) result.insert(std::llround(1e5 * landmark(group, x)));
  return result;
}

TEST(CanonicalSetting, DoesNotDependOnTheSettingItStartsFrom) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const auto symmetry = find_symmetry(tests::load_qmof(sample.id), 0.05);
    ASSERT_TRUE(symmetry.has_value());
    const SpaceGroup& group = space_group(symmetry->number);
    const auto reference = places(symmetry->primitive, group);
    for (const SettingChange& change : setting_changes(group)) {
      Crystal moved = symmetry->primitive;
      const Mat3 rotation = change.rotation.cast<double>();
      for (Vec3& x : moved.frac_coords) x = rotation * x + change.translation;
      moved.cell = rotation.transpose().inverse() * moved.cell;
      const Crystal canonical = in_canonical_setting(moved, group);
      const Mat3 metric = canonical.cell * canonical.cell.transpose();
      EXPECT_LT((metric - symmetry->primitive.cell * symmetry->primitive.cell.transpose()).norm(), 1e-6);
      EXPECT_EQ(places(canonical, group), reference);
    }
  }
}

}  // namespace
}  // namespace clamp
