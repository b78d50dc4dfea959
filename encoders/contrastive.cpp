#include "encoders/contrastive.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

namespace clamp::encoders {
namespace {

constexpr double kFirstScale = 1 / 0.07;  // CLIP's initial temperature
constexpr double kMaxScale = 100.0;
constexpr size_t kTextGroup = 128;  // texts of like length that are padded to one another

torch::Tensor normalized(const torch::Tensor& x) {
  return x / x.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

}  // namespace

ContrastivePair::ContrastivePair(std::shared_ptr<CrystalEncoder> crystal, std::shared_ptr<TextEncoder> text,
                                 const EncoderShape& shape)
    : shape_(shape), crystal_(std::move(crystal)), text_(std::move(text)) {
  register_module("crystal", crystal_);
  register_module("text", text_);
  log_scale_ = register_parameter("log_scale", torch::full({1}, std::log(kFirstScale)));
}

torch::Tensor ContrastivePair::embed_crystals(const GraphBatch& batch) {
  return normalized(crystal_->forward(batch));
}

torch::Tensor ContrastivePair::embed_texts(const std::vector<const std::vector<int64_t>*>& texts) {
  std::vector<int64_t> order(texts.size());
  std::iota(order.begin(), order.end(), int64_t{0});
  std::stable_sort(order.begin(), order.end(), [&](int64_t a, int64_t b) {
    return texts[static_cast<size_t>(a)]->size() < texts[static_cast<size_t>(b)]->size();
  });
  std::vector<torch::Tensor> parts;
  for (size_t begin = 0; begin < order.size(); begin += kTextGroup) {
    std::vector<const std::vector<int64_t>*> group;
    for (size_t i = begin; i < std::min(begin + kTextGroup, order.size()); ++i) {
      group.push_back(texts[static_cast<size_t>(order[i])]);
    }
    parts.push_back(text_->forward(collate_tokens(group, log_scale_.device())).pooled);
  }
  auto place = torch::empty({static_cast<int64_t>(order.size())}, torch::kInt64);
  for (size_t i = 0; i < order.size(); ++i) place.data_ptr<int64_t>()[order[i]] = static_cast<int64_t>(i);
  return normalized(at::cat(parts).index_select(0, place.to(log_scale_.device())));  // [n, dim]
}

torch::Tensor ContrastivePair::scale() const { return log_scale_.exp().clamp_max(kMaxScale).squeeze(0); }

std::string ContrastivePair::config_yaml() const {
  return fmt::format("dim: {}\nvocabulary: {}\ncrystal:\n{}text:\n{}", shape_.dim, shape_.vocabulary,
                     crystal_->options_yaml(2), text_->options_yaml(2));
}

std::shared_ptr<ContrastivePair> make_contrastive_pair(YamlMap& map, int64_t vocabulary) {
  EncoderShape shape;
  shape.vocabulary = vocabulary;
  map.get("dim", shape.dim, 1, 65536);
  map.get("vocabulary", shape.vocabulary, 1, 10'000'000);
  std::shared_ptr<CrystalEncoder> crystal;
  std::shared_ptr<TextEncoder> text;
  map.section("crystal", [&](YamlMap& options) { crystal = make_crystal_encoder(options, shape); });
  map.section("text", [&](YamlMap& options) { text = make_text_encoder(options, shape); });
  if (!crystal) {
    auto defaults = YamlMap::from_text("{}", "default crystal encoder");
    crystal = make_crystal_encoder(defaults, shape);
  }
  if (!text) {
    auto defaults = YamlMap::from_text("{}", "default text encoder");
    text = make_text_encoder(defaults, shape);
  }
  return std::make_shared<ContrastivePair>(std::move(crystal), std::move(text), shape);
}

torch::Tensor contrastive_loss(const torch::Tensor& crystals, const torch::Tensor& texts,
                               const torch::Tensor& scale, const torch::Tensor& ignored) {
  TORCH_CHECK(crystals.dim() == 2 && crystals.sizes() == texts.sizes(),
              "crystals and texts must be [b, dim], got ", crystals.sizes(), " and ", texts.sizes());
  const int64_t b = crystals.size(0);
  TORCH_CHECK(ignored.dim() == 2 && ignored.size(0) == b && ignored.size(1) == b,
              "ignored must be [b, b], got ", ignored.sizes());
  constexpr double kExcluded = -1e9;
  const auto diagonal = torch::eye(b, ignored.options());
  const auto logits = at::matmul(crystals, texts.t()).mul(scale);  // [b, b]
  const auto kept = logits.masked_fill(ignored.logical_and(diagonal.logical_not()), kExcluded);
  const auto to_text = at::log_softmax(kept, 1).diagonal().mean();
  const auto to_crystal = at::log_softmax(kept, 0).diagonal().mean();
  return -0.5 * (to_text + to_crystal);
}

torch::Tensor soft_contrastive_loss(const torch::Tensor& crystals, const torch::Tensor& texts,
                                    const torch::Tensor& scale) {
  TORCH_CHECK(crystals.dim() == 2 && crystals.sizes() == texts.sizes(),
              "crystals and texts must be [b, dim], got ", crystals.sizes(), " and ", texts.sizes());
  const auto c = crystals.detach(), t = texts.detach();
  const auto alike = (at::matmul(c, c.t()) + at::matmul(t, t.t())).mul(0.5 * scale.detach());  // [b, b]
  const auto targets = at::softmax(alike, 1);
  const auto logits = at::matmul(crystals, texts.t()).mul(scale);
  const auto to_text = -(targets * at::log_softmax(logits, 1)).sum(1).mean();
  const auto to_crystal = -(targets.t() * at::log_softmax(logits, 0)).sum(0).mean();
  return 0.5 * (to_text + to_crystal);
}

torch::Tensor same_key_mask(const std::vector<std::string>& keys) {
  std::unordered_map<std::string, int64_t> number_of;
  const auto b = static_cast<int64_t>(keys.size());
  auto numbers = torch::empty({b}, torch::kInt64);
  for (int64_t i = 0; i < b; ++i) {
    const auto number = static_cast<int64_t>(number_of.size());
    numbers.data_ptr<int64_t>()[i] = number_of.emplace(keys[static_cast<size_t>(i)], number).first->second;
  }
  const auto same = numbers.unsqueeze(0).eq(numbers.unsqueeze(1));  // [b, b]
  return same.logical_and(torch::eye(b, torch::kBool).logical_not());
}

}  // namespace clamp::encoders
