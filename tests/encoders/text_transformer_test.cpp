#include "encoders/text_transformer.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include "core/error.h"

namespace clamp::encoders {
namespace {

std::shared_ptr<TextTransformer> small_encoder() {
  at::manual_seed(1);
  TextTransformerConfig config;
  config.width = 16;
  config.heads = 2;
  config.hidden = 32;
  config.context = 10;
  config.vocabulary = 50;
  auto encoder = std::make_shared<TextTransformer>(config, 6);
  encoder->eval();
  return encoder;
}

TEST(TextTransformer, RowsDoNotDependOnTheBatch) {
  const torch::NoGradGuard no_grad;
  const auto encoder = small_encoder();
  const std::vector<int64_t> a = {3, 4, 5}, b = {7, 8, 9, 10, 11, 12, 13};
  const auto together = encoder->forward(collate_tokens({&a, &b}, torch::kCPU));
  const auto alone = encoder->forward(collate_tokens({&a}, torch::kCPU));
  EXPECT_TRUE(torch::allclose(together.pooled[0], alone.pooled[0], 1e-5, 1e-6));
  EXPECT_TRUE(torch::allclose(together.tokens[0].narrow(0, 0, 3), alone.tokens[0], 1e-5, 1e-6));
}

TEST(TextTransformer, WordOrderMatters) {
  const torch::NoGradGuard no_grad;
  const auto encoder = small_encoder();
  const std::vector<int64_t> a = {3, 4, 5}, b = {5, 4, 3};
  const auto rows = encoder->forward(collate_tokens({&a, &b}, torch::kCPU)).pooled;
  EXPECT_FALSE(torch::allclose(rows[0], rows[1], 1e-5, 1e-6));
}

TEST(TextTransformer, TextBeyondTheContextIsRefused) {
  const auto encoder = small_encoder();
  const std::vector<int64_t> text(11, 3);
  try {
    encoder->forward(collate_tokens({&text}, torch::kCPU));
    FAIL() << "no exception";
  } catch (const c10::Error& error) {
    EXPECT_STREQ(error.what_without_backtrace(), "text of 11 tokens, the context has 10");
  }
}

TEST(TextTransformer, HeadsMustDivideTheWidth) {
  auto options = YamlMap::from_text("width: 10\nheads: 4\n", "x.yaml");
  try {
    make_text_transformer(options, {});
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "text encoder: width 10 is no multiple of 4 heads");
  }
}

TEST(Registry, UnknownTypeNamesTheKnownOnes) {
  auto options = YamlMap::from_text("type: megnet\n", "x.yaml");
  try {
    make_crystal_encoder(options, {});
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "x.yaml:1: type: is 'megnet', expected one of cgcnn, described-cgcnn");
  }
}

}  // namespace
}  // namespace clamp::encoders
