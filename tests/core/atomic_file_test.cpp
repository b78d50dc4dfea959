#include "core/atomic_file.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <thread>
#include <vector>

#include "core/error.h"

namespace clamp {
namespace {

namespace fs = std::filesystem;

std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// A folder of its own for each test, gone at its end.
class AtomicFile : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() /
              ("clamp_" + std::string(::testing::UnitTest::GetInstance()->current_test_info()->name()) + "_" +
               std::to_string(::getpid()));
    fs::create_directories(folder_);
  }
  void TearDown() override { fs::remove_all(folder_); }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }
  size_t n_files() const { return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), {})); }

  fs::path folder_;
};

TEST_F(AtomicFile, WritesWhatIsReadBack) {
  std::string bytes;
  for (int i = 0; i < 100000; ++i) bytes += static_cast<char>(i * i % 256);
  for (const std::string& content : {std::string(), std::string("a"), std::string("\0\r\n", 3), bytes}) {
    write_file_atomically(path("f"), content);
    EXPECT_EQ(read_file(path("f")), content);
  }
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(AtomicFile, FailureOfTheWriterLeavesTheOldFileAndNothingElse) {
  write_file_atomically(path("f"), "old");
  const auto writer = [](const std::string& temporary) {
    std::ofstream(temporary) << "half of the new";
    fail("the writer fails");
  };
  EXPECT_EQ(error_of([&] { write_file_atomically(path("f"), writer); }), "the writer fails");
  EXPECT_EQ(read_file(path("f")), "old");
  EXPECT_EQ(n_files(), 1U);
}

// A file size limit makes write() fail halfway through, as a full disk does (EFBIG instead of ENOSPC).
TEST_F(AtomicFile, FullDiskLeavesTheOldFileAndNothingElse) {
  write_file_atomically(path("f"), "old");
  rlimit old_limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &old_limit), 0);
  const auto old_handler = std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{4096, old_limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  const std::string message = error_of([&] { write_file_atomically(path("f"), std::string(100000, 'x')); });
  ::setrlimit(RLIMIT_FSIZE, &old_limit);
  std::signal(SIGXFSZ, old_handler);
  EXPECT_EQ(message, path("f") + ": cannot write: File too large");
  EXPECT_EQ(read_file(path("f")), "old");
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(AtomicFile, FullDeviceBehindTheWriterIsAnError) {
  const auto writer = [](const std::string&) { write_file_atomically("/dev/full", "x"); };
  EXPECT_EQ(error_of([&] { write_file_atomically(path("f"), writer); }),
            "/dev/full: cannot write: not a regular file");
  EXPECT_EQ(n_files(), 0U);
}

TEST_F(AtomicFile, KeepsThePermissionsOfTheFileItReplaces) {
  write_file_atomically(path("f"), "old");
  ASSERT_EQ(::chmod(path("f").c_str(), 0640), 0);
  write_file_atomically(path("f"), "new");
  struct stat info {};
  ASSERT_EQ(::stat(path("f").c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0640U);
}

TEST_F(AtomicFile, WritesThroughLinks) {
  write_file_atomically(path("target"), "old");
  fs::create_symlink(path("target"), path("link"));
  write_file_atomically(path("link"), "new");
  EXPECT_TRUE(fs::is_symlink(path("link")));
  EXPECT_EQ(read_file(path("target")), "new");
}

TEST_F(AtomicFile, ConcurrentWritersLeaveOneWholeFile) {
  std::vector<std::thread> threads;
  for (char c = 'a'; c < 'i'; ++c)
    threads.emplace_back([&, c] {
      for (int i = 0; i < 20; ++i) write_file_atomically(path("f"), std::string(50000, c));
    });
  for (std::thread& thread : threads) thread.join();
  const std::string content = read_file(path("f"));
  EXPECT_EQ(content, std::string(50000, content.at(0)));
  EXPECT_EQ(n_files(), 1U);
}

TEST_F(AtomicFile, ErrorsNameThePathAndTheCause) {
  EXPECT_EQ(error_of([&] { write_file_atomically(path("no/such/f"), "x"); }),
            path("no/such/f") + ": cannot write: No such file or directory");
  EXPECT_EQ(error_of([&] { write_file_atomically(folder_.string(), "x"); }),
            folder_.string() + ": cannot write: not a regular file");
  EXPECT_EQ(error_of([&] { read_file(path("absent")); }),
            path("absent") + ": cannot read: No such file or directory");
  EXPECT_EQ(error_of([&] { read_file(folder_.string()); }),
            folder_.string() + ": cannot read: Is a directory");
  EXPECT_EQ(error_of([&] { write_file_atomically("", "x"); }), "cannot write a file: its path is empty");
}

TEST_F(AtomicFile, LongNamesAreWritten) {
  const std::string name(255, 'n');
  write_file_atomically(path(name), "x");
  EXPECT_EQ(read_file(path(name)), "x");
}

TEST_F(AtomicFile, ExistingOutputIsAnErrorWithoutForce) {
  write_file_atomically(path("f"), "x");
  EXPECT_NO_THROW(require_absent(path("f"), true));
  EXPECT_NO_THROW(require_absent(path("g"), false));
  EXPECT_THROW(require_absent(path("f"), false), UsageError);
  EXPECT_EQ(error_of([&] { require_absent(path("f"), false); }),
            path("f") + " exists; pass --force to replace it");
}

}  // namespace
}  // namespace clamp
