#include "train/graph_cache.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "support/random_crystal.h"

namespace clamp::train {
namespace {

std::vector<encoders::CrystalGraph> graphs(bool descriptors) {
  std::vector<encoders::CrystalGraph> result;
  encoders::NeighborConfig config;
  config.descriptors = descriptors;
  for (const uint64_t seed : {1, 2, 3}) {
    result.push_back(
        encoders::make_crystal_graph(tests::random_crystal(seed, 4 + static_cast<int64_t>(seed)), config));
  }
  return result;
}

TEST(GraphCache, GivesBackWhatWasSaved) {
  for (const bool descriptors : {false, true}) {
    SCOPED_TRACE(descriptors);
    const tests::TemporaryFolder folder;
    const auto saved = graphs(descriptors);
    save_graphs(folder.file("graphs"), saved, "key");
    const auto found = load_graphs(folder.file("graphs"), "key");
    ASSERT_EQ(found.size(), saved.size());
    for (size_t i = 0; i < saved.size(); ++i) {
      EXPECT_TRUE(torch::equal(found[i].numbers, saved[i].numbers));
      EXPECT_TRUE(torch::equal(found[i].neighbors, saved[i].neighbors));
      EXPECT_TRUE(torch::equal(found[i].distances, saved[i].distances));
      EXPECT_EQ(found[i].volume, saved[i].volume);
      ASSERT_EQ(found[i].descriptors.defined(), descriptors);
      if (descriptors) {
        EXPECT_TRUE(torch::equal(found[i].descriptors, saved[i].descriptors));
      }
    }
  }
}

TEST(GraphCache, AnotherKeyIsRefused) {
  const tests::TemporaryFolder folder;
  const auto path = folder.file("graphs");
  save_graphs(path, graphs(false), "3 records a");
  try {
    load_graphs(path, "4 records b");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(
        std::string(error.what()),
        path + ": holds the graphs of '3 records a', expected '4 records b'; remove it to make it anew");
  }
}

}  // namespace
}  // namespace clamp::train
