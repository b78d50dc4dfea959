#include "sampler/composer_checks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/units.h"

namespace clamp::sampler {
namespace {

int dimension_of(const AsymmetricUnit& unit) {
  return framework_dimension(expand(unit).atomic_numbers, expand_bonds(unit));
}

bool fails(const GraphChecks& checks, const std::string& name) {
  return std::find(checks.failures.begin(), checks.failures.end(), name) != checks.failures.end();
}

// The slot of an element, -1 where there is none.
int slot_of(const Chemistry& chemistry, int z) {
  for (size_t s = 0; s < chemistry.slots.size(); ++s) {
    if (chemistry.slots[s].atomic_number == z) return static_cast<int>(s);
  }
  return -1;
}

TEST(GraphChecks, MostRealStructuresPass) {
  int passed = 0;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    const auto checks = check_chemistry(unit.chemistry, dimension_of(unit));
    passed += checks.passed() ? 1 : 0;
    EXPECT_EQ(checks.passed(), checks.reason.empty());
  }
  EXPECT_GE(passed, 14);  // of 18
}

// Zinc formate by hand, in P1: one Zn, two formate molecules that each hold it.
Chemistry zinc_formate() {
  Chemistry chemistry;
  const auto add = [&](int z) {
    Slot slot;
    slot.atomic_number = z;
    slot.site = make_site(space_group(1), {0}, {Vec3i::Zero()});
    chemistry.slots.push_back(slot);
    return static_cast<int>(chemistry.slots.size()) - 1;
  };
  const auto bond = [&](int i, int j) {
    SlotBond b;
    b.i = i;
    b.j = j;
    b.intra = true;
    chemistry.bonds.push_back(b);
  };
  const int zinc = add(30);
  for (int k = 0; k < 2; ++k) {
    const int c = add(6), h = add(1), o1 = add(8), o2 = add(8);
    bond(c, h);
    bond(c, o1);
    bond(c, o2);
    bond(zinc, o1);
    bond(zinc, o2);
  }
  return chemistry;
}

TEST(GraphChecks, ZincFormatePasses) {
  const auto checks = check_chemistry(zinc_formate(), 0);
  EXPECT_TRUE(checks.passed()) << checks.reason;
  EXPECT_EQ(composition_key(checks.blocks), "O=C[O-]*2|Zn*1");
}

TEST(GraphChecks, ChargesMustBalance) {
  Chemistry chemistry = zinc_formate();
  chemistry.slots[0].atomic_number = 13;  // Al(III) with two formates
  const auto checks = check_chemistry(chemistry, 0);
  EXPECT_TRUE(fails(checks, "charges"));
  EXPECT_EQ(checks.reason, "the molecules have charge -2, the metals can have 3 to 3");
}

TEST(GraphChecks, LostHydrogenIsFound) {
  Chemistry chemistry = zinc_formate();
  const int h = slot_of(chemistry, 1);
  chemistry.slots[static_cast<size_t>(h)].atomic_number = 9;  // F on carbon is fine
  EXPECT_TRUE(check_chemistry(chemistry, 0).passed());
  chemistry.slots[static_cast<size_t>(h)].atomic_number = 8;  // carbonate of charge -2 beside formate
  EXPECT_TRUE(fails(check_chemistry(chemistry, 0), "charges"));
  chemistry.slots[static_cast<size_t>(h)].atomic_number = 1;
  chemistry.bonds.erase(chemistry.bonds.begin());  // C-H
  const auto checks = check_chemistry(chemistry, 0);
  EXPECT_TRUE(fails(checks, "molecules"));
}

TEST(GraphChecks, BareMetalsAreFound) {
  Chemistry chemistry = zinc_formate();
  chemistry.slots.push_back(chemistry.slots[0]);
  EXPECT_TRUE(fails(check_chemistry(chemistry, 0), "attached"));
}

TEST(GraphChecks, SaltsWithoutCarbonAreFound) {
  Chemistry chemistry = zinc_formate();
  EXPECT_FALSE(fails(check_chemistry(chemistry, 0), "organic"));
  for (Slot& slot : chemistry.slots) {
    if (slot.atomic_number == 6) slot.atomic_number = 7;
  }
  EXPECT_TRUE(fails(check_chemistry(chemistry, 0), "organic"));
}

TEST(GraphChecks, DimensionNeedsCycles) {
  EXPECT_TRUE(fails(check_chemistry(zinc_formate(), 3), "dimension"));  // chelates close two cycles
  EXPECT_FALSE(fails(check_chemistry(zinc_formate(), 2), "dimension"));
}

TEST(GraphChecks, TwoAtomsOnOnePointAreFound) {
  // In P-1 the origin is a point: its inversion with shift 0.
  Chemistry chemistry = zinc_formate();
  chemistry.space_group = 2;
  chemistry.slots[0].site = make_site(space_group(2), {0, 1}, {Vec3i::Zero(), Vec3i::Zero()});
  EXPECT_FALSE(fails(check_chemistry(chemistry, 0), "sites"));
  Slot second = chemistry.slots[0];
  chemistry.slots.push_back(second);
  EXPECT_TRUE(fails(check_chemistry(chemistry, 0), "sites"));
  // Another inversion centre is another point, and the same one a lattice vector away is the same point.
  chemistry.slots.back().site = make_site(space_group(2), {0, 1}, {Vec3i::Zero(), Vec3i(1, 0, 0)});
  EXPECT_FALSE(fails(check_chemistry(chemistry, 0), "sites"));
  chemistry.slots.back().site = make_site(space_group(2), {0, 1}, {Vec3i::Zero(), Vec3i(2, 0, 0)});
  EXPECT_TRUE(fails(check_chemistry(chemistry, 0), "sites"));
}

TEST(GraphChecks, TooManyBondsOfAMetalAreFound) {
  Chemistry chemistry = zinc_formate();
  for (int k = 0; k < 9; ++k) {
    Slot slot = chemistry.slots[0];
    slot.atomic_number = 17;
    chemistry.slots.push_back(slot);
    SlotBond bond;
    bond.i = 0;
    bond.j = static_cast<int>(chemistry.slots.size()) - 1;
    bond.intra = true;
    chemistry.bonds.push_back(bond);
  }
  EXPECT_TRUE(fails(check_chemistry(chemistry, 0), "coordination"));
}

TEST(Composition, KeysDoNotDependOnTheCell) {
  // Twice the content is the same composition.
  Chemistry twice = zinc_formate();
  const Chemistry once = twice;
  const int n = static_cast<int>(once.slots.size());
  twice.slots.insert(twice.slots.end(), once.slots.begin(), once.slots.end());
  for (SlotBond bond : once.bonds) {
    bond.i += n;
    bond.j += n;
    twice.bonds.push_back(bond);
  }
  const auto a = evaluate::building_blocks(once), b = evaluate::building_blocks(twice);
  EXPECT_EQ(composition_key(a), composition_key(b));
  EXPECT_EQ(composition_hash(a), composition_hash(b));
  EXPECT_GE(composition_hash(a), 0);
}

}  // namespace
}  // namespace clamp::sampler
