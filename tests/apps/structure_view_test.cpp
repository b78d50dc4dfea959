#include "apps/report/structure_view.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/elements.h"
#include "tests/support/crystals.h"

namespace clamp::apps {
namespace {

double length_of(const Bond& bond, const Crystal& crystal) {
  const Vec3 frac = crystal.frac_coords[bond.j] + bond.shift.cast<double>() - crystal.frac_coords[bond.i];
  return (crystal.cell.transpose() * frac).norm();
}

TEST(WholeMolecules, BondsKeepTheirLengths) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const auto whole = with_whole_molecules(tests::load_qmof(sample.id));
    ASSERT_FALSE(whole.bonds.empty());
    for (const Bond& bond : whole.bonds) EXPECT_NEAR(length_of(bond, whole.crystal), bond.length, 1e-9);
  }
}

// In these frameworks every organic part is a molecule, so none of its bonds crosses a face of the cell.
TEST(WholeMolecules, AreNotCut) {
  for (const char* const id : {"qmof-0e5bc0c", "qmof-7501cda", "qmof-83a307d"}) {
    SCOPED_TRACE(id);
    const auto whole = with_whole_molecules(tests::load_qmof(id));
    const auto& z = whole.crystal.atomic_numbers;
    for (const Bond& bond : whole.bonds) {
      if (is_metal(z[bond.i]) || is_metal(z[bond.j])) continue;
      EXPECT_EQ(bond.shift, Vec3i(0, 0, 0));
    }
  }
}

TEST(WholeMolecules, AtomsOfNetsWithoutEndStayInTheCell) {
  Crystal crystal = tests::diamond();
  crystal.frac_coords[1] += Vec3(2, -3, 1);
  const auto whole = with_whole_molecules(crystal);
  EXPECT_NEAR((whole.crystal.frac_coords[1] - Vec3(0.25, 0.25, 0.25)).norm(), 0, 1e-9);
}

TEST(ViewJson, HasAtomsBondsAndElements) {
  const auto json = nlohmann::json::parse(view_json(tests::diamond()));
  EXPECT_EQ(json["z"], nlohmann::json({6, 6}));
  EXPECT_EQ(json["cell"].size(), 9U);
  EXPECT_NEAR(json["xyz"][3].get<double>(), 3.567 / 4, 0.01);
  EXPECT_EQ(json["bonds"].size(), 4U * 5U);
  EXPECT_EQ(json["elements"]["6"]["symbol"], "C");
  EXPECT_EQ(json["elements"]["6"]["metal"], false);
}

}  // namespace
}  // namespace clamp::apps
