#include "evaluate/checks.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <cmath>
#include <fstream>
#include <sstream>

#include "core/seed.h"
#include "evaluate/bond_cutoffs.h"
#include "evaluate/mof_graph.h"
#include "tests/support/crystals.h"

namespace clamp::evaluate {
namespace {

std::vector<std::string> split(const std::string& line) {
  std::vector<std::string> cells;
  std::istringstream stream(line);
  for (std::string cell; std::getline(stream, cell, ',');) cells.push_back(cell);
  return cells;
}

// MOFChecker 0.9.6's own flags for real and damaged structures (tests/data/README.md).
TEST(CheckMof, AgreesWithMofChecker) {
  const std::string folder = std::string(CLAMP_TEST_DATA) + "/mofchecker/";
  std::ifstream table(folder + "flags.csv");
  std::string line;
  ASSERT_TRUE(std::getline(table, line));
  const std::vector<std::string> names = split(line);
  int structures = 0;
  while (std::getline(table, line)) {
    const std::vector<std::string> cells = split(line);
    SCOPED_TRACE(cells[0]);
    const MofChecks checks = check_mof(read_crystal(folder + cells[0] + ".cif"));
    EXPECT_EQ(checks.valid, cells[1] == "1");
    EXPECT_EQ(checks.valid, checks.failures.empty());
    for (size_t k = 2; k < names.size(); ++k) {
      ASSERT_EQ(checks.flags.count(names[k]), 1U) << names[k];
      EXPECT_EQ(checks.flags.at(names[k]), cells[k] == "1") << names[k];
    }
    ++structures;
  }
  EXPECT_EQ(structures, 18);
}

TEST(CheckMof, FindsDimensionDensityAndVolumeOfRealStructures) {
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + sample.id + ".cif");
    const MofChecks checks = check_mof(crystal);
    EXPECT_EQ(checks.framework_dimension, sample.framework_dimension);
    EXPECT_DOUBLE_EQ(checks.density, crystal.density());
    EXPECT_NEAR(checks.volume_per_atom * static_cast<double>(crystal.n_atoms()), crystal.volume(), 1e-9);
    EXPECT_GT(checks.worst_contact, 0.4);
  }
}

TEST(CheckMof, TakesALoneAtom) {
  Crystal crystal;
  crystal.cell = 5 * Mat3::Identity();
  crystal.atomic_numbers = {30};
  crystal.frac_coords = {Vec3::Zero()};
  const MofChecks checks = check_mof(crystal);
  EXPECT_FALSE(checks.valid);
  EXPECT_FALSE(checks.flags.at("has_carbon"));
  EXPECT_TRUE(checks.flags.at("has_lone_molecule"));
}

// Two hydrogen molecules 2 Å apart (radius of hydrogen in contacts: 1.00 Å), nothing else within 6 Å.
TEST(WorstContact, LeavesOutBondedPairs) {
  Crystal crystal;
  crystal.cell = 20 * Mat3::Identity();
  crystal.atomic_numbers = {1, 1, 1, 1};
  crystal.frac_coords = {Vec3(0, 0, 0), Vec3(0.037, 0, 0), Vec3(0, 0.1, 0), Vec3(0.037, 0.1, 0)};
  const std::vector<Bond> bonds = {{0, 1, Vec3i::Zero(), 0.74}, {2, 3, Vec3i::Zero(), 0.74}};
  EXPECT_NEAR(worst_contact(crystal, bonds), 1.0, 1e-9);
  EXPECT_NEAR(worst_contact(crystal, {}), 0.37, 1e-9);
}

TEST(WorstContact, IsInfiniteWhereNothingIsNear) {
  Crystal crystal;
  crystal.cell = 20 * Mat3::Identity();
  crystal.atomic_numbers = {6};
  crystal.frac_coords = {Vec3::Zero()};
  EXPECT_TRUE(std::isinf(worst_contact(crystal, {})));
}

// A shift names the image: the neighbour in the next cell is bonded, the one in this cell is a contact.
TEST(WorstContact, TellsImagesApart) {
  Crystal crystal;
  crystal.cell = Vec3(3.0, 20, 20).asDiagonal();
  crystal.atomic_numbers = {6, 6};
  crystal.frac_coords = {Vec3(0, 0, 0), Vec3(0.5, 0, 0)};
  const std::vector<Bond> one = {{0, 1, Vec3i::Zero(), 1.5}};
  EXPECT_NEAR(worst_contact(crystal, one), 1.5 / 3.4, 1e-9);
  // Both bonds make a chain in which everything within 3 Å is at most two bonds away.
  const std::vector<Bond> both = {{0, 1, Vec3i::Zero(), 1.5}, {0, 1, Vec3i(-1, 0, 0), 1.5}};
  EXPECT_GT(worst_contact(crystal, both), 1.0);
}

TEST(Soundness, NeedsEveryPart) {
  MofChecks checks;
  checks.valid = true;
  checks.framework_dimension = 3;
  checks.worst_contact = 0.7;
  EXPECT_TRUE(soundness(checks, 3, 1000, 1000).sound);
  EXPECT_TRUE(soundness(checks, 3, 1240, 1000).volume);
  EXPECT_FALSE(soundness(checks, 3, 1260, 1000).sound);
  EXPECT_FALSE(soundness(checks, 2, 1000, 1000).sound);
  checks.worst_contact = 0.6;
  EXPECT_FALSE(soundness(checks, 3, 1000, 1000).sound);
  checks.worst_contact = 0.7;
  checks.valid = false;
  EXPECT_FALSE(soundness(checks, 3, 1000, 1000).sound);
}

TEST(BondCutoff, IsSymmetricAndKnowsTunedPairs) {
  EXPECT_DOUBLE_EQ(bond_cutoff(6, 1), 1.2);
  EXPECT_DOUBLE_EQ(bond_cutoff(1, 8), 1.2);
  EXPECT_DOUBLE_EQ(bond_cutoff(30, 8), 2.41693);
  EXPECT_DOUBLE_EQ(bond_cutoff(8, 30), 2.41693);
  EXPECT_DOUBLE_EQ(bond_cutoff(47, 7), 2.9);
  EXPECT_DOUBLE_EQ(bond_cutoff(1, 1), 0);
}

// Closed forms: one sphere, two opposite ones, the six of an octahedron (axis along a threefold axis, the far
// face at 180 - 54.74 degrees).
TEST(EnclosingCone, MatchesClosedForms) {
  const double degree = M_PI / 180;
  const double beta = 30 * degree;
  EXPECT_NEAR(enclosing_cone({Vec3::UnitX()}, {beta}), beta, 2e-3);
  EXPECT_NEAR(enclosing_cone({Vec3::UnitX(), -Vec3::UnitX()}, {beta, beta}), M_PI / 2 + beta, 2e-3);
  const std::vector<Vec3> octahedron = {Vec3::UnitX(),  Vec3::UnitY(),  Vec3::UnitZ(),
                                        -Vec3::UnitX(), -Vec3::UnitY(), -Vec3::UnitZ()};
  EXPECT_NEAR(enclosing_cone(octahedron, std::vector<double>(6, beta)), std::acos(-std::sqrt(1.0 / 3)) + beta,
              2e-3);
  // Three in a plane: the axis is its normal.
  const std::vector<Vec3> triangle = {Vec3::UnitX(), Vec3(-0.5, std::sqrt(0.75), 0),
                                      Vec3(-0.5, -std::sqrt(0.75), 0)};
  EXPECT_NEAR(enclosing_cone(triangle, std::vector<double>(3, beta)), M_PI / 2 + beta, 1e-4);
  EXPECT_EQ(enclosing_cone({}, {}), 0);
}

// No axis of a fine grid does better, and one of them nearly as well.
TEST(EnclosingCone, IsTheLeastOverAllAxes) {
  Rng rng(5);
  for (int n = 1; n <= 8; ++n) {
    std::vector<Vec3> directions;
    std::vector<double> half_angles;
    for (int k = 0; k < n; ++k) {
      directions.push_back(Vec3(rng.normal(), rng.normal(), rng.normal()).normalized());
      half_angles.push_back(0.2 + 0.6 * rng.uniform());
    }
    constexpr int kAxes = 40000;
    double least = 10;
    for (int k = 0; k < kAxes; ++k) {
      const double z = 1 - (2.0 * k + 1) / kAxes, r = std::sqrt(1 - z * z), phi = 2.399963229728653 * k;
      const Vec3 axis(r * std::cos(phi), r * std::sin(phi), z);
      double angle = 0;
      for (int m = 0; m < n; ++m) {
        const auto at = static_cast<size_t>(m);
        angle = std::max(angle, std::acos(std::clamp(axis.dot(directions[at]), -1.0, 1.0)) + half_angles[at]);
      }
      least = std::min(least, angle);
    }
    const double found = enclosing_cone(directions, half_angles);
    EXPECT_LE(found, least + 1e-4) << n << " caps";
    EXPECT_GE(found, least - 0.02) << n << " caps";
  }
}

}  // namespace
}  // namespace clamp::evaluate
