#include "encoders/bpe_tokenizer.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"

namespace clamp::encoders {
namespace {

using Ids = std::vector<int64_t>;

/// Letters a-z and digits alone and at a word's end, then what the merges make.
struct Files {
  std::string vocab, merges;
};
Files files(const std::vector<std::string>& merges) {
  nlohmann::json vocab = nlohmann::json::object();
  std::vector<std::string> singles;
  for (char c = 'a'; c <= 'z'; ++c) singles.emplace_back(1, c);
  for (char c = '0'; c <= '9'; ++c) singles.emplace_back(1, c);
  for (const char* const other : {"'", "-", "Ã", "ħ"}) singles.emplace_back(other);
  for (const auto& single : singles) {
    const size_t id = vocab.size();
    vocab[single] = id;
    vocab[single + "</w>"] = id + 1;
  }
  std::string text = "#version: 0.2\n";
  for (const auto& merge : merges) {
    const size_t blank = merge.find(' ');
    const size_t id = vocab.size();
    vocab[merge.substr(0, blank) + merge.substr(blank + 1)] = id;
    text += merge + "\n";
  }
  return {vocab.dump(), text};
}

std::unique_ptr<Tokenizer> tokenizer_of(const std::vector<std::string>& merges) {
  const auto f = files(merges);
  return make_bpe_tokenizer(bpe_tokenizer_json(f.vocab, f.merges, "files"), "files");
}

int64_t id_of(char c, bool last) {
  const int64_t place = c >= 'a' ? c - 'a' : 26 + c - '0';
  return 2 * place + (last ? 1 : 0);
}

TEST(BpeTokenizer, MergesInTheOrderOfTheList) {
  const auto tokenizer = tokenizer_of({"i n", "z in", "in c</w>", "c</w> x"});
  // "zinc": "in" first (rank 0), then "z in" (1) rather than "in c</w>" (2).
  EXPECT_EQ(tokenizer->encode("zinc"), (Ids{81, id_of('c', true)}));
  // Without a z before it, "in c</w>" applies.
  EXPECT_EQ(tokenizer->encode("inc"), (Ids{82}));
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("zinc inc")), "zinc inc");
}

TEST(BpeTokenizer, WordsAreLowerCaseLettersSingleDigitsContractionsAndOthers) {
  const auto tokenizer = tokenizer_of({});
  EXPECT_EQ(tokenizer->encode(" A\tB12"),
            (Ids{id_of('a', true), id_of('b', true), id_of('1', true), id_of('2', true)}));
  const int64_t quote = 2 * 36;
  EXPECT_EQ(tokenizer->encode("it's"), (Ids{id_of('i', false), id_of('t', true), quote, id_of('s', true)}));
  EXPECT_EQ(tokenizer->encode("a-b"), (Ids{id_of('a', true), 2 * 37 + 1, id_of('b', true)}));
}

// "å" is the bytes C3 A5: A5 prints as ¥ , C3 as Ã; å as a + combining ring is the same after NFC. Here the
// second byte has no piece, which is an error that names it; "\u00C7" lowers to C3 A7.
TEST(BpeTokenizer, BytesWithoutAPieceAreNamed) {
  const auto tokenizer = tokenizer_of({});
  try {
    tokenizer->encode("\u00E5");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()), "text '\u00E5': no piece for '\u00A5</w>'");
  }
  EXPECT_THROW(tokenizer->encode("a\u030A"), Error);
}

TEST(BpeTokenizer, MalformedFilesAreNamed) {
  const auto error_of = [](const std::string& json) -> std::string {
    try {
      make_bpe_tokenizer(json, "files");
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of("{}"), "files: expected a JSON object with 'vocab' and 'merges'");
  EXPECT_EQ(error_of(R"({"vocab": {"a": 4}, "merges": []})"),
            "files: the id of piece 'a' is no number from 0 to 0");
  EXPECT_EQ(error_of(R"({"vocab": {"a": 0}, "merges": ["a"]})"),
            "files: merge 0 is 'a', expected two pieces");
  EXPECT_EQ(error_of(R"({"vocab": {"a": 0}, "merges": ["a a"]})"),
            "files: merge 0 makes 'aa', which is not in the vocabulary");
}

}  // namespace
}  // namespace clamp::encoders
