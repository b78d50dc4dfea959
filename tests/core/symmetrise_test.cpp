#include "core/symmetrise.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include <Eigen/LU>

#include "core/cif.h"
#include "core/seed.h"
#include "tests/support/crystals.h"

namespace clamp {
namespace {

constexpr double kSymprec = 0.05;  // Å

char crystal_system(int number) {
  return number <= 2     ? 'a'
         : number <= 15  ? 'm'
         : number <= 74  ? 'o'
         : number <= 142 ? 't'
         : number <= 194 ? 'h'
                         : 'c';
}

/// Largest distance in Å of an atom of `b` from the nearest of its element in `a`, both in the cell of `a`.
double farthest(const Crystal& a, const Crystal& b) {
  double largest = 0;
  for (int64_t i = 0; i < b.n_atoms(); ++i) {
    double nearest = 1e9;
    for (int64_t j = 0; j < a.n_atoms(); ++j) {
      if (a.atomic_numbers[j] != b.atomic_numbers[i]) continue;
      Vec3 d = b.frac_coords[i] - a.frac_coords[j];
      d -= d.array().round().matrix();
      nearest = std::min(nearest, (a.cell.transpose() * d).norm());
    }
    largest = std::max(largest, nearest);
  }
  return largest;
}

// Written, read, written: the same cell, atoms, group; and the P1 file likewise.
TEST(Symmetrise, RoundTripOfTheCifIsExact) {
  std::set<char> systems;
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Symmetrised made = symmetrise(tests::load_qmof(sample.id), kSymprec);
    if (sample.space_group == 1) {
      EXPECT_EQ(made.refusal, "P1 only");
      continue;
    }
    ASSERT_TRUE(made.cell.has_value()) << made.refusal;
    EXPECT_EQ(made.cell->number, sample.space_group);
    const std::string text = cif_text_symmetric(*made.cell, sample.id);
    const auto entries = read_cif_text(text, "written");
    ASSERT_EQ(entries.size(), 1U);
    ASSERT_TRUE(entries[0].error.empty()) << entries[0].error;
    const Crystal& read = entries[0].crystal;
    EXPECT_EQ(entries[0].space_group_number, sample.space_group);
    EXPECT_EQ(read.n_atoms(), made.cell->crystal.n_atoms());
    EXPECT_EQ(formula(read.atomic_numbers), formula(made.cell->crystal.atomic_numbers));
    EXPECT_NEAR(read.volume(), made.cell->crystal.volume(), 1e-6 * read.volume());
    EXPECT_LT(farthest(made.cell->crystal, read), 1e-5);
    EXPECT_LT(farthest(read, made.cell->crystal), 1e-5);
    const auto again = find_symmetry(read, 1e-3);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->number, sample.space_group);
    EXPECT_LT(again->max_move, 1e-5);
    systems.insert(crystal_system(sample.space_group));
  }
  EXPECT_EQ(systems.size(), 6U);
}

TEST(Symmetrise, ListsToleranceByTolerance) {
  const Crystal crystal = tests::load_qmof("qmof-7501cda");
  Crystal moved = crystal;
  Rng rng(1);
  const Mat3 to_frac = crystal.cell.transpose().inverse();
  for (Vec3& f : moved.frac_coords)
    f += to_frac * Vec3(0.01 * rng.normal(), 0.01 * rng.normal(), 0.01 * rng.normal());
  const auto list = symmetry_at(moved, {1e-4, 0.2});
  ASSERT_EQ(list.size(), 2U);
  EXPECT_EQ(list[0].symprec, 1e-4);
  EXPECT_EQ(list[0].number, 1);
  EXPECT_EQ(list[1].number, 216);
  EXPECT_GT(list[1].max_move, 0.01);
  EXPECT_LT(list[1].max_move, 0.1);
}

TEST(Symmetrise, RefusesMovesMergersAndOverlaps) {
  Crystal before;
  before.cell = Vec3(6, 7, 8).asDiagonal();
  before.atomic_numbers = {30, 1, 1};
  before.frac_coords = {Vec3::Zero(), Vec3(0.5, 0.5, 0.4), Vec3(0.5, 0.5, 0.6)};
  EXPECT_EQ(symmetrise_refusal(before, before, 0.01, 0.01), "");
  EXPECT_EQ(symmetrise_refusal(before, before, 0.02, 0.01),
            "would move an atom by 0.020 Å, the tolerance is 0.01 Å");
  Crystal merged = before;
  merged.atomic_numbers.pop_back();
  merged.frac_coords.pop_back();
  EXPECT_EQ(symmetrise_refusal(before, merged, 0, 0.01),
            "would change the number of atoms a volume by a factor of 0.67");
  Crystal nearer = before;
  nearer.frac_coords[2][2] = 0.55;
  EXPECT_EQ(symmetrise_refusal(before, nearer, 0, 0.01),
            "would bring two atoms to 1.200 Å, the nearest were 1.600 Å apart");
}

// A pair 0.5 Å apart across a mirror is one place to spglib at 0.6 Å.
TEST(Symmetrise, SaysThatNothingWasFound) {
  Crystal crystal;
  crystal.name = "pair";
  crystal.cell = Vec3(6, 7, 8).asDiagonal();
  crystal.atomic_numbers = {30, 1, 1};
  crystal.frac_coords = {Vec3::Zero(), Vec3(0.5, 0.5, 0.5 - 0.25 / 8), Vec3(0.5, 0.5, 0.5 + 0.25 / 8)};
  EXPECT_EQ(symmetrise(crystal, 0.01).cell->crystal.n_atoms(), 3);
  EXPECT_EQ(symmetrise(crystal, 0.6).refusal, "spglib finds no exact symmetry at 0.6 Å");
}

}  // namespace
}  // namespace clamp
