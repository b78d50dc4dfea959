#include "relax/packing_fit.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "core/seed.h"
#include "relax/geometry_table.h"
#include "relax/polish.h"
#include "relax/polish_energy.h"
#include "relax/random_start.h"
#include "tests/support/units.h"

namespace clamp::relax {
namespace {

using Curve = PackingPotential::Curve;

TEST(PackingPotential, IsPiecewiseLinearAndEndsAtItsReach) {
  const Curve curve = {4, 2, 1, -3, -1, 0.5, 1};
  for (size_t k = 0; k < curve.size(); ++k) {
    const double knot = PackingPotential::kFirst + PackingPotential::kStep * static_cast<double>(k);
    EXPECT_NEAR(PackingPotential::at(curve, knot + 1e-12).energy, curve[k], 1e-9);
  }
  EXPECT_NEAR(PackingPotential::at(curve, 1.25).energy, 3, 1e-12);
  EXPECT_NEAR(PackingPotential::at(curve, 1.25).slope, -4, 1e-12);
  EXPECT_NEAR(PackingPotential::at(curve, PackingPotential::kReach - 1e-9).energy, 0, 1e-7);
  EXPECT_EQ(PackingPotential::at(curve, PackingPotential::kReach).energy, 0);
  EXPECT_EQ(PackingPotential::at(curve, 0.3).energy, 4);
  EXPECT_EQ(PackingPotential::at(curve, 0.3).slope, 0);
}

TEST(PackingPotential, OrderOfTheAtomsDoesNotMatter) {
  PackingPotential packing;
  packing.set("O", "Hx", {1, 2, 3, 4, 5, 6, 7});
  ASSERT_NE(packing.find("Hx", "O"), nullptr);
  EXPECT_EQ(packing.find("Hx", "O"), packing.find("O", "Hx"));
  EXPECT_EQ(packing.find("O", "O"), nullptr);
}

// The counts of the fit and the terms of the polish must stand for one energy.
TEST(PackingCounts, GiveTheEnergyThatThePolishMinimises) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE("space group " + std::to_string(unit.chemistry.space_group));
    const PackingCounts counts = packing_counts(unit);
    PackingPotential packing;
    double phase = 0;
    for (const auto& [key, count] : counts) {
      const size_t space = key.find(' ');
      Curve curve;
      for (double& v : curve) v = std::cos(phase += 1);
      packing.set(key.substr(0, space), key.substr(space + 1), curve);
    }
    GeometryTable table;
    table.set_packing(packing);
    SymmetricState state(unit, true);
    PolishEnergy energy(state, table);
    energy.set_bonds(expand_bonds(unit));
    const auto with = [&](double factor) {
      StageWeights weights;
      weights.packing = factor;
      energy.set_weights(weights);
      Eigen::VectorXd gradient;
      return energy.evaluate(Eigen::VectorXd::Zero(state.n_variables()), gradient);
    };
    const double expected = packing_energy(counts, packing) * static_cast<double>(state.n_atoms());
    EXPECT_NE(expected, 0);
    EXPECT_NEAR(with(1) - with(0), expected, 1e-4 * (1 + std::abs(expected)));
  }
}

/// Contests whose real structures have their A...B contacts at 2 Å where the decoys have them at 3 Å; A...A
/// contacts are the same in both.
std::vector<PackingGroup> contests(size_t n, Rng& rng) {
  std::vector<PackingGroup> groups(n);
  for (auto& group : groups) {
    const auto counts = [&](size_t knot) {
      PackingCounts c;
      c["A B"] = Curve{};
      c["A A"] = Curve{};
      c["A B"][knot] = 0.5 + rng.uniform();
      c["A A"][3] = rng.uniform();
      return c;
    };
    group.real = counts(2);
    for (int k = 0; k < 5; ++k) group.decoys.push_back(counts(4));
  }
  return groups;
}

TEST(PackingFit, FindsWhatTellsRealStructuresFromDecoys) {
  Rng rng(5);
  const auto groups = contests(100, rng), others = contests(100, rng);
  const PackingFit fit = fit_packing(groups, {});
  EXPECT_LT(fit.potential.find("A", "B")->at(2), fit.potential.find("A", "B")->at(4) - 1);
  EXPECT_LT(std::abs(fit.potential.find("A", "A")->at(3)), 0.5);
  EXPECT_LT(fit.loss, 0.5 * std::log(6.0));  // guessing gives ln 6
  const PackingFit elsewhere = judge_packing(fit.potential, others);
  EXPECT_GT(elsewhere.real_first, 0.95);
  EXPECT_NEAR(judge_packing({}, others).loss, std::log(6.0), 1e-9);
}

TEST(PackingFit, LearnsNothingFromNoDecoysAndFromRareContacts) {
  Rng rng(5);
  EXPECT_TRUE(fit_packing({}, {}).potential.empty());
  EXPECT_TRUE(std::isnan(judge_packing({}, {}).loss));
  auto groups = contests(4, rng);
  EXPECT_TRUE(fit_packing(groups, {}).potential.empty());  // 24 structures
  for (auto& group : groups) group.decoys.clear();
  EXPECT_TRUE(fit_packing(groups, {1, 0, 0, 10}).potential.empty());
}

// End to end on real structures: decoys by the polish, the fit, the packing with what it learned.
TEST(PackingFit, GivesWhatPackGoesDownOn) {
  const auto units = tests::qmof_units();
  GeometryTable table = GeometryTable::measure(units);
  std::vector<PackingGroup> groups;
  std::vector<AsymmetricUnit> decoys;
  PolishConfig config;
  for (size_t i = 0; i < units.size(); ++i) {
    PackingGroup group;
    group.real = packing_counts(polish(units[i], table, config).unit);
    for (uint64_t k = 0; k < 6; ++k) {
      Rng rng(derive_seed(i, k));
      const RelaxResult decoy = polish(random_start(units[i].chemistry, table, rng), table, config);
      group.decoys.push_back(packing_counts(decoy.unit));
      // Bonds of tangled structures may go to other images after each move.
      const auto n_atoms = static_cast<double>(expand(decoy.unit).n_atoms());
      if (decoy.record.energy < 0.2 * n_atoms) decoys.push_back(decoy.unit);
    }
    groups.push_back(std::move(group));
  }
  const PackingFit fit = fit_packing(groups, {10, 0.003, 0.01, 300});
  EXPECT_LT(fit.loss, std::log(7.0));
  table.set_packing(fit.potential);
  EXPECT_GE(decoys.size(), 3U);
  for (const AsymmetricUnit& decoy : decoys) {
    config.target_volume = std::abs(decoy.cell.determinant());
    const double before = packing_objective(decoy, table, config);
    const RelaxResult after = pack(decoy, table, config);
    EXPECT_EQ(after.record.stage, "packing");
    EXPECT_LT(after.record.energy, before);
    EXPECT_NEAR(packing_objective(after.unit, table, config), after.record.energy,
                1e-6 * (1 + std::abs(before)));
  }
}

TEST(Pack, WithoutThePotentialLeavesAPolishedStructureAlone) {
  const AsymmetricUnit unit = tests::qmof_unit("qmof-0ca8ad2");
  const GeometryTable table = GeometryTable::measure(tests::qmof_units());
  PolishConfig config;
  const AsymmetricUnit polished = polish(unit, table, config).unit;
  config.target_volume = std::abs(unit.cell.determinant());
  EXPECT_LT(pack(polished, table, config).record.max_move, 0.02);
}

TEST(Pack, ReturnsBrokenStructuresAsTheyAre) {
  AsymmetricUnit unit = tests::qmof_unit("qmof-0ca8ad2");
  unit.cell.row(0) = unit.cell.row(1);
  const GeometryTable table = GeometryTable::measure(tests::qmof_units());
  const RelaxResult result = pack(unit, table, {});
  EXPECT_FALSE(result.record.converged);
  EXPECT_TRUE(std::isinf(result.record.energy));
  EXPECT_TRUE(std::isinf(packing_objective(unit, table, {})));
}

}  // namespace
}  // namespace clamp::relax
