#include "data/csv_table.h"

#include <gtest/gtest.h>

#include "tests/dataset/test_files.h"

namespace clamp::data {
namespace {

using Row = std::vector<std::string>;

TEST(CsvTable, ReadsQuotesLineBreaksAndCarriageReturns) {
  const CsvTable table =
      parse_csv("\xEF\xBB\xBFid,title\r\na,\"one, \"\"two\"\"\r\nthree\"\r\nb, plain \r\n", "t.csv");
  EXPECT_EQ(table.header, (Row{"id", "title"}));
  ASSERT_EQ(table.rows.size(), 2u);
  EXPECT_EQ(table.rows[0], (Row{"a", "one, \"two\"\r\nthree"}));
  EXPECT_EQ(table.rows[1], (Row{"b", "plain"}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{2, 4}));
}

TEST(CsvTable, KeepsEmptyFieldsAtTheEnd) {
  const CsvTable table = parse_csv("a,b,c\n1,,\n,,3", "t.csv");
  EXPECT_EQ(table.rows[0], (Row{"1", "", ""}));
  EXPECT_EQ(table.rows[1], (Row{"", "", "3"}));
}

TEST(CsvTable, NamesFileAndLineOfWhatItRefuses) {
  EXPECT_EQ(error_of([] { parse_csv("", "t.csv"); }), "t.csv: empty; expected CSV with a header line");
  EXPECT_EQ(error_of([] { parse_csv("a,b\n1,2\n3\n", "t.csv"); }),
            "t.csv:3: 1 fields, expected 2 as in the header");
  EXPECT_EQ(error_of([] { parse_csv("a,b\n1,\"2\n3\n", "t.csv"); }), "t.csv:2: a quoted field does not end");
  EXPECT_EQ(error_of([] { parse_csv("a,a\n", "t.csv"); }), "t.csv:1: column 'a' is there twice");
  EXPECT_EQ(error_of([] { parse_csv("a,\n", "t.csv"); }), "t.csv:1: a column without a name");
}

TEST(CsvTable, FieldsComeBackAsTheyWereWritten) {
  for (const std::string value : {"plain", "a,b", "say \"hi\"", "two\nlines", ""}) {
    const CsvTable table = parse_csv("x,y\n" + csv_field(value) + ",1\n", "t.csv");
    EXPECT_EQ(table.rows.at(0).at(0), value);
  }
}

}  // namespace
}  // namespace clamp::data
