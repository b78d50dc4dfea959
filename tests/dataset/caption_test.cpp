#include "data/caption.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>

#include "core/elements.h"
#include "core/symmetry.h"
#include "data/caption_vocabulary.h"
#include "data/csv_table.h"
#include "data/join_table.h"
#include "tests/dataset/claim_checker.h"

namespace clamp::data {
namespace {

std::vector<Record> records_of(const std::string& file) {
  const JoinTable table(read_csv(std::string(CLAMP_TEST_DATA) + "/dataset/" + file));
  std::vector<Record> records(static_cast<size_t>(table.size()));
  for (int64_t row = 0; row < table.size(); ++row) {
    Record& record = records[static_cast<size_t>(row)];
    table.apply(row, record);
    record.texts.clear();
  }
  return records;
}

std::vector<Record> all_records() {
  std::vector<Record> all;
  for (const char* file : {"qmof_rows.csv", "core2019_rows.csv", "titled_rows.csv"}) {
    for (Record& record : records_of(file)) all.push_back(std::move(record));
  }
  return all;
}

TEST(Caption, SaysNothingThatTheRecordDoesNot) {
  const std::vector<Record> records = all_records();
  ASSERT_GE(records.size(), 300u);
  for (size_t i = 0; i < records.size(); ++i) {
    Rng rng(derive_seed(7, i));
    for (int k = 0; k < kCaptionStyles; ++k) {
      const std::string caption = make_caption(records[i], static_cast<CaptionStyle>(k), rng);
      EXPECT_EQ(ClaimChecker(records[i], caption).check(), "") << records[i].id << ": " << caption;
    }
  }
}

TEST(Caption, CheckOfThisTestFindsFalseClaims) {
  Record record;
  record.labels = {{"metals", "Zn"},
                   {"formula", "C8 H4 O5 Zn2"},
                   {"reduced_formula", "C8 H4 O5 Zn2"},
                   {"linker_names", "terephthalate"},
                   {"space_group", "C2/c (15)"}};
  record.numbers = {{"pld_A", 5.2}, {"lcd_A", 8.0}, {"framework_dimension", 3}};
  for (const char* good :
       {"zinc framework with BDC linkers", "Zn-BDC MOF, PLD 5.2 Å", "porous monoclinic C8H4O5Zn2"}) {
    EXPECT_EQ(ClaimChecker(record, good).check(), "") << good;
  }
  for (const char* bad : {"copper framework", "Cu MOF", "zinc framework with fumarate linkers", "PLD 5.3 Å",
                          "mesoporous MOF", "nonporous MOF", "2D MOF", "band gap 2.0 eV", "C8H4O5Zn",
                          "pcu topology", "triclinic crystal", "magnetic MOF", "space group P-1"}) {
    EXPECT_NE(ClaimChecker(record, bad).check(), "") << bad;
  }
}

TEST(Caption, SameSeedGivesTheSameCaptionAndOtherSeedsOthers) {
  const Record record = records_of("qmof_rows.csv").front();
  std::set<std::string> distinct;
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Rng a(seed), b(seed);
    const std::string caption = make_caption(record, a);
    EXPECT_EQ(caption, make_caption(record, b));
    distinct.insert(caption);
  }
  EXPECT_GE(distinct.size(), 40u);
}

TEST(Caption, ColumnsThatAreMissingAreNotMentioned) {
  Record empty;
  empty.id = "x";
  Rng rng(1);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(ClaimChecker(empty, make_caption(empty, rng)).check(), "");
  Record metal_only = empty;
  metal_only.labels["metals"] = "Zn";
  bool named = false;
  for (int i = 0; i < 50; ++i) {
    const std::string caption = make_caption(metal_only, rng);
    EXPECT_EQ(ClaimChecker(metal_only, caption).check(), "") << caption;
    named = named || lower(caption).find("zinc") != std::string::npos;
  }
  EXPECT_TRUE(named);
}

TEST(Caption, NoWordStandsForTwoLigands) {
  std::map<std::string, std::string> owner;
  for (const Ligand& ligand : known_ligands()) {
    EXPECT_EQ(ligand.words.empty(), false) << ligand.name;
    for (const std::string& word : ligand.words) {
      EXPECT_TRUE(owner.emplace(lower(word), ligand.name).second)
          << word << ": " << owner[lower(word)] << " and " << ligand.name;
    }
  }
}

TEST(Caption, EveryNameOfTheTablesIsInTheVocabulary) {
  for (const Record& record : all_records()) {
    for (const char* column :
         {"linker_names", "ligand_names", "solvent_names", "anion_names", "guest_names"}) {
      std::istringstream stream(label(record, column));
      for (std::string name; std::getline(stream, name, ';');) {
        name.erase(0, name.find_first_not_of(' '));
        EXPECT_NE(find_ligand(name), nullptr) << column << ": " << name;
      }
    }
  }
}

}  // namespace
}  // namespace clamp::data
