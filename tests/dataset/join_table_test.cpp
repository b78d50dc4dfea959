#include "data/join_table.h"

#include <gtest/gtest.h>

#include "tests/dataset/test_files.h"

namespace clamp::data {
namespace {

TEST(JoinTable, TakesUnitsFromColumnNames) {
  EXPECT_EQ(unit_of_column("lcd_A"), "A");
  EXPECT_EQ(unit_of_column("volume_A3"), "A^3");
  EXPECT_EQ(unit_of_column("density_g_cm3"), "g/cm^3");
  EXPECT_EQ(unit_of_column("pbe_band_gap_eV"), "eV");
  EXPECT_EQ(unit_of_column("energy_above_hull_eV_atom"), "eV/atom");
  EXPECT_EQ(unit_of_column("asa_m2_g"), "m^2/g");
  EXPECT_EQ(unit_of_column("n_atoms"), "");
}

TEST(JoinTable, SortsColumnsByWhatTheyHold) {
  const JoinTable table(
      parse_csv("id,n,gap_eV,metals,title,split,source,cod_id\n"
                "a,3,1.5,Zn,A title,validation,x,12\nb,,nan,Cu,,train,,13\n",
                "t.csv"));
  Record a, b;
  table.apply(0, a);
  table.apply(1, b);
  EXPECT_EQ(a.id, "a");
  EXPECT_EQ(a.split, "val");
  EXPECT_EQ(a.source, "x");
  EXPECT_EQ(a.texts, std::vector<std::string>{"A title"});
  EXPECT_EQ(a.numbers, (std::map<std::string, double>{{"n", 3}, {"gap_eV", 1.5}}));
  // A code of digits is no quantity.
  EXPECT_EQ(a.labels, (std::map<std::string, std::string>{{"metals", "Zn"}, {"cod_id", "12"}}));
  EXPECT_TRUE(b.numbers.empty());
  EXPECT_TRUE(b.texts.empty());
  EXPECT_EQ(table.units(), (std::map<std::string, std::string>{{"n", ""}, {"gap_eV", "eV"}}));
}

TEST(JoinTable, FindsRowsByTheLongestEndOfAPath) {
  const JoinTable table(
      parse_csv("path,cif_block\ncifs/x.cif,one\ncifs/x.cif,two\nother/x.cif,\ny.cif,\n", "t.csv"));
  const auto found = table.find("/data/set/cifs/x.cif");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].block, "one");
  EXPECT_EQ(found[1].block, "two");
  EXPECT_EQ(table.find("other/x.cif").at(0).row, 2);
  EXPECT_EQ(table.find("somewhere/y.cif").at(0).row, 3);
  // Two files of the table have this name: no guess.
  EXPECT_TRUE(table.find("x.cif").empty());
}

TEST(JoinTable, FindsRowsByTheStemAsId) {
  const JoinTable table(parse_csv("qmof_id,x\nqmof-1,2\n", "t.csv"));
  EXPECT_EQ(table.find("relaxed_structures/qmof-1.cif").at(0).row, 0);
  EXPECT_TRUE(table.find("qmof-2.cif").empty());
  EXPECT_EQ(table.find_id("qmof-1"), 0);
}

TEST(JoinTable, RefusesTablesThatCannotBeJoined) {
  EXPECT_TRUE(contains(error_of([] { JoinTable(parse_csv("a,b\n1,2\n", "t.csv")); }),
                       "t.csv: no column to join on; expected one of path, file"));
  EXPECT_EQ(error_of([] { JoinTable(parse_csv("id\nx\nx\n", "t.csv")); }),
            "t.csv:3: id x is there twice (first on line 2)");
  EXPECT_EQ(error_of([] { JoinTable(parse_csv("path,n\nx.cif,1\nx.cif,2\n", "t.csv")); }),
            "t.csv:3: x.cif is there twice (first on line 2)");
}

}  // namespace
}  // namespace clamp::data
