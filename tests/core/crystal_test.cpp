#include "core/crystal.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <cmath>

#include "core/error.h"
#include "core/seed.h"

namespace clamp {
namespace {

CellParameters random_cell(uint64_t seed) {
  Rng rng(seed);
  CellParameters p;
  p.a = 3 + 10 * rng.uniform();
  p.b = 3 + 10 * rng.uniform();
  p.c = 3 + 10 * rng.uniform();
  p.alpha = 70 + 45 * rng.uniform();
  p.beta = 70 + 45 * rng.uniform();
  p.gamma = 70 + 45 * rng.uniform();
  return p;
}

TEST(Crystal, ParametersAndCellAreInverse) {
  for (const uint64_t seed : {0, 1, 2, 3, 4, 5, 6, 7}) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    const CellParameters p = random_cell(seed);
    const CellParameters q = parameters_from_cell(cell_from_parameters(p));
    EXPECT_NEAR(q.a, p.a, 1e-12);
    EXPECT_NEAR(q.b, p.b, 1e-12);
    EXPECT_NEAR(q.c, p.c, 1e-12);
    EXPECT_NEAR(q.alpha, p.alpha, 1e-10);
    EXPECT_NEAR(q.beta, p.beta, 1e-10);
    EXPECT_NEAR(q.gamma, p.gamma, 1e-10);
  }
}

TEST(Crystal, CellIsInStandardOrientation) {
  const Mat3 cell = cell_from_parameters(random_cell(1));
  EXPECT_EQ(cell(0, 1), 0);
  EXPECT_EQ(cell(0, 2), 0);
  EXPECT_EQ(cell(1, 2), 0);
  EXPECT_GT(cell.determinant(), 0);
}

TEST(Crystal, RightAnglesAreExact) {
  const Mat3 cell = cell_from_parameters({2, 3, 4, 90, 90, 90});
  EXPECT_EQ(cell, Mat3(Vec3(2, 3, 4).asDiagonal()));
}

// Volume of a triclinic cell in closed form (International Tables C, 1.1).
TEST(Crystal, VolumeIsThatOfTheFormula) {
  for (const uint64_t seed : {10, 11, 12, 13}) {
    const CellParameters p = random_cell(seed);
    const double x = std::cos(p.alpha * M_PI / 180);
    const double y = std::cos(p.beta * M_PI / 180);
    const double z = std::cos(p.gamma * M_PI / 180);
    Crystal crystal;
    crystal.cell = cell_from_parameters(p);
    EXPECT_NEAR(crystal.volume(), p.a * p.b * p.c * std::sqrt(1 - x * x - y * y - z * z + 2 * x * y * z),
                1e-9);
    crystal.cell.row(2) *= -1;
    EXPECT_GT(crystal.volume(), 0) << "left-handed";
  }
}

// Rock salt, a = 5.6402 Å at 299 K: 2.163 g/cm^3 (Abrahams and Bernstein, Acta Cryst. 1965, 18, 926: 2.165
// measured).
TEST(Crystal, DensityOfRockSalt) {
  Crystal crystal;
  crystal.cell = 5.6402 * Mat3::Identity();
  crystal.atomic_numbers = {11, 11, 11, 11, 17, 17, 17, 17};
  EXPECT_NEAR(crystal.density(), 2.163, 0.002);
}

TEST(Crystal, FlatAndImpossibleCellsAreErrors) {
  for (const CellParameters& p :
       {CellParameters{0, 1, 1, 90, 90, 90}, CellParameters{1, 1, 1, 30, 30, 90},
        CellParameters{1, 1, 1, 90, 90, 180}, CellParameters{1, 1, 1, 120, 120, 120},
        CellParameters{1, -1, 1, 90, 90, 90}, CellParameters{std::nan(""), 1, 1, 90, 90, 90}})
    EXPECT_THROW(cell_from_parameters(p), Error);
  try {
    cell_from_parameters({1, 2, 3, 30, 30, 90});
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "cell lengths 1 2 3 Å and angles 30 30 90 degrees span no volume");
  }
}

TEST(Formula, IsInHillOrder) {
  const std::vector<int> atoms = {30, 8, 6, 1, 6, 1, 7, 35};
  EXPECT_EQ(formula(atoms), "C2 H2 Br N O Zn");
  EXPECT_EQ(formula({17, 11, 1}), "Cl H Na");
  EXPECT_EQ(formula({}), "");
}

TEST(Formula, IsReducedByTheCommonDivisor) {
  EXPECT_EQ(reduced_formula({6, 6, 6, 6, 8, 8}), "C2 O");
  EXPECT_EQ(reduced_formula({30, 30, 8, 8, 8}), "O3 Zn2");
  EXPECT_EQ(reduced_formula({6, 6}), "C");
  EXPECT_EQ(reduced_formula({}), "");
}

}  // namespace
}  // namespace clamp
