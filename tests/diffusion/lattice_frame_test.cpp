#include "diffusion/lattice_frame.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <Eigen/LU>

#include "core/seed.h"
#include "tests/support/units.h"

namespace clamp::diffusion {
namespace {

Vec6 random_vector(Rng& rng) {
  Vec6 v;
  for (int k = 0; k < 6; ++k) v[k] = rng.normal();
  return v;
}

TEST(LatticeFrame, RealCellsComeBack) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    const int group = unit.chemistry.space_group;
    SCOPED_TRACE(group);
    const Vec6 v = lattice_from_cell(unit.cell, group, 40, LatticeScale());
    const Mat3 cell = cell_from_lattice(v, group, 40, LatticeScale());
    EXPECT_LT((cell * cell.transpose() - unit.cell * unit.cell.transpose()).norm(), 1e-8);
    EXPECT_LT((lattice_projector(group) * v - v).norm(), 1e-6);
  }
}

TEST(LatticeFrame, RotatedCellGivesTheSameVector) {
  const Mat3 rotation = Eigen::AngleAxisd(1.1, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    const int group = unit.chemistry.space_group;
    SCOPED_TRACE(group);
    const Vec6 v = lattice_from_cell(unit.cell, group, 40, LatticeScale());
    EXPECT_LT((lattice_from_cell(unit.cell * rotation, group, 40, LatticeScale()) - v).norm(), 1e-8);
  }
}

// Any six numbers, once projected, are a cell that every operation of the group maps to itself.
TEST(LatticeFrame, ProjectedNoiseIsAnInvariantCellInEveryGroup) {
  Rng rng(4);
  for (int group = 1; group <= 230; ++group) {
    SCOPED_TRACE(group);
    const Mat6 projector = lattice_projector(group);
    EXPECT_LT((projector * projector - projector).norm(), 1e-9);
    EXPECT_LT((projector - projector.transpose()).norm(), 1e-9);
    const Mat3 cell = cell_from_lattice(projector * random_vector(rng), group, 30, LatticeScale());
    const Mat3 metric = cell * cell.transpose();
    EXPECT_GT(cell.determinant(), 0);
    for (const SymmetryOperation& op : space_group(group).operations) {
      const Mat3 rotation = op.rotation.cast<double>();
      EXPECT_LT((rotation.transpose() * metric * rotation - metric).norm(), 1e-8 * metric.norm());
    }
  }
}

// Free cell parameters of the crystal families (International Tables A, table 2.1.2.1).
TEST(LatticeFrame, FreeParametersAreThoseOfTheCrystalFamily) {
  const std::pair<int, double> known[] = {{1, 6},  {2, 6},   {14, 4},  {15, 4}, {62, 3},
                                          {88, 2}, {148, 2}, {176, 2}, {225, 1}};
  for (const auto& [group, free] : known) EXPECT_NEAR(lattice_projector(group).trace(), free, 1e-9) << group;
}

TEST(LatticeFrame, MandelKeepsProducts) {
  Rng rng(2);
  const Vec6 a = random_vector(rng), b = random_vector(rng);
  EXPECT_NEAR((from_mandel(a).array() * from_mandel(b).array()).sum(), a.dot(b), 1e-12);
  EXPECT_LT((to_mandel(from_mandel(a)) - a).norm(), 1e-12);
}

}  // namespace
}  // namespace clamp::diffusion
