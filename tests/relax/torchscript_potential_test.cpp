#include "relax/torchscript_potential.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "core/error.h"
#include "relax/potential_registry.h"
#include "relax/relaxer.h"
#include "tests/support/crystals.h"
#include "tests/support/uff_crystals.h"

namespace clamp::relax {
namespace {

std::string potential_path(const std::string& name) {
  return std::string(CLAMP_TEST_DATA) + "/potentials/" + name;
}

// The same potential (tools/make_test_potential.py) written once more.
double lennard_jones(const Crystal& crystal) {
  const double well = 0.0104, sigma = 3.4, cutoff = 6;
  const auto energy = [&](double r) {
    const double sixth = std::pow(sigma / r, 6);
    return 4 * well * (sixth * sixth - sixth);
  };
  double sum = 0;
  for (const Bond& pair : neighbor_pairs(crystal, cutoff)) sum += energy(pair.length) - energy(cutoff);
  return sum;
}

Crystal argon() {
  Crystal crystal;
  crystal.name = "argon";
  crystal.cell << 0, 2.7, 2.7, 2.6, 0, 2.7, 2.7, 2.75, 0;
  crystal.atomic_numbers = {18};
  crystal.frac_coords = {Vec3(0.1, 0.2, 0.3)};
  return crystal;
}

TEST(TorchScriptPotential, GivesTheEnergyOfTheModel) {
  const TorchScriptFactory factory(potential_path("lennard_jones.pt"));
  EXPECT_EQ(factory.cutoff(), 6);
  for (Crystal crystal : {argon(), tests::diamond(), tests::load_qmof("qmof-0e62149")}) {
    crystal.cell *= crystal.name == "argon" ? 1 : 1.6;
    const auto potential = factory.bind(crystal, {});
    const double energy = potential->evaluate(crystal.cell, tests::cart_coords(crystal)).energy;
    EXPECT_NEAR(energy, lennard_jones(crystal), 1e-9 * std::abs(energy));
  }
}

TEST(TorchScriptPotential, ForcesAndStressAreFiniteDifferences) {
  const TorchScriptFactory factory(potential_path("lennard_jones.pt"));
  Crystal crystal = tests::diamond();
  crystal.cell *= 1.5;
  const auto potential = factory.bind(crystal, {});
  const auto r = tests::with_noise(tests::cart_coords(crystal), 0.1, 3);
  tests::expect_derivatives(*potential, crystal.cell, r, 2, 1e-5, 1e-5);
}

// The cubic close packing of this potential with five shells inside the cut-off: its energy over the lattice
// constant has its least value where the relaxation ends.
TEST(TorchScriptPotential, RelaxesASkewedCellOfArgonToCubicClosePacking) {
  const TorchScriptFactory factory(potential_path("lennard_jones.pt"));
  RelaxerConfig config;
  config.force_tolerance = 1e-4;
  config.stress_tolerance = 1e-3;
  const RelaxResult result = relax_structure(make_asymmetric_unit(argon(), 1, {}), factory, config);
  ASSERT_TRUE(result.record.converged) << result.record.reason;
  double best = 0;
  for (double a = 5; a < 5.6; a += 1e-3) {
    Crystal crystal = argon();
    crystal.cell << 0, a / 2, a / 2, a / 2, 0, a / 2, a / 2, a / 2, 0;
    best = std::min(best, lennard_jones(crystal));
  }
  EXPECT_NEAR(result.record.energy, best, 1e-6);
  EXPECT_EQ(result.record.potential, potential_path("lennard_jones.pt"));
}

std::string message_of(const std::string& name) {
  try {
    make_potential(name);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(PotentialRegistry, SaysWhatIsWrongWithAPotential) {
  EXPECT_NE(make_potential("uff"), nullptr);
  EXPECT_EQ(make_potential("uff-plain")->name(), "uff4mof-plain");
  EXPECT_EQ(message_of("nowhere.pt"),
            "potential 'nowhere.pt': there is no such file; expected uff, uff-plain or a TorchScript file");
  const std::string text = std::string(CLAMP_TEST_DATA) + "/README.md";
  EXPECT_EQ(message_of(text).find(text + ": no TorchScript file that can be read: "), 0U);
  const std::string lacking = potential_path("no_cutoff.pt");
  EXPECT_EQ(message_of(lacking),
            lacking + ": the module has no attribute 'cutoff' (Å); see relax/torchscript_potential.h");
}

}  // namespace
}  // namespace clamp::relax
