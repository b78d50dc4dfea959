// Damaged CIFs: whatever happens to the bytes, the reader gives an entry, a reason or clamp::Error, and what
// it accepts is written and read back unchanged.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "core/atomic_file.h"
#include "core/cif.h"
#include "core/error.h"
#include "core/seed.h"

namespace clamp {
namespace {

std::vector<std::string> real_texts() {
  std::vector<std::string> paths;
  for (const char* folder : {"/cod", "/qmof"})
    for (const auto& entry : std::filesystem::directory_iterator(std::string(CLAMP_TEST_DATA) + folder))
      if (entry.path().extension() == ".cif") paths.push_back(entry.path().string());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> texts;
  for (const std::string& path : paths) texts.push_back(read_file(path));
  return texts;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t start = 0; start < text.size();) {
    const size_t end = std::min(text.find('\n', start), text.size() - 1);
    lines.push_back(text.substr(start, end - start + 1));
    start = end + 1;
  }
  return lines;
}

// One random edit: a byte, a cut, a line dropped, doubled or moved, or a word that readers trip over.
void mutate(std::string& text, Rng& rng) {
  if (text.empty()) return;
  const size_t at = rng.below(text.size());
  static const char* const kWords[] = {
      "?",   ".",     "loop_",     "data_",    "-x,y,z\n", "1e999",
      "nan", "\n;\n", "'",         "\"",       "_",        "99999999999999999999",
      "-0",  "0.5(",  "\r",        "\xFF\xC0", "save_",    "global_",
      "#",   "1/0",   "x+1/3,y,z", "\t",       "Zn2+",     " 1 1 1 "};
  switch (rng.below(7)) {
    case 0:
      text[at] = static_cast<char>(rng.below(256));
      return;
    case 1:
      text.erase(at, 1 + rng.below(40));
      return;
    case 2:
      text.resize(at);
      return;
    case 3:
      text.insert(at, kWords[rng.below(std::size(kWords))]);
      return;
    case 4:
      text[at] = "0123456789.-+ \n'_"[rng.below(17)];
      return;
    default:
      break;
  }
  std::vector<std::string> lines = lines_of(text);
  const size_t line = rng.below(lines.size());
  const size_t other = rng.below(lines.size());
  switch (rng.below(3)) {
    case 0:
      lines.erase(lines.begin() + static_cast<std::ptrdiff_t>(line));
      break;
    case 1:
      lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(line), lines[other]);
      break;
    default:
      std::swap(lines[line], lines[other]);
  }
  text.clear();
  for (const std::string& kept : lines) text += kept;
}

void expect_round_trip(const Crystal& crystal) {
  ASSERT_TRUE(std::isfinite(crystal.volume()));
  ASSERT_GT(crystal.volume(), 0);
  ASSERT_GT(crystal.n_atoms(), 0);
  const std::vector<CifEntry> again = read_cif_text(cif_text_p1(crystal), "again");
  ASSERT_EQ(again.size(), 1U);
  ASSERT_EQ(again[0].error, "");
  EXPECT_EQ(again[0].crystal.atomic_numbers, crystal.atomic_numbers);
  EXPECT_NEAR(again[0].crystal.volume(), crystal.volume(), 1e-5 * crystal.volume());
  for (size_t i = 0; i < crystal.frac_coords.size(); ++i)
    EXPECT_LT((again[0].crystal.frac_coords[i] - crystal.frac_coords[i]).norm(), 2e-8);
}

TEST(CifMutation, OnlyErrorsComeOutAndWhatIsAcceptedRoundTrips) {
  const std::vector<std::string> texts = real_texts();
  ASSERT_GE(texts.size(), 20U);
  int accepted = 0;
  int refused = 0;
  int broken = 0;
  for (uint64_t seed = 0; seed < 6000; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::string text = texts[rng.below(texts.size())];
    for (uint64_t edits = 1 + rng.below(8); edits > 0; --edits) mutate(text, rng);
    try {
      for (const CifEntry& entry : read_cif_text(text, "mutated")) {
        if (!entry.error.empty()) {
          EXPECT_EQ(entry.error.find('\n'), std::string::npos) << entry.error;
          ++refused;
          continue;
        }
        ++accepted;
        expect_round_trip(entry.crystal);
      }
    } catch (const Error&) {
      ++broken;
    }
    if (HasFatalFailure()) return;
  }
  // The edits reach all three ends, so that the test tests something.
  EXPECT_GT(accepted, 300);
  EXPECT_GT(refused, 300);
  EXPECT_GT(broken, 300);
}

}  // namespace
}  // namespace clamp
