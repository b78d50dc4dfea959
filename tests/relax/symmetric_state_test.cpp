#include "relax/symmetric_state.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "core/seed.h"
#include "tests/support/units.h"

namespace clamp::relax {
namespace {

Eigen::VectorXd random_vector(int64_t n, double scale, uint64_t seed) {
  Rng rng(seed);
  Eigen::VectorXd v(n);
  for (Eigen::Index k = 0; k < n; ++k) v[k] = scale * rng.normal();
  return v;
}

// Every operation of the group maps the cell's metric to itself and every atom onto an atom of its element.
void expect_symmetric(const SymmetricState& state) {
  const Mat3 metric = state.cell() * state.cell().transpose();
  for (const SymmetryOperation& op : state.group().operations) {
    const Mat3 r = op.rotation.cast<double>();
    EXPECT_LT((r.transpose() * metric * r - metric).cwiseAbs().maxCoeff(), 1e-8 * metric.norm());
    for (int64_t a = 0; a < state.n_atoms(); ++a) {
      const Vec3 image = r * state.atom_coords()[a] + op.translation;
      double nearest = 1;
      for (int64_t b = 0; b < state.n_atoms(); ++b) {
        Vec3 delta = image - state.atom_coords()[b];
        delta -= delta.array().round().matrix();
        if (state.atoms().slot[a] == state.atoms().slot[b]) nearest = std::min(nearest, delta.norm());
      }
      ASSERT_LT(nearest, 1e-9);
    }
  }
}

TEST(SymmetricState, KeepsCellAndCoordinatesOfSymmetricStructures) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    const SymmetricState state(unit, true);
    const Mat3 before = unit.cell * unit.cell.transpose();
    const Mat3 after = state.cell() * state.cell().transpose();
    EXPECT_LT((before - after).norm(), 1e-6 * before.norm());
    for (size_t s = 0; s < state.n_slots(); ++s) {
      EXPECT_LT((state.slot_coords()[s] - unit.frac_coords[s]).norm(), 1e-6);
    }
  }
}

TEST(SymmetricState, AnyVariablesGiveASymmetricCrystal) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    SymmetricState state(unit, true);
    state.apply(random_vector(state.n_variables(), 1.0, 5));
    expect_symmetric(state);
  }
}

TEST(SymmetricState, FixedCellHasNoCellVariables) {
  const AsymmetricUnit& unit = tests::qmof_units()[0];
  const SymmetricState free(unit, true);
  const SymmetricState fixed(unit, false);
  EXPECT_EQ(free.n_variables() - fixed.n_variables(), 6);  // triclinic
}

TEST(InvariantStrains, CountMatchesTheCrystalSystem) {
  const std::vector<std::pair<int, size_t>> expected = {{2, 6},   {14, 4},  {62, 3},  {88, 2},
                                                        {148, 2}, {176, 2}, {205, 1}, {225, 1}};
  for (const auto& [number, count] : expected) {
    SCOPED_TRACE("space group " + std::to_string(number));
    EXPECT_EQ(invariant_strains(point_group_frame(number).cartesian_rotations).size(), count);
  }
}

// Independent computation: central differences of a quadratic function of atoms and cell.
TEST(SymmetricState, PulledBackGradientIsThatOfTheVariables) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    SymmetricState state(unit, true);
    Mat3 weight;
    weight << 1.0, 0.3, -0.4, 1.3, 0.6, -0.1, 1.6, 0.9, 0.2;
    const auto value = [&](const Eigen::VectorXd& w) {
      state.apply(w);
      double sum = state.cell().cwiseProduct(weight).sum();
      for (const Vec3& x : state.slot_coords()) sum += (state.cell().transpose() * x).squaredNorm();
      return sum;
    };
    const Eigen::VectorXd w = random_vector(state.n_variables(), 0.3, 9);
    value(w);
    std::vector<Vec3> by_slot;
    Mat3 by_cell = weight;
    for (const Vec3& x : state.slot_coords()) {
      const Vec3 cart = state.cell().transpose() * x;
      by_slot.push_back(2 * (state.cell() * cart));
      by_cell += 2 * x * cart.transpose();
    }
    const Eigen::VectorXd gradient = state.pull_back(by_slot, by_cell);
    const double h = 1e-5;
    for (Eigen::Index k = 0; k < w.size(); ++k) {
      Eigen::VectorXd up = w, down = w;
      up[k] += h;
      down[k] -= h;
      const double numeric = (value(up) - value(down)) / (2 * h);
      ASSERT_NEAR(gradient[k], numeric, 1e-5 * (1 + std::abs(numeric))) << "variable " << k;
    }
  }
}

}  // namespace
}  // namespace clamp::relax
