#include "data/import.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/bond_graph.h"
#include "core/cif.h"
#include "data/export.h"
#include "data/inspect.h"
#include "tests/dataset/test_files.h"

namespace clamp::data {
namespace {

std::string reason_of(const ImportSummary& summary, const std::string& name) {
  for (const Skipped& skipped : summary.skipped) {
    if (contains(skipped.name, name)) return skipped.reason;
  }
  return "";
}

int64_t index_of(const Dataset& dataset, const std::string& id) {
  for (int64_t i = 0; i < dataset.size(); ++i) {
    if (dataset.id(i) == id) return i;
  }
  return -1;
}

TEST(Import, JoinsAFolderWithItsTable) {
  const TemporaryFolder folder;
  const ImportSummary summary = import_paths({sample("cifs")}, {sample("cifs.csv")}, folder / "d.h5");
  EXPECT_EQ(summary.n_imported, 8);
  EXPECT_EQ(summary.n_without_row, 0);
  EXPECT_TRUE(summary.skipped.empty());
  const Dataset dataset = Dataset::open(folder / "d.h5");
  const Record record = dataset.read(index_of(dataset, "qmof-a07366c"));
  EXPECT_EQ(record.crystal.n_atoms(), 13);
  EXPECT_EQ(record.split, "train");
  EXPECT_EQ(record.source, "cifs");
  EXPECT_EQ(record.labels.at("space_group"), "P-1 (2)");
  EXPECT_EQ(record.numbers.at("n_atoms"), 13);
  EXPECT_NEAR(record.numbers.at("volume_A3"), record.crystal.volume(), 0.01);
  EXPECT_NEAR(record.numbers.at("density_g_cm3"), record.crystal.density(), 1e-3);
  EXPECT_EQ(dataset.units().at("density_g_cm3"), "g/cm^3");
  const Crystal direct = read_crystal(sample("cifs/qmof-a07366c.cif"));
  EXPECT_EQ(record.crystal.frac_coords, direct.frac_coords);
  EXPECT_EQ(record.crystal.cell, direct.cell);
}

TEST(Import, ReadsTheOriginalArchiveOfQmof) {
  const TemporaryFolder folder;
  const ImportSummary summary = import_paths({sample("original_layout.tar.xz")}, {}, folder / "d.h5");
  EXPECT_EQ(summary.n_imported, 2);
  const Dataset dataset = Dataset::open(folder / "d.h5");
  EXPECT_GE(index_of(dataset, "qmof-3b123f8"), 0);
  EXPECT_GE(index_of(dataset, "qmof-4028dc6"), 0);
}

TEST(Import, GivesTheSameBytesWhateverTheThreads) {
  const TemporaryFolder folder;
  for (const int n_threads : {1, 4}) {
    const std::string path = folder / std::to_string(n_threads);
    import_paths({sample("cifs"), sample("original_layout.tar.xz")}, {sample("cifs.csv")}, path, n_threads);
    cache_symmetry(path, 0.01, n_threads, go_on);
  }
  EXPECT_EQ(read_bytes(folder / "1"), read_bytes(folder / "4"));
}

TEST(Import, ListsWhatItLeavesOutWithTheReason) {
  const TemporaryFolder folder;
  std::filesystem::create_directories(folder / "in/sub");
  std::filesystem::copy(sample("cifs/qmof-a07366c.cif"), folder / "in/good.cif");
  std::filesystem::copy(sample("cifs/qmof-40f119f.cif"), folder / "in/sub/good.cif");
  write_bytes(folder / "in/readme.txt", "not a structure");
  write_bytes(folder / "in/broken.cif", "data_x\nloop_\n_a\n_b\n1 2 3\n");
  write_bytes(folder / "in/empty.cif", "");
  std::string partial = read_bytes(sample("cifs/qmof-a07366c.cif"));
  partial.replace(partial.rfind("  1\n"), 4, "  0.5\n");
  write_bytes(folder / "in/partial.cif", partial);
  write_bytes(folder / "t.csv", "id,x\ngood,1\nmissing,2\n");
  const ImportSummary summary = import_paths({folder / "in"}, {folder / "t.csv"}, folder / "d.h5");
  EXPECT_EQ(summary.n_imported, 1);
  EXPECT_EQ(summary.n_other_files, 1);
  EXPECT_EQ(summary.skipped.size(), 5u);
  EXPECT_NE(reason_of(summary, "broken.cif"), "");
  EXPECT_NE(reason_of(summary, "empty.cif"), "");
  EXPECT_NE(reason_of(summary, "partial.cif"), "");
  EXPECT_EQ(reason_of(summary, "good"), "another structure has this id");
  EXPECT_TRUE(contains(reason_of(summary, "missing"), "has a row, but there is no such structure"));
  EXPECT_EQ(Dataset::open(folder / "d.h5").provenance().n_skipped, 5);
}

TEST(Import, TakesTheBlockThatTheTableNames) {
  const TemporaryFolder folder;
  const std::string one = read_bytes(sample("cifs/qmof-a07366c.cif")),
                    two = read_bytes(sample("cifs/qmof-40f119f.cif"));
  write_bytes(folder / "both.cif", one + "\n" + two);
  write_bytes(folder / "t.csv", "path,cif_block,title\ncifs/both.cif,qmof-40f119f,A real title\n");
  import_paths({folder / "both.cif"}, {folder / "t.csv"}, folder / "d.h5");
  const Dataset dataset = Dataset::open(folder / "d.h5");
  ASSERT_EQ(dataset.size(), 1);
  EXPECT_EQ(dataset.id(0), "both");
  EXPECT_EQ(dataset.n_atoms(0), 17);
  EXPECT_EQ(dataset.read(0).texts, std::vector<std::string>{"A real title"});

  // Without a table both are kept, under names of their own.
  import_paths({folder / "both.cif"}, {}, folder / "all.h5");
  const Dataset all = Dataset::open(folder / "all.h5");
  ASSERT_EQ(all.size(), 2);
  EXPECT_EQ(all.id(0), "both__qmof-a07366c");

  write_bytes(folder / "t.csv", "path,cif_block\nboth.cif,nothing\n");
  EXPECT_TRUE(
      contains(error_of([&] { import_paths({folder / "both.cif"}, {folder / "t.csv"}, folder / "e.h5"); }),
               "no block 'nothing' with a structure"));
}

TEST(Import, ReadsDatasetsAndJoinsThemAgain) {
  const TemporaryFolder folder;
  const std::string first = small_dataset(folder);
  write_bytes(folder / "t.csv", "id,text,text_2,extra_eV\nqmof-a07366c,one,two,2.5\n");
  const ImportSummary summary = import_paths({first}, {folder / "t.csv"}, folder / "second.h5");
  EXPECT_EQ(summary.n_imported, 8);
  EXPECT_EQ(summary.n_without_row, 7);
  const Dataset before = Dataset::open(first), after = Dataset::open(folder / "second.h5");
  for (int64_t i = 0; i < 8; ++i) {
    EXPECT_EQ(before.id(i), after.id(i));
    EXPECT_EQ(before.read(i).crystal.frac_coords, after.read(i).crystal.frac_coords);
    EXPECT_EQ(before.read(i).labels, after.read(i).labels);
  }
  const Record record = after.read(index_of(after, "qmof-a07366c"));
  EXPECT_EQ(record.texts, (std::vector<std::string>{"one", "two"}));
  EXPECT_EQ(record.numbers.at("extra_eV"), 2.5);
}

TEST(Import, LeavesOutStructuresWithoutARowWhenAsked) {
  const TemporaryFolder folder;
  write_bytes(folder / "t.csv", "id,x\nqmof-a07366c,1\n");
  ImportConfig config;
  config.paths = {sample("cifs")};
  config.tables = {folder / "t.csv"};
  config.only_table = true;
  const ImportSummary summary = import_dataset(config, folder / "d.h5", {}, go_on);
  EXPECT_EQ(summary.n_imported, 1);
  EXPECT_EQ(summary.skipped.size(), 7u);
  EXPECT_EQ(summary.skipped[0].reason, "no row in the table");
}

TEST(Import, KeepsWhatIsDoneWhenStopped) {
  const TemporaryFolder folder;
  ImportConfig config;
  config.paths = {sample("cifs")};
  const ImportSummary summary =
      import_dataset(config, folder / "d.h5", {}, [](int64_t done, int64_t) { return done < 3; });
  EXPECT_TRUE(summary.stopped);
  const Dataset dataset = Dataset::open(folder / "d.h5");
  EXPECT_GE(dataset.size(), 3);
  EXPECT_LT(dataset.size(), 8);
  EXPECT_FALSE(dataset.provenance().complete);
}

TEST(Import, RefusesDamagedArchivesAndMissingPaths) {
  const TemporaryFolder folder;
  const std::string bytes = read_bytes(sample("original_layout.tar.xz"));
  write_bytes(folder / "cut.tar.xz", bytes.substr(0, bytes.size() / 2));
  EXPECT_TRUE(contains(error_of([&] { import_paths({folder / "cut.tar.xz"}, {}, folder / "d.h5"); }),
                       "cut.tar.xz: archive is truncated or damaged"));
  EXPECT_TRUE(contains(error_of([&] { import_paths({folder / "nothing"}, {}, folder / "d.h5"); }),
                       "nothing: no such file or folder"));
  std::filesystem::create_directories(folder / "empty");
  EXPECT_TRUE(contains(error_of([&] { import_paths({folder / "empty"}, {}, folder / "d.h5"); }),
                       "nothing to import: 0 structure files, 0 skipped"));
}

TEST(Import, SkipsFilesAboveTheLimit) {
  const TemporaryFolder folder;
  ImportConfig config;
  config.paths = {sample("cifs"), sample("original_layout.tar.xz")};
  config.limits.max_file_bytes = 2000;
  const ImportSummary summary = import_dataset(config, folder / "d.h5", {}, go_on);
  EXPECT_EQ(reason_of(summary, "qmof-3b123f8.cif"), "larger than 2000 bytes");
  EXPECT_EQ(summary.n_imported + static_cast<int64_t>(summary.skipped.size()), 10);
}

TEST(CacheSymmetry, UnitsExpandToTheStructure) {
  const TemporaryFolder folder;
  const Dataset dataset = Dataset::open(small_dataset(folder));
  std::set<int> groups;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    SCOPED_TRACE(dataset.id(i));
    const auto unit = dataset.asymmetric_unit(i);
    ASSERT_TRUE(unit.has_value());
    const Record record = dataset.read(i);
    const int number = unit->chemistry.space_group;
    EXPECT_TRUE(contains(record.labels.at("space_group"), "(" + std::to_string(number) + ")"));
    groups.insert(number);
    const Crystal expanded = expand(*unit);
    // QMOF's files hold primitive cells.
    EXPECT_EQ(formula(expanded.atomic_numbers), formula(record.crystal.atomic_numbers));
    EXPECT_NEAR(expanded.volume(), record.crystal.volume(), 1e-3 * record.crystal.volume());
    EXPECT_EQ(expand_bonds(*unit).size(), perceive_bonds(record.crystal).size());
  }
  EXPECT_GE(groups.size(), 3u);
  EXPECT_EQ(dataset.symmetry()->symprec, 0.01);
}

TEST(CacheSymmetry, KeepsP1WhereNoSymmetryHolds) {
  Crystal crystal = read_crystal(sample("cifs/qmof-a07366c.cif"));
  std::string reason;
  const auto exact = compute_unit(crystal, 0.01, reason);
  ASSERT_TRUE(exact.has_value());
  EXPECT_EQ(exact->unit.chemistry.space_group, 2);
  crystal.frac_coords[0][0] += 0.02;
  const auto moved = compute_unit(crystal, 0.01, reason);
  ASSERT_TRUE(moved.has_value());
  EXPECT_EQ(moved->unit.chemistry.space_group, 1);
  EXPECT_EQ(moved->unit.chemistry.slots.size(), 13u);
}

TEST(Export, ComesBackThroughImport) {
  const TemporaryFolder folder;
  const std::string first = small_dataset(folder);
  const Dataset before = Dataset::open(first);
  Selection selection;
  selection.max_atoms = 17;
  const std::vector<int64_t> indices = select(before, selection, first);
  ASSERT_EQ(indices.size(), 4u);
  export_dataset(before, indices, folder / "out");
  const ImportSummary summary =
      import_paths({folder / "out/structures"}, {folder / "out/table.csv"}, folder / "again.h5");
  EXPECT_EQ(summary.n_imported, 4);
  EXPECT_TRUE(summary.skipped.empty());
  const Dataset after = Dataset::open(folder / "again.h5");
  for (const int64_t i : indices) {
    const Record a = before.read(i), b = after.read(index_of(after, before.id(i)));
    EXPECT_EQ(a.split, b.split);
    EXPECT_EQ(a.source, b.source);
    EXPECT_EQ(a.numbers, b.numbers);
    for (const auto& [name, value] : a.labels) EXPECT_EQ(b.labels.at(name), value);
    EXPECT_EQ(a.crystal.atomic_numbers, b.crystal.atomic_numbers);
    for (size_t k = 0; k < a.crystal.frac_coords.size(); ++k) {
      EXPECT_LT((a.crystal.frac_coords[k] - b.crystal.frac_coords[k]).norm(), 1e-6);
    }
  }
}

TEST(Export, SaysWhichIdsAndSplitsAreMissing) {
  const TemporaryFolder folder;
  const std::string path = small_dataset(folder);
  const Dataset dataset = Dataset::open(path);
  Selection selection;
  selection.ids = {"qmof-a07366c", "nobody"};
  EXPECT_TRUE(contains(error_of([&] { select(dataset, selection, path); }),
                       "no structure 'nobody' (1 of 2 ids asked for are missing)"));
  selection.ids = {};
  selection.splits = {"tests"};
  EXPECT_TRUE(
      contains(error_of([&] { select(dataset, selection, path); }), "no split 'tests'; there are 'train'"));
}

TEST(Inspect, CountsWhatIsThere) {
  const TemporaryFolder folder;
  const Dataset dataset = Dataset::open(small_dataset(folder));
  const DatasetSummary summary = summarise(dataset);
  EXPECT_EQ(summary.n_structures, 8);
  EXPECT_EQ(summary.n_atoms, 13 + 3 * 17 + 4 * 24);
  EXPECT_EQ(summary.splits.at("train"), 8);
  EXPECT_EQ(summary.numbers[0].min, 13);
  EXPECT_EQ(summary.numbers[0].median, 20.5);
  EXPECT_EQ(summary.numbers[0].max, 24);
  for (const NumberColumn& column : summary.numbers) {
    int64_t total = 0;
    for (const int64_t n : column.histogram) total += n;
    EXPECT_EQ(total, column.n) << column.name;
  }
  EXPECT_TRUE(contains(summary_text(summary, "x.h5"), "x.h5: 8 structures, 160 atoms, 0 texts"));
  const std::string json = summary_json(summary, "x.h5");
  for (const char* key : {"\"n_structures\": 8", "\"n_atoms\": 160", "\"n_texts\": 0", "\"train\": 8",
                          "\"unit\": \"g/cm^3\""}) {
    EXPECT_TRUE(contains(json, key)) << key;
  }
}

}  // namespace
}  // namespace clamp::data
