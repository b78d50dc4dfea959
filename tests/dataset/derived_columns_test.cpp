#include "data/derived_columns.h"

#include <gtest/gtest.h>

#include <set>

#include "data/caption.h"
#include "data/caption_columns.h"
#include "tests/dataset/test_files.h"

namespace clamp::data {
namespace {

TEST(DerivedColumns, FollowFromTheStructureAndKeepWhatIsGiven) {
  Record record;
  record.crystal.cell = 4 * Mat3::Identity();
  record.crystal.atomic_numbers = {56, 22, 8, 8, 8};
  record.crystal.frac_coords = {{0, 0, 0}, {0.5, 0.5, 0.5}, {0, 0.5, 0.5}, {0.5, 0, 0.5}, {0.5, 0.5, 0}};
  record.labels["formula"] = "given";
  derive_columns(record);
  EXPECT_EQ(record.labels.at("formula"), "given");
  EXPECT_EQ(record.labels.at("reduced_formula"), "Ba O3 Ti");
  EXPECT_EQ(record.labels.at("metals"), "Ti Ba");
  EXPECT_EQ(record.numbers.at("n_atoms"), 5);
  EXPECT_DOUBLE_EQ(record.numbers.at("volume_A3"), 64);
  EXPECT_NEAR(record.numbers.at("density_g_cm3"), 6.05, 0.01);  // 233.19 g/mol in 64 Å^3
}

TEST(DerivedColumns, AFormulaHasOneSplitWhateverItsCell) {
  Record one, two;
  one.crystal.atomic_numbers = {30, 8};
  two.crystal.atomic_numbers = {30, 8, 8, 30};
  std::set<std::string> found;
  for (int z = 1; z <= 90; ++z) {
    one.crystal.atomic_numbers[0] = z;
    two.crystal.atomic_numbers = {z, 8, 8, z};
    EXPECT_EQ(split_by_formula(one, 0.3), split_by_formula(two, 0.3));
    found.insert(split_by_formula(one, 0.3));
    EXPECT_EQ(split_by_formula(one, 0), "train");
  }
  EXPECT_EQ(found, (std::set<std::string>{"train", "val"}));
}

TEST(DerivedColumns, FilesWithoutATableGetColumnsSplitsAndTheSpaceGroupFound) {
  const TemporaryFolder folder;
  ImportConfig config;
  config.paths = {sample("cifs")};
  config.val_share = 0.5;
  const std::string path = folder / "d.h5";
  import_dataset(config, path, {}, go_on);
  cache_symmetry(path, 0.05, 1, go_on);
  const Dataset dataset = Dataset::open(path),
                with_table = Dataset::open([&] {
                  import_paths({sample("cifs")}, {sample("cifs.csv")}, folder / "table.h5");
                  return folder / "table.h5";
                }());
  ASSERT_EQ(dataset.size(), 8);
  for (int64_t i = 0; i < dataset.size(); ++i) {
    SCOPED_TRACE(dataset.id(i));
    const Record derived = dataset.read(i), given = with_table.read(i);
    EXPECT_EQ(compact_formula(derived.labels.at("formula"), false),
              compact_formula(given.labels.at("formula"), false));
    EXPECT_NEAR(derived.numbers.at("density_g_cm3"), given.numbers.at("density_g_cm3"), 1e-3);
    EXPECT_EQ(derived.labels.at("space_group"), given.labels.at("space_group"));
    EXPECT_TRUE(derived.split == "train" || derived.split == "val");
    EXPECT_EQ(given.split, with_table.split(i));
  }
}

TEST(DerivedColumns, GiveCaptionsToAnInorganicCrystal) {
  Record record;
  record.crystal.cell = 4 * Mat3::Identity();
  record.crystal.atomic_numbers = {22, 6};
  record.crystal.frac_coords = {{0, 0, 0}, {0.5, 0.5, 0.5}};
  derive_columns(record);
  Rng rng(3);
  std::set<std::string> captions;
  for (int i = 0; i < 200; ++i) captions.insert(make_caption(record, rng));
  bool formula = false, metal = false;
  for (const auto& caption : captions) {
    formula |= caption.find("TiC") != std::string::npos || caption.find("CTi") != std::string::npos;
    metal |= caption.find("titanium") != std::string::npos;
    EXPECT_EQ(caption.find("metal-organic"), std::string::npos) << caption;
  }
  EXPECT_TRUE(formula);
  EXPECT_TRUE(metal);
}

}  // namespace
}  // namespace clamp::data
