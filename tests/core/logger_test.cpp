#include "core/logger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace clamp {
namespace {

std::string output_of(LogLevel level) {
  ::testing::internal::CaptureStderr();
  Logger logger(level);
  logger.info("read 3 files");
  logger.verbose("detail");
  logger.warn("one skipped");
  return ::testing::internal::GetCapturedStderr();
}

TEST(Logger, ShowsWhatTheLevelAsksFor) {
  EXPECT_EQ(output_of(LogLevel::kQuiet), "warning: one skipped\n");
  EXPECT_EQ(output_of(LogLevel::kInfo), "read 3 files\nwarning: one skipped\n");
  EXPECT_EQ(output_of(LogLevel::kVerbose), "read 3 files\ndetail\nwarning: one skipped\n");
}

// Off a terminal a short job writes its end and nothing else.
TEST(Progress, WritesOnePlainLineAtTheEnd) {
  ::testing::internal::CaptureStderr();
  Logger logger;
  Progress progress(logger, "import", 40, "structures");
  for (int64_t i = 1; i <= 40; ++i) progress.update(i);
  progress.finish();
  progress.finish();
  const std::string output = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(output.rfind("import: 40/40 structures", 0), 0U) << output;
  EXPECT_EQ(std::count(output.begin(), output.end(), '\n'), 1);
  EXPECT_EQ(output.find('\033'), std::string::npos);
}

TEST(Progress, IsSilentWhenQuietAndWhenLeftByAnError) {
  ::testing::internal::CaptureStderr();
  Logger quiet(LogLevel::kQuiet);
  Progress(quiet, "import", 1, "structures").finish();
  try {
    Logger logger;
    Progress progress(logger, "import", 1, "structures");
    throw std::runtime_error("left");
  } catch (const std::runtime_error&) {
  }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

}  // namespace
}  // namespace clamp
