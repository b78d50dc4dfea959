#include "train/metrics_file.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "support/random_crystal.h"

namespace clamp::train {
namespace {

TEST(MetricsFile, WritesOneObjectALine) {
  const tests::TemporaryFolder folder;
  MetricsFile metrics(folder.file("m.jsonl"), 0);
  metrics.write(10, {{"loss", 0.5}});
  metrics.write(20, {{"val_loss", 0.25}});
  EXPECT_EQ(read_file(folder.file("m.jsonl")),
            "{\"loss\":0.5,\"step\":10}\n{\"step\":20,\"val_loss\":0.25}\n");
}

// A resumed run repeats the steps after its saved state, and a kill may leave half a line.
TEST(MetricsFile, ResumeDropsWhatWillBeWrittenAgain) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder.file("m.jsonl"))
      << "{\"step\":10,\"loss\":1}\n{\"step\":20,\"loss\":2}\n{\"step\":30,\"lo";
  MetricsFile metrics(folder.file("m.jsonl"), 10);
  metrics.write(20, {{"loss", 3}});
  EXPECT_EQ(read_file(folder.file("m.jsonl")), "{\"step\":10,\"loss\":1}\n{\"loss\":3,\"step\":20}\n");
}

TEST(MetricsFile, UnwritablePathIsAnError) { EXPECT_THROW(MetricsFile("/nowhere/m.jsonl", 0), Error); }

}  // namespace
}  // namespace clamp::train
