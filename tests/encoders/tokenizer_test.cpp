#include "encoders/tokenizer.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/seed.h"
#include "encoders/encoder_file.h"
#include "support/random_crystal.h"
#include "support/tiny_clamp.h"

namespace clamp::encoders {
namespace {

using tests::TemporaryFolder;

class TokenizerTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    tests::write_tiny_tokenizer(folder_->path());
  }
  static void TearDownTestSuite() { delete folder_; }
  static std::string model() { return tokenizer_file(folder_->path()); }
  static TemporaryFolder* folder_;
};
TemporaryFolder* TokenizerTest::folder_ = nullptr;

TEST_F(TokenizerTest, DecodesWhatItEncodes) {
  const auto tokenizer = load_sentencepiece(model());
  EXPECT_GT(tokenizer->vocabulary_size(), 300);
  for (const std::string text :
       {"zinc framework with large pores", "Zn4O(BDC)3", "density 1.35 g/cm3", "x"}) {
    const auto ids = tokenizer->encode(text);
    EXPECT_EQ(tokenizer->decode(ids), text);
    for (const int64_t id : ids) {
      EXPECT_GT(id, 0);  // 0 pads
      EXPECT_LT(id, tokenizer->vocabulary_size());
    }
  }
}

TEST_F(TokenizerTest, UnknownCharactersAreWrittenAsBytes) {
  const auto tokenizer = load_sentencepiece(model());
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("Ångström 沸石")), "Ångström 沸石");
}

TEST_F(TokenizerTest, EmptyAndBrokenTextDoNotFail) {
  const auto tokenizer = load_sentencepiece(model());
  EXPECT_TRUE(tokenizer->encode("").empty());
  EXPECT_NO_THROW(tokenizer->encode("\xff\xfe\x80 zinc"));
  EXPECT_NO_THROW(tokenizer->encode(std::string("a\0b", 3)));
  EXPECT_GT(tokenizer->encode(std::string(100000, 'q')).size(), 100u);
}

TEST_F(TokenizerTest, ThreadsShareOneModel) {
  const auto tokenizer = load_sentencepiece(model());
  const auto expected = tokenizer->encode("copper MOF built from oxalate");
  std::vector<std::thread> threads;
  std::vector<int> wrong(4, 0);
  for (size_t t = 0; t < wrong.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 200; ++i)
        wrong[t] += tokenizer->encode("copper MOF built from oxalate") != expected;
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST_F(TokenizerTest, TrainingIsReproducible) {
  const TemporaryFolder other;
  tests::write_tiny_tokenizer(other.path());
  EXPECT_EQ(read_file(tokenizer_file(other.path())), read_file(model()));
  EXPECT_EQ(load_sentencepiece(tokenizer_file(other.path()))->fingerprint(),
            load_sentencepiece(model())->fingerprint());
}

template <typename Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(TokenizerTest, MissingModuleIsNamedWithItsRemedy) {
  const auto message = error_of([] { load_sentencepiece(model(), "/nowhere/libclamp_sentencepiece.so"); });
  EXPECT_EQ(message.rfind("tokenizer module /nowhere/libclamp_sentencepiece.so cannot be loaded: ", 0), 0u)
      << message;
  EXPECT_NE(message.find("expected in lib/ beside bin/"), std::string::npos) << message;
}

TEST_F(TokenizerTest, ForeignLibraryIsNoModule) {
  const auto message = error_of([] { load_sentencepiece(model(), "libz.so.1"); });
  EXPECT_EQ(message, "libz.so.1: is no tokenizer module: symbol clamp_sentencepiece is missing");
}

TEST_F(TokenizerTest, CorruptModelsAreErrorsThatNameTheFile) {
  const std::string bytes = read_file(model());
  const auto path = folder_->file("damaged.model");
  for (uint64_t seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::string damaged = seed == 0 ? "" : bytes.substr(0, rng.below(bytes.size()));
    for (char& c : damaged) {
      if (rng.uniform() < 0.01) c = static_cast<char>(rng.below(256));
    }
    std::ofstream(path, std::ios::binary | std::ios::trunc) << damaged;
    const auto message = error_of([&] { load_sentencepiece(path)->encode("zinc"); });
    if (message != "no error") {
      EXPECT_EQ(message.rfind(path + ": is no sentencepiece model (", 0), 0u) << message;
    }
  }
  std::ofstream(path, std::ios::binary | std::ios::trunc) << "this is no model";
  EXPECT_EQ(
      error_of([&] { load_sentencepiece(path); }).rfind(path + ": is no sentencepiece model (16 bytes): ", 0),
      0u);
}

TEST_F(TokenizerTest, LittleTextGivesFewerPieces) {
  SentencePieceTraining training;
  training.vocabulary_size = 5000;
  int given = 0;
  const auto bytes = train_sentencepiece(training, [&](std::string& sentence) {
    sentence = "zinc framework " + std::to_string(given * 7919);
    return given++ < 100;
  });
  write_file_atomically(folder_->file("small.model"), bytes);
  const auto tokenizer = load_sentencepiece(folder_->file("small.model"));
  EXPECT_LT(tokenizer->vocabulary_size(), 400);
  EXPECT_EQ(tokenizer->decode(tokenizer->encode("zinc 791")), "zinc 791");
}

TEST_F(TokenizerTest, NoTextIsAnError) {
  const auto message = error_of([] { train_sentencepiece({}, [](std::string&) { return false; }); });
  EXPECT_EQ(message.rfind("tokenizer of 8000 pieces cannot be trained: ", 0), 0u) << message;
}

TEST_F(TokenizerTest, ErrorsOfTheSourcePassThroughTraining) {
  const auto message = error_of(
      [] { train_sentencepiece({}, [](std::string&) -> bool { fail("corpus.txt: cannot be read"); }); });
  EXPECT_EQ(message, "corpus.txt: cannot be read");
}

TEST_F(TokenizerTest, IdsOutsideTheVocabularyAreErrors) {
  const auto tokenizer = load_sentencepiece(model());
  const auto size = tokenizer->vocabulary_size();
  EXPECT_EQ(error_of([&] { tokenizer->decode({size}); }),
            "token id " + std::to_string(size) + " is outside the vocabulary of " + std::to_string(size));
}

}  // namespace
}  // namespace clamp::encoders
