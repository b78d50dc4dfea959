#include "encoders/crystal_descriptors.h"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "core/atomic_file.h"
#include "core/cif.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

using L = DescriptorLayout;
constexpr int64_t kEnvironments = L::kElements + L::kPresence;
constexpr int64_t kFragmentPlace = kEnvironments + L::kEnvironments1 + L::kEnvironments2 + L::kEnvironments3;
constexpr int64_t kCoordinationPlace = kFragmentPlace + L::kFragments;
constexpr int64_t kFrameworkPlace = kCoordinationPlace + L::kCoordination;
constexpr int64_t kMeasuresPlace = kFrameworkPlace + L::kFramework;
constexpr int64_t kSystemPlace = kMeasuresPlace + L::kMeasures;
constexpr int64_t kGroupPlace = kSystemPlace + L::kSystems;

float at(const std::vector<float>& values, int64_t place) { return values[static_cast<size_t>(place)]; }

Crystal doubled(const Crystal& crystal) {
  Crystal result = crystal;
  result.cell.row(0) *= 2;
  for (auto& x : result.frac_coords) x[0] /= 2;
  for (size_t i = 0; i < crystal.frac_coords.size(); ++i) {
    result.atomic_numbers.push_back(crystal.atomic_numbers[i]);
    result.frac_coords.push_back(result.frac_coords[i] + Vec3(0.5, 0, 0));
  }
  return result;
}

/// All but the pores, whose grid follows the cell.
void expect_same_but_pores(const std::vector<float>& a, const std::vector<float>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (int64_t i = 0; i < kDescriptors; ++i) {
    if (i >= kMeasuresPlace + 4 && i < kSystemPlace) continue;
    ASSERT_NEAR(at(a, i), at(b, i), 1e-4) << i;
  }
}

TEST(CrystalDescriptors, RockSaltIsDescribed) {
  const auto values = crystal_descriptors(tests::rock_salt());
  ASSERT_EQ(static_cast<int64_t>(values.size()), kDescriptors);
  EXPECT_NEAR(at(values, 11 - 1), std::sqrt(0.5), 1e-6);
  EXPECT_NEAR(at(values, 17 - 1), std::sqrt(0.5), 1e-6);
  EXPECT_EQ(at(values, L::kElements + 11 - 1), 1);
  EXPECT_EQ(at(values, kCoordinationPlace + 6), 1);   // Na has six bonds
  EXPECT_EQ(at(values, kFrameworkPlace + 3), 1);      // three-dimensional
  EXPECT_EQ(at(values, kFrameworkPlace + 4 + 1), 1);  // one net
  EXPECT_EQ(at(values, kSystemPlace + 6), 1);         // cubic
  EXPECT_EQ(at(values, kGroupPlace + 225), 1);
  EXPECT_NEAR(at(values, kMeasuresPlace), 2.16 / 2, 0.01);  // g/cm3 over 2
}

TEST(CrystalDescriptors, DoNotDependOnOrderOriginOrSupercell) {
  for (const uint64_t seed : {1, 2, 3, 4}) {
    SCOPED_TRACE(seed);
    const auto crystal = tests::random_crystal(seed, 8);
    const auto values = crystal_descriptors(crystal);
    auto other = crystal;
    std::reverse(other.atomic_numbers.begin(), other.atomic_numbers.end());
    std::reverse(other.frac_coords.begin(), other.frac_coords.end());
    for (auto& x : other.frac_coords) x += Vec3(0.31, -1.2, 0.77);
    expect_same_but_pores(crystal_descriptors(other), values);
  }
  expect_same_but_pores(crystal_descriptors(doubled(tests::rock_salt())),
                        crystal_descriptors(tests::rock_salt()));
}

/// Two water molecules far from each other and from a metal.
TEST(CrystalDescriptors, EqualFragmentsShareAPlace) {
  Crystal crystal;
  crystal.cell = Mat3::Identity() * 12.0;
  const auto add = [&](int z, double x, double y, double zc) {
    crystal.atomic_numbers.push_back(z);
    crystal.frac_coords.push_back(Vec3(x, y, zc) / 12.0);
  };
  for (const double shift : {0.0, 6.0}) {
    add(8, shift, 0, 0);
    add(1, shift + 0.76, 0.59, 0);
    add(1, shift - 0.76, 0.59, 0);
  }
  add(30, 3, 6, 6);
  const auto values = crystal_descriptors(crystal);
  double squares = 0;
  int64_t places = 0;
  for (int64_t i = 0; i < L::kFragments; ++i) {
    squares += at(values, kFragmentPlace + i) * at(values, kFragmentPlace + i);
    places += at(values, kFragmentPlace + i) > 0 ? 1 : 0;
  }
  EXPECT_EQ(places, 1);
  EXPECT_NEAR(squares, 1.0, 1e-5);
  EXPECT_EQ(at(values, kCoordinationPlace), 1);  // the metal has no bonds
  EXPECT_EQ(at(values, kFrameworkPlace), 1);     // nothing extends
}

TEST(CrystalDescriptors, AreFiniteAndOfOrderOne) {
  for (const uint64_t seed : {5, 6, 7, 8}) {
    SCOPED_TRACE(seed);
    auto crystal = tests::random_crystal(seed, 1 + static_cast<int64_t>(seed));
    crystal.cell *= seed == 8 ? 10.0 : 0.8;
    for (const float value : crystal_descriptors(crystal)) {
      ASSERT_TRUE(std::isfinite(value));
      ASSERT_LE(std::abs(value), 4.0f);
    }
  }
}

}  // namespace
}  // namespace clamp::encoders
