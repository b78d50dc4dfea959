#include "train/text_lines.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <vector>

#include "core/error.h"
#include "support/random_crystal.h"

namespace clamp::train {
namespace {

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> found;
  std::string line;
  for (TextLines lines(path); lines.next(line);) found.push_back(line);
  return found;
}

TEST(TextLines, ReadsPlainText) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder.file("t")) << "one\ntwo\r\n\nfour";
  EXPECT_EQ(lines_of(folder.file("t")), (std::vector<std::string>{"one", "two", "", "four"}));
}

TEST(TextLines, EmptyFileHasNoLines) {
  const tests::TemporaryFolder folder;
  std::ofstream(folder.file("t")) << "";
  EXPECT_TRUE(lines_of(folder.file("t")).empty());
}

TEST(TextLines, ReadsCompressedTextOfManyBlocks) {
  const tests::TemporaryFolder folder;
  std::vector<std::string> expected;
  std::ofstream out(folder.file("t"));
  for (int i = 0; i < 30000; ++i) {
    expected.push_back("line " + std::to_string(i) + std::string(static_cast<size_t>(i % 40), 'x'));
    out << expected.back() << '\n';
  }
  out.close();
  EXPECT_EQ(lines_of(folder.file("t")), expected);
  if (std::system(("xz -k " + folder.file("t")).c_str()) != 0) GTEST_SKIP() << "no xz program";
  EXPECT_EQ(lines_of(folder.file("t.xz")), expected);
}

TEST(TextLines, MissingFileIsNamed) {
  try {
    TextLines lines("/nowhere/t.txt");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "/nowhere/t.txt: is no readable file");
  }
}

TEST(TextLines, TruncatedCompressionIsAnError) {
  const tests::TemporaryFolder folder;
  std::ofstream out(folder.file("t"));
  for (int i = 0; i < 30000; ++i) out << i * 7919 % 65537 << '\n';
  out.close();
  if (std::system(("xz " + folder.file("t") + " && truncate -s -5000 " + folder.file("t.xz")).c_str()) != 0) {
    GTEST_SKIP() << "no xz program";
  }
  EXPECT_THROW(lines_of(folder.file("t.xz")), Error);
}

}  // namespace
}  // namespace clamp::train
