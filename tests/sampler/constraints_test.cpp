#include "sampler/constraints.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

using test::error_of;

TEST(Formula, CountsElementsAndGroups) {
  EXPECT_EQ(parse_formula("Zn4C24H12O13"), (Composition{{30, 4}, {6, 24}, {1, 12}, {8, 13}}));
  EXPECT_EQ(parse_formula("Zn4 O (C8 H4 O4)3"), (Composition{{30, 4}, {6, 24}, {1, 12}, {8, 13}}));
  EXPECT_EQ(parse_formula("CoCO"), (Composition{{27, 1}, {6, 1}, {8, 1}}));
}

TEST(Formula, IsReducedByTheCommonFactor) {
  EXPECT_EQ(reduced(parse_formula("Zn4C8H4")), parse_formula("ZnC2H"));
}

TEST(Formula, NamesWhatItCannotRead) {
  EXPECT_EQ(error_of([] { parse_formula("Zn4Qq2"); }),
            "--formula 'Zn4Qq2': 'Qq' is no element symbol, expected symbols such as Zn,C,H,O");
  EXPECT_EQ(error_of([] { parse_formula("Zn4C24)"); }),
            "--formula 'Zn4C24)': found ')' at position 7, expected element symbols with counts such as "
            "Zn4C24H12O13");
  EXPECT_NE(error_of([] { parse_formula("(Zn"); }).find("a parenthesis that is not closed"),
            std::string::npos);
  EXPECT_NE(error_of([] { parse_formula(""); }).find("found no element"), std::string::npos);
  EXPECT_NE(error_of([] { parse_formula("C0"); }).find("found the count 0"), std::string::npos);
  EXPECT_NE(error_of([] { parse_formula("C99999999999999999999"); }).find("the count"), std::string::npos);
  EXPECT_NE(error_of([] { parse_formula(std::string(100, '(')); }).find("nested"), std::string::npos);
}

TEST(AtomRange, IsANumberOrTwo) {
  EXPECT_EQ(parse_atom_range("64").min, 64);
  EXPECT_EQ(parse_atom_range("64").max, 64);
  EXPECT_EQ(parse_atom_range("20:64").min, 20);
  EXPECT_EQ(parse_atom_range("20:64").max, 64);
  EXPECT_EQ(error_of([] { parse_atom_range("64:20"); }),
            "--atoms '64:20': the lower limit is above the upper one");
  EXPECT_EQ(error_of([] { parse_atom_range("many"); }),
            "--atoms 'many': found 'many', expected a number of atoms or a range such as 20:64");
  EXPECT_THROW(parse_atom_range("0"), UsageError);
}

TEST(Demands, AreOnlyThoseThatWereMade) {
  Constraints constraints;
  EXPECT_TRUE(demands(constraints).empty());
  constraints.required_elements = {30};
  constraints.space_group = 2;
  ASSERT_EQ(demands(constraints).size(), 2u);
  EXPECT_EQ(demands(constraints)[0].text, "with Zn");
  EXPECT_EQ(demands(constraints)[1].text, "space group 2");
}

TEST(Nodes, AreMetalsAndWhatBridgesThem) {
  EXPECT_EQ(parse_node("Zn4 O"), (Composition{{30, 4}, {8, 1}}));
  EXPECT_EQ(error_of([] { parse_node("CO2"); }),
            "--node 'CO2': found no metal, expected its metals and the atoms that bridge them, such as Zn4O "
            "or Cu2I2");
  EXPECT_EQ(error_of([] { parse_node("Zn4)"); }).rfind("--node 'Zn4)': found ')' at position 4", 0), 0U);
  const std::vector<evaluate::MetalNode> nodes = {{"Zn4 O", 1, 0}, {"Cu2", 2, 0}};
  EXPECT_TRUE(holds_nodes({}, nodes));
  EXPECT_TRUE(holds_nodes({parse_node("OZn4"), parse_node("Cu2")}, nodes));
  EXPECT_FALSE(holds_nodes({parse_node("Zn4")}, nodes));
  EXPECT_FALSE(holds_nodes({parse_node("Cu2")}, {}));
}

}  // namespace
}  // namespace clamp::sampler
