#include "encoders/contrastive.h"

#include <gtest/gtest.h>

#include <cmath>

#include "nn/random.h"
#include "support/random_crystal.h"
#include "support/tiny_clamp.h"

namespace clamp::encoders {
namespace {

torch::Tensor unit_rows(uint64_t seed, int64_t n, int64_t dim) {
  auto generator = nn::make_generator(seed);
  const auto rows = torch::randn({n, dim}, generator, torch::kFloat64);
  return rows / rows.norm(2, {1}, true);
}

torch::Tensor none(int64_t b) { return torch::zeros({b, b}, torch::kBool); }

// Independent computation: both cross-entropies written out.
TEST(ContrastiveLoss, EqualsTheWrittenOutSums) {
  const auto crystals = unit_rows(1, 4, 5), texts = unit_rows(2, 4, 5);
  const double scale = 7.0;
  const auto logits = torch::matmul(crystals, texts.t()) * scale;
  double expected = 0;
  for (int64_t i = 0; i < 4; ++i) {
    double row = 0, column = 0;
    for (int64_t j = 0; j < 4; ++j) {
      row += std::exp(logits[i][j].item<double>());
      column += std::exp(logits[j][i].item<double>());
    }
    expected += (std::log(row) + std::log(column) - 2 * logits[i][i].item<double>()) / 8;
  }
  const auto found = contrastive_loss(crystals, texts, torch::tensor(scale, torch::kFloat64), none(4));
  EXPECT_NEAR(found.item<double>(), expected, 1e-12);
}

// n indistinguishable pairs: log n; perfect pairs at a high scale: 0.
TEST(ContrastiveLoss, HasItsClosedFormLimits) {
  const auto same = torch::ones({6, 1}, torch::kFloat64);
  EXPECT_NEAR(contrastive_loss(same, same, torch::tensor(5.0, torch::kFloat64), none(6)).item<double>(),
              std::log(6.0), 1e-12);
  const auto perfect = torch::eye(6, torch::kFloat64);
  EXPECT_NEAR(
      contrastive_loss(perfect, perfect, torch::tensor(100.0, torch::kFloat64), none(6)).item<double>(), 0.0,
      1e-12);
}

// Independent computation: targets from the mean of both similarity matrices, cross-entropies written out.
TEST(SoftContrastiveLoss, EqualsTheWrittenOutSums) {
  const auto crystals = unit_rows(7, 4, 5), texts = unit_rows(8, 4, 5);
  const double scale = 6.0;
  const auto dot = [](const torch::Tensor& a, const torch::Tensor& b) {
    return (a * b).sum().item<double>();
  };
  double expected = 0;
  for (int64_t i = 0; i < 4; ++i) {
    double targets[4], total = 0, row = 0, column = 0;
    for (int64_t j = 0; j < 4; ++j) {
      targets[j] = std::exp(scale * 0.5 * (dot(crystals[i], crystals[j]) + dot(texts[i], texts[j])));
      total += targets[j];
      row += std::exp(scale * dot(crystals[i], texts[j]));
      column += std::exp(scale * dot(crystals[j], texts[i]));
    }
    for (int64_t j = 0; j < 4; ++j) {
      const double share = targets[j] / total / 8;
      expected += share * (std::log(row) - scale * dot(crystals[i], texts[j]));
      expected += share * (std::log(column) - scale * dot(crystals[j], texts[i]));
    }
  }
  const auto found = soft_contrastive_loss(crystals, texts, torch::tensor(scale, torch::kFloat64));
  EXPECT_NEAR(found.item<double>(), expected, 1e-12);
}

// Row 0 and 1 carry the same text: ignoring them as negatives equals leaving that logit out.
TEST(ContrastiveLoss, IgnoredPairsAreNoNegatives) {
  const auto crystals = unit_rows(3, 3, 4);
  auto texts = unit_rows(4, 3, 4);
  texts[1] = texts[0];
  const auto ignored = same_key_mask({"a", "a", "b"});
  const double found =
      contrastive_loss(crystals, texts, torch::tensor(3.0, torch::kFloat64), ignored).item<double>();
  const auto logits = torch::matmul(crystals, texts.t()) * 3.0;
  const auto at = [&](int64_t i, int64_t j) { return logits[i][j].item<double>(); };
  double expected = 0;
  for (int64_t i = 0; i < 3; ++i) {
    double row = 0, column = 0;
    for (int64_t j = 0; j < 3; ++j) {
      if (i != j && i < 2 && j < 2) continue;
      row += std::exp(at(i, j));
      column += std::exp(at(j, i));
    }
    expected += (std::log(row) + std::log(column) - 2 * at(i, i)) / 6;
  }
  EXPECT_NEAR(found, expected, 1e-12);
}

TEST(SameKeyMask, MarksEqualKeysOffTheDiagonal) {
  const auto mask = same_key_mask({"a", "b", "a"});
  const auto expected = torch::tensor({{0, 0, 1}, {0, 0, 0}, {1, 0, 0}}).to(torch::kBool);
  EXPECT_TRUE(torch::equal(mask, expected));
}

TEST(ContrastivePair, ConfigurationReadsBackAsItself) {
  auto config = YamlMap::from_text(tests::tiny_clamp_model_yaml(), "tiny");
  const auto pair = make_contrastive_pair(config, 400);
  auto again = YamlMap::from_text(pair->config_yaml(), "again");
  const auto second = make_contrastive_pair(again, 400);
  again.finish();
  EXPECT_EQ(second->config_yaml(), pair->config_yaml());
  EXPECT_EQ(second->named_parameters().size(), pair->named_parameters().size());
}

TEST(ContrastivePair, TextsInAnyOrderKeepTheirRows) {
  const torch::NoGradGuard no_grad;
  auto config = YamlMap::from_text(tests::tiny_clamp_model_yaml(), "tiny");
  const auto pair = make_contrastive_pair(config, 400);
  pair->eval();
  std::vector<std::vector<int64_t>> tokens;
  Rng rng(1);
  for (int i = 0; i < 70; ++i) {
    tokens.emplace_back();
    for (uint64_t t = 0; t <= rng.below(20); ++t)
      tokens.back().push_back(static_cast<int64_t>(rng.below(400)));
  }
  std::vector<const std::vector<int64_t>*> rows;
  for (const auto& row : tokens) rows.push_back(&row);
  const auto together = pair->embed_texts(rows);
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_TRUE(
        torch::allclose(pair->embed_texts({rows[i]})[0], together[static_cast<int64_t>(i)], 1e-4, 1e-5))
        << i;
  }
}

}  // namespace
}  // namespace clamp::encoders
