// Seeded damage to a small dataset file: the reader must refuse it with clamp::Error or read what can be
// read, never crash, and never allocate what a damaged number asks for.

#include <gtest/gtest.h>

#include "core/asymmetric_unit.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "tests/dataset/test_files.h"

namespace clamp::data {
namespace {

/// Reads all that a dataset gives; returns the number of atoms seen.
int64_t read_everything(const std::string& path) {
  const Dataset dataset = Dataset::open(path);
  int64_t n_atoms = 0;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    n_atoms += dataset.read(i).crystal.n_atoms();
    if (const auto unit = dataset.asymmetric_unit(i)) n_atoms += expand(*unit).n_atoms();
  }
  dataset.provenance();
  return n_atoms;
}

std::string damaged(std::string bytes, Rng& rng) {
  const auto place = [&] { return static_cast<size_t>(rng.below(bytes.size())); };
  switch (rng.below(5)) {
    case 0:  // one bit
      bytes[place()] ^= static_cast<char>(1 << rng.below(8));
      break;
    case 1:  // a few bytes
      for (uint64_t k = 0; k < 1 + rng.below(16); ++k) bytes[place()] = static_cast<char>(rng.below(256));
      break;
    case 2:  // cut
      bytes.resize(place());
      break;
    case 3: {  // a stretch of one value
      const size_t at = place(), n = std::min<size_t>(bytes.size() - at, 1 + rng.below(64));
      bytes.replace(at, n, n, rng.below(2) == 0 ? '\0' : '\xFF');
      break;
    }
    default: {  // a stretch copied elsewhere
      const size_t from = place(), n = std::min<size_t>(bytes.size() - from, 1 + rng.below(256));
      const std::string part = bytes.substr(from, n);
      bytes.replace(std::min(place(), bytes.size() - n), n, part);
    }
  }
  return bytes;
}

TEST(DatasetMutation, DamagedFilesAreRefusedOrReadButNeverCrash) {
  const TemporaryFolder folder;
  const std::string bytes = read_bytes(small_dataset(folder));
  const std::string path = folder / "damaged.h5";
  const int64_t expected = read_everything(folder / "small.h5");
  int refused = 0, same = 0;
  for (uint64_t seed = 0; seed < 400; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(derive_seed(20, seed));
    write_bytes(path, damaged(bytes, rng));
    try {
      same += read_everything(path) == expected ? 1 : 0;
    } catch (const Error& error) {
      ++refused;
      EXPECT_TRUE(contains(error.what(), "damaged.h5")) << error.what();
    }
  }
  // What is neither refused nor whole has been misread: checksums leave none. Damage to unused bytes changes
  // nothing.
  EXPECT_EQ(refused + same, 400);
  EXPECT_GT(refused, 200);
}

// The names of a group's members lie in a heap whose damage made H5Literate, asked for an order, free memory
// that it had not filled (HDF5 1.10.8).
TEST(DatasetMutation, DamagedNamesOfMembersAreRefused) {
  const TemporaryFolder folder;
  const std::string bytes = read_bytes(small_dataset(folder));
  const size_t names = bytes.find("solvent_names");
  ASSERT_NE(names, std::string::npos);
  ASSERT_EQ(bytes.find("solvent_names", names + 1), std::string::npos);
  const std::string path = folder / "damaged.h5";
  for (size_t at = names - 240; at < names + 40; ++at) {
    SCOPED_TRACE(at - names);
    std::string damaged = bytes;
    damaged[at] ^= '\x5A';
    write_bytes(path, damaged);
    EXPECT_TRUE(contains(error_of([&] { read_everything(path); }), "damaged.h5"));
  }
}

}  // namespace
}  // namespace clamp::data
