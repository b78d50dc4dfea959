#include "nn/attention.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "nn/random.h"

namespace clamp::nn {
namespace {

// Independent computation: the sums written out in double precision.
TEST(Attention, EqualsTheWrittenOutSums) {
  auto generator = make_generator(1);
  const int64_t t = 4, d = 3;
  const auto draw = [&] { return torch::randn({1, 1, t, d}, generator, torch::kFloat64); };
  const auto q = draw(), k = draw(), v = draw();
  const auto mask = torch::tensor({{1, 1, 0, 1}}).to(torch::kBool);
  const auto found = scaled_dot_product(q, k, v, key_bias(mask, torch::kFloat64));
  const auto qa = q.accessor<double, 4>(), ka = k.accessor<double, 4>(), va = v.accessor<double, 4>();
  for (int64_t i = 0; i < t; ++i) {
    std::vector<double> weights;
    double total = 0;
    for (int64_t j = 0; j < t; ++j) {
      double dot = 0;
      for (int64_t c = 0; c < d; ++c) dot += qa[0][0][i][c] * ka[0][0][j][c];
      weights.push_back(j == 2 ? 0 : std::exp(dot / std::sqrt(3.0)));
      total += weights.back();
    }
    for (int64_t c = 0; c < d; ++c) {
      double expected = 0;
      for (int64_t j = 0; j < t; ++j) expected += weights[static_cast<size_t>(j)] / total * va[0][0][j][c];
      EXPECT_NEAR(found[0][0][i][c].item<double>(), expected, 1e-12);
    }
  }
}

TEST(TransformerBlock, PaddingChangesNothing) {
  TransformerBlock block(TransformerBlockConfig{8, 2, 16});
  auto generator = make_generator(2);
  const auto x = torch::randn({1, 3, 8}, generator);
  const auto padded = torch::cat({x, torch::randn({1, 2, 8}, generator)}, 1);
  const auto mask = torch::tensor({{1, 1, 1, 0, 0}}).to(torch::kBool);
  const auto alone = block->forward(x, {});
  const auto with_padding = block->forward(padded, key_bias(mask, torch::kFloat32)).narrow(1, 0, 3);
  EXPECT_TRUE(torch::allclose(alone, with_padding, 1e-5, 1e-6));
}

TEST(TransformerBlock, HasTheNamesOfItsFileFormat) {
  TransformerBlock block(TransformerBlockConfig{8, 2, 16});
  int64_t elements = 0;
  for (const auto& item : block->named_parameters()) elements += item.value().numel();
  EXPECT_EQ(block->named_parameters().size(), 12u);
  EXPECT_EQ(elements, 4 * 8 + 3 * 8 * 8 + 3 * 8 + 8 * 8 + 8 + 8 * 16 + 16 + 16 * 8 + 8);
  EXPECT_TRUE(block->named_parameters().contains("norm_attention.weight"));
  EXPECT_TRUE(block->named_parameters().contains("mlp_out.bias"));
}

}  // namespace
}  // namespace clamp::nn
