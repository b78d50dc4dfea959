#include "evaluate/damage.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "core/error.h"
#include "evaluate/checks.h"
#include "evaluate/metal_coordination.h"
#include "tests/support/crystals.h"

namespace clamp::evaluate {
namespace {

TEST(Damaged, IsAFunctionOfTheSeed) {
  const Crystal crystal = tests::load_qmof("qmof-7501cda");
  for (const std::string& kind : damage_kinds()) {
    SCOPED_TRACE(kind);
    const auto once = damaged(crystal, kind, 3);
    const auto again = damaged(crystal, kind, 3);
    ASSERT_TRUE(once && again);
    EXPECT_EQ(once->atomic_numbers, again->atomic_numbers);
    EXPECT_EQ(once->frac_coords, again->frac_coords);
  }
}

TEST(Damaged, DoesWhatItsNameSays) {
  const Crystal crystal = tests::load_qmof("qmof-7501cda");
  const auto count = [](const Crystal& c, int z) {
    return std::count(c.atomic_numbers.begin(), c.atomic_numbers.end(), z);
  };
  for (const uint64_t seed : {1, 2, 3}) {
    const Crystal cut = *damaged(crystal, "linker_cut", seed);
    EXPECT_EQ(count(cut, 6), count(crystal, 6) - 1);
    const Crystal doubled = *damaged(crystal, "node_doubled", seed);
    EXPECT_EQ(doubled.n_atoms(), crystal.n_atoms() + 1);
    EXPECT_TRUE(is_metal(doubled.atomic_numbers.back()));
    EXPECT_TRUE(check_mof(doubled).flags.at("has_atomic_overlaps"));
    const Crystal swapped = *damaged(crystal, "atoms_swapped", seed);
    EXPECT_NE(swapped.atomic_numbers, crystal.atomic_numbers);
    EXPECT_EQ(formula(swapped.atomic_numbers), formula(crystal.atomic_numbers));
  }
  EXPECT_NEAR(damaged(crystal, "scaled_0.85", 0)->volume(), 0.614125 * crystal.volume(), 1e-6);
  Crystal carbon_free = crystal;
  std::fill(carbon_free.atomic_numbers.begin(), carbon_free.atomic_numbers.end(), 30);
  EXPECT_FALSE(damaged(carbon_free, "linker_cut", 1).has_value());
  EXPECT_FALSE(damaged(carbon_free, "atoms_swapped", 1).has_value());
  EXPECT_THROW(damaged(crystal, "painted", 1), Error);
}

TEST(UnusualCoordination, PassesRealMetalsAndSeesStrippedOnes) {
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = tests::load_qmof(sample.id);
    EXPECT_TRUE(unusual_coordination(crystal, perceive_bonds(crystal)).empty());
    size_t judged = 0;
    for (const int z : crystal.atomic_numbers) judged += coordination_range(z).high > 0 ? 1 : 0;
    EXPECT_EQ(unusual_coordination(crystal, {}).size(), judged);
  }
  EXPECT_EQ(coordination_range(6).high, 0);
  EXPECT_EQ(coordination_range(30).low, 3);
  EXPECT_EQ(coordination_range(30).high, 6);
}

}  // namespace
}  // namespace clamp::evaluate
