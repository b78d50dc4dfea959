#include "encoders/use_lite.h"

#include <ATen/Context.h>
#include <gtest/gtest.h>
#include <torch/utils.h>

#include <cmath>
#include <filesystem>

#include "core/error.h"
#include "encoders/text_import.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

using tests::TemporaryFolder;

UseLiteConfig small_config() {
  UseLiteConfig config;
  config.embedding = 8;
  config.width = 12;
  config.heads = 2;
  config.hidden = 10;
  config.context = 9;
  config.rows = 20;
  return config;
}

std::shared_ptr<UseLite> small_encoder(uint64_t seed = 3) {
  at::manual_seed(seed);
  auto encoder = std::make_shared<UseLite>(small_config(), 6);
  const torch::NoGradGuard no_grad;
  for (auto& parameter : encoder->named_parameters()) {  // gains and biases too, so that each is seen
    if (parameter.value().dim() == 1) parameter.value().add_(torch::randn_like(parameter.value()) * 0.3);
  }
  encoder->named_parameters()["tokens.weight"].mul_(4);
  encoder->eval();
  return encoder;
}

// The graph of the original written out with loops in double precision.
class Reference {
 public:
  explicit Reference(UseLite& encoder) {
    for (const auto& parameter : encoder.named_parameters()) {
      values_[parameter.key()] = parameter.value().detach().to(torch::kFloat64).contiguous();
    }
  }
  using Row = std::vector<double>;
  using Rows = std::vector<Row>;

  Row sentence(const std::vector<int64_t>& ids) const {
    Rows x;
    for (size_t p = 0; p < ids.size(); ++p) {
      Row row;
      for (int64_t c = 0; c < 8; ++c) {
        const double rate = std::pow(1e4, -static_cast<double>(c % 4) / 3.0);
        const double phase = static_cast<double>(p) * rate;
        row.push_back(value("tokens.weight", ids[p], c) + (c < 4 ? std::sin(phase) : std::cos(phase)));
      }
      x.push_back(row);
    }
    for (int layer = 0; layer < 2; ++layer) x = layer_of(x, "layers." + std::to_string(layer) + ".");
    Row mean(12, 0.0);
    for (const Row& row : x) {
      for (size_t c = 0; c < 12; ++c) mean[c] += row[c] / static_cast<double>(x.size());
    }
    Row out = linear(mean, "tanh");
    double norm = 0;
    for (double& v : out) {
      v = std::tanh(v);
      norm += v * v;
    }
    for (double& v : out) v /= std::sqrt(norm);
    return out;
  }

 private:
  double value(const std::string& name, int64_t i, int64_t j) const {
    return values_.at(name)[i][j].item<double>();
  }
  Row linear(const Row& x, const std::string& name) const {
    const auto& weight = values_.at(name + ".weight");
    const auto& bias = values_.at(name + ".bias");
    Row y;
    for (int64_t o = 0; o < weight.size(0); ++o) {
      double sum = bias[o].item<double>();
      for (size_t i = 0; i < x.size(); ++i) sum += weight[o][static_cast<int64_t>(i)].item<double>() * x[i];
      y.push_back(sum);
    }
    return y;
  }
  Row norm(const Row& x, const std::string& name) const {
    double mean = 0, variance = 0;
    for (const double v : x) mean += v / static_cast<double>(x.size());
    for (const double v : x) variance += (v - mean) * (v - mean) / static_cast<double>(x.size());
    Row y;
    for (size_t i = 0; i < x.size(); ++i) {
      const auto at = static_cast<int64_t>(i);
      y.push_back((x[i] - mean) / std::sqrt(variance + 1e-6) *
                      values_.at(name + ".weight")[at].item<double>() +
                  values_.at(name + ".bias")[at].item<double>());
    }
    return y;
  }
  Rows layer_of(const Rows& x, const std::string& name) const {
    const size_t t = x.size(), in = x[0].size(), head = in / 2;
    Rows qkv, result;
    for (const Row& row : x) qkv.push_back(linear(norm(row, name + "norm_attention"), name + "qkv"));
    for (size_t p = 0; p < t; ++p) {
      Row joined(in, 0.0);
      for (size_t h = 0; h < 2; ++h) {
        Row weights;
        double total = 0;
        for (size_t q = 0; q < t; ++q) {
          double dot = 0;
          for (size_t c = 0; c < head; ++c) dot += qkv[p][h * head + c] * qkv[q][in + h * head + c];
          weights.push_back(std::exp(dot / std::sqrt(static_cast<double>(head))));
          total += weights.back();
        }
        for (size_t q = 0; q < t; ++q) {
          for (size_t c = 0; c < head; ++c) {
            joined[h * head + c] += weights[q] / total * qkv[q][2 * in + h * head + c];
          }
        }
      }
      Row y = linear(joined, name + "attention_out");
      const Row kept = values_.count(name + "residual.weight") > 0 ? linear(x[p], name + "residual") : x[p];
      for (size_t c = 0; c < y.size(); ++c) y[c] += kept[c];
      Row hidden = linear(norm(y, name + "norm_mlp"), name + "mlp_in");
      for (double& v : hidden) v = std::max(v, 0.0);
      const Row more = linear(hidden, name + "mlp_out");
      for (size_t c = 0; c < y.size(); ++c) y[c] += more[c];
      result.push_back(y);
    }
    return result;
  }
  std::map<std::string, torch::Tensor> values_;
};

TEST(UseLite, SentenceEmbeddingsEqualTheWrittenOutGraph) {
  const torch::NoGradGuard no_grad;
  for (const uint64_t seed : {3, 4}) {
    SCOPED_TRACE(seed);
    const auto encoder = small_encoder(seed);
    const std::vector<int64_t> a = {3, 4, 19, 0, 7}, b = {5, 6, 5, 1, 2, 11, 12, 13, 9};
    const auto found = encoder->sentence_embeddings(collate_tokens({&a, &b}, torch::kCPU));
    const Reference reference(*encoder);
    for (int64_t row = 0; row < 2; ++row) {
      const auto expected = reference.sentence(row == 0 ? a : b);
      for (int64_t c = 0; c < 12; ++c) {
        EXPECT_NEAR(found[row][c].item<double>(), expected[static_cast<size_t>(c)], 2e-5);
      }
    }
  }
}

TEST(UseLite, RowsDoNotDependOnTheBatch) {
  const torch::NoGradGuard no_grad;
  const auto encoder = small_encoder();
  const std::vector<int64_t> a = {3, 4, 5}, b = {7, 8, 9, 10, 11, 12, 13};
  const auto together = encoder->forward(collate_tokens({&a, &b}, torch::kCPU));
  const auto alone = encoder->forward(collate_tokens({&a}, torch::kCPU));
  EXPECT_TRUE(torch::allclose(together.pooled[0], alone.pooled[0], 1e-4, 1e-5));
  EXPECT_TRUE(torch::allclose(together.tokens[0].narrow(0, 0, 3), alone.tokens[0], 1e-4, 1e-5));
}

TEST(UseLite, TimingSignalRunsFromOneToATenThousandth) {
  const auto signal = timing_signal(5, 8, torch::kFloat64);
  EXPECT_NEAR(signal[3][0].item<double>(), std::sin(3.0), 1e-12);
  EXPECT_NEAR(signal[3][3].item<double>(), std::sin(3e-4), 1e-12);
  EXPECT_NEAR(signal[3][7].item<double>(), std::cos(3e-4), 1e-12);
}

TEST(UseLite, OnlyTheHeadIsNew) {
  const auto encoder = small_encoder();
  for (const auto& parameter : encoder->named_parameters()) {
    const bool head = parameter.key().rfind("head.", 0) == 0 || parameter.key().rfind("norm_head.", 0) == 0;
    EXPECT_EQ(encoder->is_pretrained(parameter.key()), !head) << parameter.key();
  }
}

TEST(UseLite, ImportedWeightsComeBackAndForeignOnesAreRefused) {
  const TemporaryFolder folder;
  const auto encoder = small_encoder(3), other = small_encoder(4);
  ImportedText imported;
  for (const auto& parameter : encoder->named_parameters()) {
    if (encoder->is_pretrained(parameter.key()))
      imported.weights[parameter.key()] = parameter.value().detach();
  }
  imported.options = encoder->options_yaml(0);
  imported.tokenizer = "{}";
  save_imported_text(folder.path(), imported);
  const auto path = imported_text_file(folder.path());
  load_imported_text(path, *other);
  for (const auto& parameter : other->named_parameters()) {
    if (!other->is_pretrained(parameter.key())) continue;
    EXPECT_TRUE(torch::equal(parameter.value(), encoder->named_parameters()[parameter.key()]));
  }
  auto wider = small_config();
  wider.hidden = 11;
  UseLite unlike(wider, 6);
  EXPECT_THROW(load_imported_text(path, unlike), Error);
}

TEST(UseLite, FoldersWithoutTheFilesAreNamed) {
  const TemporaryFolder empty;
  try {
    import_use_lite(empty.path());
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(std::string(error.what()).rfind(empty.path() + "/model.json", 0), 0u) << error.what();
  }
}

}  // namespace
}  // namespace clamp::encoders
