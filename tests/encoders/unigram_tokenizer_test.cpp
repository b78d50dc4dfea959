#include "encoders/unigram_tokenizer.h"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "core/seed.h"

namespace clamp::encoders {
namespace {

using Json = nlohmann::json;

/// Six reserved pieces, then those given.
std::string vocabulary(const std::vector<std::pair<std::string, double>>& pieces) {
  Json list = Json::array();
  for (const char* const reserved : {"\uFFFD", "<s>", "</s>", "extra_1", "extra_2", "extra_3"}) {
    list.push_back({reserved, 0});
  }
  for (const auto& [text, score] : pieces) list.push_back({text, score});
  return Json{{"type", "unigram"}, {"pieces", list}}.dump();
}

std::string error_of(const std::string& json) {
  try {
    make_unigram_tokenizer(json, "vocab");
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

using Ids = std::vector<int64_t>;

TEST(UnigramTokenizer, TakesTheCutWithTheHighestSum) {
  const auto tokenizer = make_unigram_tokenizer(vocabulary({{"▁zinc", -5},
                                                            {"▁", -2},
                                                            {"z", -3},
                                                            {"inc", -1.5},
                                                            {"▁z", -4},
                                                            {"s", -3},
                                                            {"i", -3},
                                                            {"n", -3},
                                                            {"c", -3}}),
                                                "v");
  EXPECT_EQ(tokenizer->encode("zinc"), (Ids{6}));  // -5 against -4 - 1.5 and -2 - 3 - 1.5
  EXPECT_EQ(tokenizer->encode("zincs zinc"), (Ids{6, 11, 6}));
  EXPECT_EQ(tokenizer->encode("zs"), (Ids{10, 11}));
  EXPECT_EQ(tokenizer->decode({6, 11, 6}), "zincs zinc");
  EXPECT_EQ(tokenizer->vocabulary_size(), 15);
  EXPECT_TRUE(tokenizer->encode("").empty());
}

// Reserved pieces stand for no text, even where a text holds theirs.
TEST(UnigramTokenizer, NeighbouringUnknownsAreOneAndReservedPiecesAreUnknown) {
  const auto tokenizer = make_unigram_tokenizer(vocabulary({{"▁", -2}, {"a", -1}}), "v");
  EXPECT_EQ(tokenizer->encode("qqaqq"), (Ids{6, 0, 7, 0}));
  EXPECT_EQ(tokenizer->encode("<s>"), (Ids{6, 0}));
}

// Compatibility forms: the ligature fi, superscript two, the Angstrom sign as a letter.
TEST(UnigramTokenizer, NormalisesToNfkc) {
  const auto tokenizer =
      make_unigram_tokenizer(vocabulary({{"▁", -2}, {"f", -1}, {"i", -1}, {"2", -1}, {"\u00C5", -1}}), "v");
  EXPECT_EQ(tokenizer->encode("\uFB01"), tokenizer->encode("fi"));
  EXPECT_EQ(tokenizer->encode("\u00B2"), tokenizer->encode("2"));
  EXPECT_EQ(tokenizer->encode("\u212B"), (Ids{6, 10}));
}

/// Highest sum over all cuts of `text` from `begin` (every character is a piece).
double best_sum(const std::string& text, size_t begin, const std::map<std::string, double>& scores) {
  if (begin == text.size()) return 0;
  double best = -1e9;
  for (size_t length = 1; begin + length <= text.size(); ++length) {
    const auto piece = scores.find(text.substr(begin, length));
    if (piece != scores.end()) best = std::max(best, piece->second + best_sum(text, begin + length, scores));
  }
  return best;
}

TEST(UnigramTokenizer, FindsTheOptimumOfAllCuts) {
  for (const uint64_t seed : {1, 2, 3, 4, 5}) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    std::map<std::string, double> scores = {{"a", -4}, {"b", -5}, {"c", -6}};
    for (int i = 0; i < 12; ++i) {
      std::string piece;
      for (uint64_t k = 0; k < 2 + rng.below(3); ++k) piece += static_cast<char>('a' + rng.below(3));
      scores.emplace(piece, -6 - 6 * rng.uniform());
    }
    std::vector<std::pair<std::string, double>> pieces(scores.begin(), scores.end());
    pieces.emplace_back("▁", -2);
    const auto tokenizer = make_unigram_tokenizer(vocabulary(pieces), "v");
    for (int k = 0; k < 20; ++k) {
      std::string text;
      for (int i = 0; i < 10; ++i) text += static_cast<char>('a' + rng.below(3));
      double sum = 0;
      const auto ids = tokenizer->encode(text);
      for (const int64_t id : ids) sum += pieces[static_cast<size_t>(id - kReservedPieces)].second;
      EXPECT_NEAR(sum, best_sum(text, 0, scores) - 2, 1e-9) << text;
      EXPECT_EQ(tokenizer->decode(ids), text);
    }
  }
}

TEST(UnigramTokenizer, MalformedVocabulariesAreNamed) {
  EXPECT_EQ(error_of("[]"), "vocab: expected a JSON object with a list 'pieces'");
  EXPECT_EQ(error_of(R"({"pieces": [["a", "b"]]})"),
            "vocab: piece 0 is [\"a\",\"b\"], expected [text, score]");
  EXPECT_EQ(error_of(R"({"pieces": [["a", 1]]})"), "vocab: 1 pieces, expected more than the 6 reserved ones");
  const auto tokenizer = make_unigram_tokenizer(vocabulary({{"a", -1}}), "v");
  EXPECT_THROW(tokenizer->decode({7}), Error);
}

}  // namespace
}  // namespace clamp::encoders
