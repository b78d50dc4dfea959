#include "core/elements.h"

#include <gtest/gtest.h>

#include <string>

#include "core/error.h"

namespace clamp {
namespace {

TEST(Elements, SymbolAndNumberAreInverse) {
  for (int z = 1; z <= kMaxAtomicNumber; ++z) EXPECT_EQ(atomic_number_of(element_symbol(z)), z);
}

TEST(Elements, SymbolsAreReadInAnyCase) {
  for (const char* spelling : {"Zn", "ZN", "zn", "zN"}) EXPECT_EQ(atomic_number_of(spelling), 30);
  EXPECT_EQ(atomic_number_of("c"), 6);
}

TEST(Elements, DeuteriumAndTritiumAreHydrogen) {
  EXPECT_EQ(atomic_number_of("D"), 1);
  EXPECT_EQ(atomic_number_of("T"), 1);
}

TEST(Elements, UnknownSymbolsGiveZero) {
  for (const char* unknown : {"", "X", "Xx", "Zn2", " H", "H ", "Rf", "Carbon"})
    EXPECT_EQ(atomic_number_of(unknown), 0) << unknown;
  EXPECT_EQ(atomic_number_of(std::string("H\0", 2)), 0);
}

// Cordero et al., Dalton Trans. 2008, 2832, table 2.
TEST(Elements, CovalentRadiiAreCorderos) {
  const std::pair<const char*, double> published[] = {{"H", 0.31},  {"C", 0.76},  {"N", 0.71},  {"O", 0.66},
                                                      {"Cu", 1.32}, {"Zn", 1.22}, {"Zr", 1.75}, {"Lu", 1.87},
                                                      {"Hf", 1.75}, {"Au", 1.36}, {"U", 1.96},  {"Cm", 1.69}};
  for (const auto& [symbol, radius] : published)
    EXPECT_DOUBLE_EQ(covalent_radius(atomic_number_of(symbol)), radius) << symbol;
}

// Bondi, J. Phys. Chem. 1964, 68, 441 for the first row; Alvarez, Dalton Trans. 2013, 42, 8617, table 1 for
// the second.
TEST(Elements, VdwRadiiAreBondisAndAlvarezs) {
  const std::pair<const char*, double> published[] = {{"H", 1.20},  {"C", 1.70},  {"N", 1.55},
                                                      {"O", 1.52},  {"Cl", 1.75}, {"S", 1.89},
                                                      {"Zn", 2.39}, {"Cu", 2.38}, {"Zr", 2.52}};
  for (const auto& [symbol, radius] : published)
    EXPECT_DOUBLE_EQ(vdw_radius(atomic_number_of(symbol)), radius) << symbol;
}

TEST(Elements, PaulingElectronegativities) {
  EXPECT_DOUBLE_EQ(electronegativity(9), 3.98);
  EXPECT_DOUBLE_EQ(electronegativity(8), 3.44);
  EXPECT_DOUBLE_EQ(electronegativity(30), 1.65);
  EXPECT_DOUBLE_EQ(electronegativity(55), 0.79);
  for (const int noble_gas : {2, 10, 18}) EXPECT_DOUBLE_EQ(electronegativity(noble_gas), 0);
}

TEST(Elements, EveryPropertyIsPlausible) {
  for (int z = 1; z <= kMaxAtomicNumber; ++z) {
    SCOPED_TRACE(element_symbol(z));
    EXPECT_GT(atomic_mass(z), 1.5 * z - 1);
    EXPECT_LT(atomic_mass(z), 3.0 * z);
    EXPECT_GT(covalent_radius(z), 0.25);
    EXPECT_LT(covalent_radius(z), 2.7);
    EXPECT_GT(vdw_radius(z), covalent_radius(z));
    EXPECT_LT(vdw_radius(z), 3.6);
    EXPECT_GE(electronegativity(z), 0);
    EXPECT_LT(electronegativity(z), 4);
  }
}

TEST(Elements, PeriodsAndGroups) {
  EXPECT_EQ(period_of(1), 1);
  EXPECT_EQ(group_of(1), 1);
  EXPECT_EQ(period_of(30), 4);
  EXPECT_EQ(group_of(30), 12);
  EXPECT_EQ(period_of(17), 3);
  EXPECT_EQ(group_of(17), 17);
  EXPECT_EQ(group_of(2), 18);
  EXPECT_EQ(period_of(72), 6);
  EXPECT_EQ(group_of(72), 4);
  for (int z = 57; z <= 71; ++z) EXPECT_EQ(group_of(z), 3);
  for (int z = 89; z <= 103; ++z) EXPECT_EQ(group_of(z), 3);
  // Within a period the group never falls.
  for (int z = 2; z <= kMaxAtomicNumber; ++z)
    if (period_of(z) == period_of(z - 1)) {
      EXPECT_GE(group_of(z), group_of(z - 1)) << z;
    }
}

TEST(Elements, LargestCoordination) {
  EXPECT_EQ(largest_coordination(30), 8);
  EXPECT_EQ(largest_coordination(19), 14);  // K
  EXPECT_EQ(largest_coordination(57), 14);  // La
  EXPECT_EQ(largest_coordination(8), 6);    // oxide in an octahedron
  EXPECT_EQ(largest_coordination(1), 2);
  EXPECT_THROW(largest_coordination(104), Error);
}

TEST(Elements, MetalsAreMetals) {
  for (const char* metal : {"Li", "Al", "Zn", "Zr", "Sb", "Bi", "Ce", "U"})
    EXPECT_TRUE(is_metal(atomic_number_of(metal))) << metal;
  for (const char* other : {"H", "B", "C", "Si", "Ge", "As", "Se", "Te", "I", "Xe"})
    EXPECT_FALSE(is_metal(atomic_number_of(other))) << other;
}

TEST(Elements, NumbersOutsideTheTableAreErrors) {
  for (const int z : {-1, 0, 104, 1 << 30}) {
    try {
      element_symbol(z);
      FAIL() << "no exception for " << z;
    } catch (const Error& error) {
      EXPECT_EQ(error.what(), "atomic number " + std::to_string(z) + " is outside 1..103");
    }
  }
}

}  // namespace
}  // namespace clamp
