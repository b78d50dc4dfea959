#include "data/dataset.h"

#include <gtest/gtest.h>
#include <hdf5.h>

#include <cmath>
#include <limits>
#include <thread>

#include "data/dataset_writer.h"
#include "data/hdf5_file.h"
#include "tests/dataset/test_files.h"

namespace clamp::data {
namespace {

Record record_of(const std::string& id, int n_atoms) {
  Record record;
  record.id = id;
  record.split = n_atoms % 2 == 0 ? "train" : "val";
  record.source = "made";
  record.crystal.cell << 5.25, 0, 0, 0.125, 7, 0, 1, 2, 9.0 + n_atoms;
  for (int i = 0; i < n_atoms; ++i) {
    record.crystal.atomic_numbers.push_back(1 + i % 30);
    record.crystal.frac_coords.emplace_back(i / 7.0, -0.3 + i, 1e-9 * i);
  }
  return record;
}

std::string write(const TemporaryFolder& folder, const std::vector<Record>& records) {
  const std::string path = folder / "d.h5";
  DatasetWriter writer(path);
  writer.set_unit("gap", "eV");
  for (const Record& record : records) writer.add(record);
  writer.finish({"a command", "1.2.3", {"x.tar", "y.csv"}, 4, true});
  return path;
}

void expect_equal(const Record& a, const Record& b) {
  EXPECT_EQ(a.id, b.id);
  EXPECT_EQ(a.split, b.split);
  EXPECT_EQ(a.source, b.source);
  EXPECT_EQ(a.texts, b.texts);
  EXPECT_EQ(a.numbers, b.numbers);
  EXPECT_EQ(a.labels, b.labels);
  EXPECT_EQ(a.crystal.cell, b.crystal.cell);
  EXPECT_EQ(a.crystal.atomic_numbers, b.crystal.atomic_numbers);
  EXPECT_EQ(a.crystal.frac_coords, b.crystal.frac_coords);
}

TEST(Dataset, GivesBackWhatWasWritten) {
  const TemporaryFolder folder;
  std::vector<Record> records{record_of("a", 3), record_of("b", 40), record_of("ü/c", 1)};
  records[0].texts = {"first text", "", "größer als 5 Å"};
  records[0].numbers = {{"gap", 1.25}, {"late", -3}};
  records[1].labels = {{"metals", "Zn Cu"}};
  records[2].numbers = {{"late", 7}, {"only here", 1e-300}};
  records[2].labels = {{"metals", "Fe"}, {"name", "Ångström"}};
  records[2].texts = {"one"};
  const Dataset dataset = Dataset::open(write(folder, records));
  ASSERT_EQ(dataset.size(), 3);
  for (int64_t i = 0; i < 3; ++i) expect_equal(dataset.read(i), records[static_cast<size_t>(i)]);
  EXPECT_EQ(dataset.n_atoms(1), 40);
  EXPECT_EQ(dataset.n_texts(0), 3);
  EXPECT_EQ(dataset.units().at("gap"), "eV");
  EXPECT_EQ(dataset.units().at("late"), "");
  EXPECT_TRUE(std::isnan(dataset.numbers("gap")[1]));
  EXPECT_EQ(dataset.labels("metals"), (std::vector<std::string>{"", "Zn Cu", "Fe"}));
  EXPECT_EQ(dataset.provenance().sources, (std::vector<std::string>{"x.tar", "y.csv"}));
  EXPECT_EQ(dataset.provenance().n_skipped, 4);
  EXPECT_FALSE(dataset.asymmetric_unit(0).has_value());
}

TEST(Dataset, CrossesChunkBorders) {
  const TemporaryFolder folder;
  std::vector<Record> records;
  for (int i = 0; i < 400; ++i) records.push_back(record_of("s" + std::to_string(i), 1 + (37 * i) % 211));
  const Dataset dataset = Dataset::open(write(folder, records));
  for (int64_t i = 0; i < dataset.size(); i += 3)
    expect_equal(dataset.read(i), records[static_cast<size_t>(i)]);
}

TEST(Dataset, ChoosesBySplitAndSize) {
  const TemporaryFolder folder;
  const Dataset dataset =
      Dataset::open(write(folder, {record_of("a", 2), record_of("b", 3), record_of("c", 8)}));
  EXPECT_EQ(dataset.indices("train", 100), (std::vector<int64_t>{0, 2}));
  EXPECT_EQ(dataset.indices("train", 7), (std::vector<int64_t>{0}));
  EXPECT_EQ(dataset.indices("val", 100), (std::vector<int64_t>{1}));
  EXPECT_TRUE(dataset.indices("test", 100).empty());
}

TEST(Dataset, IsReadByManyThreadsAtOnce) {
  const TemporaryFolder folder;
  std::vector<Record> records;
  for (int i = 0; i < 60; ++i) records.push_back(record_of("s" + std::to_string(i), 5 + i));
  const Dataset dataset = Dataset::open(write(folder, records));
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int64_t k = 0; k < 200; ++k) {
        const int64_t i = (k * 7 + t) % dataset.size();
        EXPECT_EQ(dataset.read(i).crystal.frac_coords, records[static_cast<size_t>(i)].crystal.frac_coords);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(Dataset, SaysWhatIsWrongWithOtherFiles) {
  const TemporaryFolder folder;
  EXPECT_TRUE(contains(error_of([&] { Dataset::open(folder / "none.h5"); }),
                       "none.h5: cannot be opened: No such file"));
  write_bytes(folder / "text.h5", "data_x\n");
  EXPECT_TRUE(contains(error_of([&] { Dataset::open(folder / "text.h5"); }),
                       "text.h5: no HDF5 file (7 bytes without an HDF5 signature); expected a dataset"));
  {
    Hdf5File foreign = Hdf5File::create(folder / "foreign.h5");
    foreign.close();
  }
  EXPECT_TRUE(contains(error_of([&] { Dataset::open(folder / "foreign.h5"); }),
                       "foreign.h5: HDF5 file without the attribute format = clamp-dataset"));
  {
    Hdf5File newer = Hdf5File::create(folder / "newer.h5");
    newer.set_attribute("/", "format", std::string("clamp-dataset"));
    newer.set_attribute("/", "format_version", int64_t{99});
    newer.close();
  }
  EXPECT_TRUE(contains(error_of([&] { Dataset::open(folder / "newer.h5"); }),
                       "newer.h5: format version 99, this program reads version 1"));
}

TEST(Dataset, NoticesTruncation) {
  const TemporaryFolder folder;
  const std::string bytes = read_bytes(write(folder, {record_of("a", 30), record_of("b", 31)}));
  for (const double share : {0.05, 0.3, 0.6, 0.9, 0.999}) {
    SCOPED_TRACE(share);
    write_bytes(folder / "cut.h5",
                bytes.substr(0, static_cast<size_t>(share * static_cast<double>(bytes.size()))));
    EXPECT_TRUE(contains(error_of([&] { Dataset::open(folder / "cut.h5"); }), "cut.h5")) << share;
  }
}

TEST(Dataset, RefusesIndicesAndNamesThatAreNotThere) {
  const TemporaryFolder folder;
  const Dataset dataset = Dataset::open(write(folder, {record_of("a", 2)}));
  EXPECT_TRUE(contains(error_of([&] { dataset.read(1); }), "structure 1 asked for, the file has 1"));
  EXPECT_TRUE(contains(error_of([&] { dataset.n_atoms(-1); }), "structure -1 asked for"));
  EXPECT_TRUE(contains(error_of([&] { dataset.numbers("gap"); }), "no property 'gap'"));
}

TEST(Dataset, RefusesDataKeptInOtherFiles) {
  const TemporaryFolder folder;
  const std::string path = write(folder, {record_of("a", 5)});
  std::filesystem::copy(path, folder / "linked.h5");
  const hid_t file = H5Fopen((folder / "linked.h5").c_str(), H5F_ACC_RDWR, H5P_DEFAULT);
  ASSERT_GE(file, 0);
  H5Ldelete(file, "/structures/cell", H5P_DEFAULT);
  H5Lcreate_external(path.c_str(), "/structures/cell", file, "/structures/cell", H5P_DEFAULT, H5P_DEFAULT);
  H5Fclose(file);
  EXPECT_TRUE(contains(error_of([&] { Dataset::open(folder / "linked.h5"); }),
                       "linked.h5: /structures/cell: is kept in another file"));
}

TEST(DatasetWriter, RefusesRecordsThatAreNoStructure) {
  const TemporaryFolder folder;
  DatasetWriter writer(folder / "w.h5");
  EXPECT_EQ(error_of([&] { writer.add(record_of("empty", 0)); }), "empty: no atoms");
  Record record = record_of("x", 2);
  record.crystal.atomic_numbers[1] = 104;
  EXPECT_EQ(error_of([&] { writer.add(record); }), "x: atomic number 104, expected 1 to 103");
  record = record_of("x", 2);
  record.crystal.frac_coords[0][2] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(error_of([&] { writer.add(record); }), "x: an atom's position is not finite");
  record = record_of("x", 2);
  record.crystal.cell.row(2) = record.crystal.cell.row(1);
  EXPECT_TRUE(contains(error_of([&] { writer.add(record); }), "x: cell of volume"));
  record = record_of("x", 2);
  record.numbers["a/b"] = 1;
  EXPECT_TRUE(contains(error_of([&] { writer.add(record); }), "column 'a/b'"));
}

}  // namespace
}  // namespace clamp::data
