#include "relax/polish_energy.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "core/seed.h"
#include "relax/bond_images.h"
#include "tests/support/units.h"

namespace clamp::relax {
namespace {

const GeometryTable& sample_table() {
  static const GeometryTable kTable = GeometryTable::measure(tests::qmof_units());
  return kTable;
}

/// A potential with a bend at every knot for every pair of these atoms.
GeometryTable with_packing(GeometryTable table) {
  PackingPotential packing;
  const std::vector<std::string> atoms = {"C", "H", "Hx", "N", "O", "Zn", "Cu"};
  for (size_t a = 0; a < atoms.size(); ++a) {
    for (size_t b = a; b < atoms.size(); ++b) {
      PackingPotential::Curve curve;
      for (size_t k = 0; k < curve.size(); ++k)
        curve[k] = std::sin(static_cast<double>(1 + a + 2 * b + 3 * k));
      packing.set(atoms[a], atoms[b], curve);
    }
  }
  table.set_packing(packing);
  return table;
}

// Central differences in every variable (site coordinates and strain) of a distorted structure, all terms on.
TEST(PolishEnergy, GradientIsTheFiniteDifference) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    SymmetricState state(unit, true);
    const GeometryTable table = with_packing(sample_table());
    PolishEnergy energy(state, table);
    std::vector<SlotBond> bonds = unit.chemistry.bonds;
    const auto sizes = orbit_sizes(state, bonds);
    energy.set_bonds(assign_images(state, sizes, bonds));
    StageWeights weights;
    weights.volume = 3;
    weights.packing = 2;
    weights.target_volume = 0.8 * std::abs(unit.cell.determinant());
    energy.set_weights(weights);
    state.set_reference();
    Rng rng(3);
    Eigen::VectorXd w(state.n_variables());
    for (Eigen::Index k = 0; k < w.size(); ++k) w[k] = 0.2 * rng.normal();
    Eigen::VectorXd gradient, unused;
    energy.evaluate(w, gradient);
    const double h = 1e-5;
    int bad = 0;
    for (Eigen::Index k = 0; k < w.size(); ++k) {
      Eigen::VectorXd up = w, down = w;
      up[k] += h;
      down[k] -= h;
      const double numeric = (energy.evaluate(up, unused) - energy.evaluate(down, unused)) / (2 * h);
      // Kinks of the piecewise terms (edges of flat parts and of contacts) may fall inside one difference.
      if (std::abs(gradient[k] - numeric) > 1e-4 * (1 + std::abs(numeric))) ++bad;
    }
    EXPECT_LE(bad, static_cast<int>(w.size() / 20));
  }
}

// The objective per cell does not depend on the group the same crystal is described in.
TEST(PolishEnergy, IsTheSameInASubgroup) {
  const AsymmetricUnit full = tests::qmof_unit("qmof-0ca8ad2");
  const Crystal crystal = expand(full);
  const AsymmetricUnit p1 = make_asymmetric_unit(crystal, 1, expand_bonds(full));
  const GeometryTable table = with_packing(sample_table());
  std::vector<double> values;
  for (const AsymmetricUnit& unit : {full, p1}) {
    SymmetricState state(unit, true);
    PolishEnergy energy(state, table);
    energy.set_bonds(expand_bonds(unit));
    StageWeights weights;
    weights.packing = 1;
    energy.set_weights(weights);
    Eigen::VectorXd gradient;
    values.push_back(energy.evaluate(Eigen::VectorXd::Zero(state.n_variables()), gradient));
  }
  EXPECT_NE(values[0], 0);
  EXPECT_NEAR(values[0], values[1], 1e-6 * std::abs(values[0]));
}

TEST(AssignImages, FindsTheBondsOfRealStructures) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    SymmetricState state(unit, true);
    std::vector<SlotBond> bonds = unit.chemistry.bonds;
    const auto sizes = orbit_sizes(state, bonds);
    for (SlotBond& bond : bonds) {
      if (!bond.intra) bond.shift = Vec3i(1, -1, 2);  // to be found again
    }
    const std::vector<Bond> found = assign_images(state, sizes, bonds);
    const std::vector<Bond> expected = expand_bonds(unit);
    ASSERT_EQ(found.size(), expected.size());
    double sum_found = 0, sum_expected = 0;
    for (const Bond& b : found) sum_found += b.length;
    for (const Bond& b : expected) sum_expected += b.length;
    EXPECT_NEAR(sum_found, sum_expected, 1e-4);
  }
}

TEST(AssignImages, FindsUnknownCopies) {
  const AsymmetricUnit unit = tests::qmof_unit("qmof-0e5bc0c");
  SymmetricState state(unit, true);
  std::vector<SlotBond> bonds = unit.chemistry.bonds;
  const auto sizes = orbit_sizes(state, bonds);
  for (SlotBond& bond : bonds) {
    if (!bond.intra) bond.op = -1;
  }
  double longest = 0;
  for (const Bond& b : assign_images(state, sizes, bonds)) longest = std::max(longest, b.length);
  for (const SlotBond& bond : bonds) EXPECT_GE(bond.op, 0);
  EXPECT_LT(longest, 3.0);
}

}  // namespace
}  // namespace clamp::relax
