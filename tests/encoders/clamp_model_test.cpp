#include "encoders/clamp_model.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "encoders/encoder_file.h"
#include "encoders/zero_shot.h"
#include "nn/checkpoint.h"
#include "support/random_crystal.h"
#include "support/tiny_clamp.h"

namespace clamp::encoders {
namespace {

using tests::random_crystal;
using tests::rock_salt;
using tests::TemporaryFolder;

class ClampModelTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    tests::write_tiny_clamp(folder_->path(), 3);
  }
  static void TearDownTestSuite() { delete folder_; }
  static TemporaryFolder* folder_;
};
TemporaryFolder* ClampModelTest::folder_ = nullptr;

template <typename Work>
std::string error_of(Work work) {
  try {
    work();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Tolerance: float rounding in sums whose order depends on the batch.
constexpr double kRounding = 1e-5;

TEST_F(ClampModelTest, EmbeddingsAreUnitRowsOfTheSharedSpace) {
  const auto model = ClampModel::load(folder_->path(), torch::kCPU);
  EXPECT_EQ(model.dim(), 16);
  const auto texts = model.encode_texts({"zinc framework", "copper"});
  const auto crystals = model.encode_crystals({rock_salt(), random_crystal(1, 30), random_crystal(2, 4)});
  ASSERT_EQ(texts.sizes(), (torch::IntArrayRef{2, 16}));
  ASSERT_EQ(crystals.sizes(), (torch::IntArrayRef{3, 16}));
  EXPECT_TRUE(torch::allclose(texts.norm(2, {1}), torch::ones({2}), 1e-5, 1e-5));
  EXPECT_TRUE(torch::allclose(crystals.norm(2, {1}), torch::ones({3}), 1e-5, 1e-5));
}

TEST_F(ClampModelTest, RowsDoNotDependOnTheBatch) {
  const auto model = ClampModel::load(folder_->path(), torch::kCPU);
  std::vector<Crystal> crystals;
  std::vector<std::string> texts;
  for (uint64_t seed = 0; seed < 70; ++seed) {  // more than are computed at once
    crystals.push_back(random_crystal(seed, 1 + static_cast<int64_t>(seed % 9)));
    texts.push_back("zinc framework " + std::string(seed % 13, 'x'));
  }
  const auto all_crystals = model.encode_crystals(crystals), all_texts = model.encode_texts(texts);
  for (const int64_t i : {0, 1, 33, 63, 64, 69}) {
    SCOPED_TRACE(i);
    const auto at = static_cast<size_t>(i);
    EXPECT_TRUE(torch::allclose(model.encode_crystals({crystals[at]})[0], all_crystals[i], 1e-4, kRounding));
    EXPECT_TRUE(torch::allclose(model.encode_texts({texts[at]})[0], all_texts[i], 1e-4, kRounding));
  }
}

TEST_F(ClampModelTest, TokenStatesArePaddedAndDoNotDependOnOtherTexts) {
  const auto model = ClampModel::load(folder_->path(), torch::kCPU);
  const auto both = model.encode_text_states({"zinc", "zinc framework with copper"});
  const int64_t longest = both.mask.size(1);
  ASSERT_EQ(both.states.sizes(), (torch::IntArrayRef{2, longest, model.text_width()}));
  const int64_t own = both.mask[0].sum().item<int64_t>();
  ASSERT_LT(own, longest);
  EXPECT_TRUE(both.mask[1].all().item<bool>());
  EXPECT_EQ(both.states[0].narrow(0, own, longest - own).abs().max().item<float>(), 0.0f);
  const auto embeddings = model.encode_texts({"zinc", "zinc framework with copper"});
  EXPECT_LT((both.embeddings - embeddings).abs().max().item<float>(), 1e-6);
  const auto alone = model.encode_text_states({"zinc"});
  ASSERT_EQ(alone.mask.size(1), own);
  EXPECT_TRUE(torch::allclose(alone.states[0], both.states[0].narrow(0, 0, own), 1e-4, kRounding));
  EXPECT_EQ(error_of([&] { model.encode_text_states({"zinc", " "}); }), "prompt is empty");
  EXPECT_EQ(model.encode_text_states({}).states.size(0), 0);
}

TEST_F(ClampModelTest, NothingGivesNoRows) {
  const auto model = ClampModel::load(folder_->path(), torch::kCPU);
  EXPECT_EQ(model.encode_texts({}).sizes(), (torch::IntArrayRef{0, 16}));
  EXPECT_EQ(model.encode_crystals({}).sizes(), (torch::IntArrayRef{0, 16}));
}

TEST_F(ClampModelTest, EmptyAndOverlongPromptsAreUsageErrors) {
  const auto model = ClampModel::load(folder_->path(), torch::kCPU);
  EXPECT_THROW(model.encode_texts({""}), UsageError);
  EXPECT_EQ(error_of([&] { model.encode_texts({" \n"}); }), "prompt is empty");
  const auto message = error_of([&] { model.encode_texts({std::string(300, 'q')}); });
  EXPECT_NE(message.find(" tokens, at most 32 fit; shorten it"), std::string::npos) << message;
}

TEST_F(ClampModelTest, MissingCheckpointIsNamed) {
  const TemporaryFolder empty;
  EXPECT_EQ(error_of([&] { ClampModel::load(empty.path(), torch::kCPU); }).rfind(empty.path(), 0), 0u);
}

TEST_F(ClampModelTest, TokenizerOfAnotherModelIsRefused) {
  const TemporaryFolder other;
  std::filesystem::copy(encoder_file(folder_->path()), encoder_file(other.path()));
  SentencePieceTraining training;
  training.vocabulary_size = 300;
  int given = 0;
  const auto bytes = train_sentencepiece(training, [&](std::string& sentence) {
    sentence = "zinc copper cobalt framework " + std::to_string(given * 7919);
    return given++ < 400;
  });
  std::ofstream(tokenizer_file(other.path()), std::ios::binary) << bytes;
  const auto message = error_of([&] { ClampModel::load(other.path(), torch::kCPU); });
  EXPECT_NE(message.find("put the right one into the folder"), std::string::npos) << message;
}

TEST_F(ClampModelTest, ForeignCheckpointsAreNamedForWhatTheyAre) {
  const TemporaryFolder other;
  std::filesystem::copy(tokenizer_file(folder_->path()), tokenizer_file(other.path()));
  const auto path = encoder_file(other.path());
  nn::save_tensors(path, {{"w", torch::zeros({1})}}, {});
  EXPECT_EQ(error_of([&] { ClampModel::load(other.path(), torch::kCPU); }),
            path + ": metadata 'format' is missing, so this is no CLAMP encoder checkpoint");
  nn::save_tensors(path, {}, {{"format", "clamp-encoders"}, {"format_version", "99"}});
  EXPECT_EQ(error_of([&] { ClampModel::load(other.path(), torch::kCPU); }),
            path + ": encoder format version 99, this program reads version 1");
}

TEST_F(ClampModelTest, SameFileGivesTheSameBytes) {
  const auto a = ClampModel::load(folder_->path(), torch::kCPU),
             b = ClampModel::load(folder_->path(), torch::kCPU);
  EXPECT_TRUE(torch::equal(a.encode_texts({"zinc"}), b.encode_texts({"zinc"})));
  EXPECT_TRUE(torch::equal(a.encode_crystals({rock_salt()}), b.encode_crystals({rock_salt()})));
}

TEST_F(ClampModelTest, ZeroShotProbabilitiesSumToOne) {
  const auto model = ClampModel::load(folder_->path(), torch::kCPU);
  const auto labels = embed_labels(model, {"zinc", "copper", "cobalt"});
  EXPECT_TRUE(torch::allclose(labels.norm(2, {1}), torch::ones({3}), 1e-5, 1e-5));
  const auto crystals = model.encode_crystals({rock_salt(), random_crystal(1, 8)});
  const auto probabilities = label_probabilities(crystals, labels, model.scale());
  ASSERT_EQ(probabilities.sizes(), (torch::IntArrayRef{2, 3}));
  EXPECT_TRUE(torch::allclose(probabilities.sum(1), torch::ones({2}), 1e-5, 1e-6));
  EXPECT_EQ(error_of([&] { embed_labels(model, {"zinc", " "}); }), "label is empty");
}

}  // namespace
}  // namespace clamp::encoders
