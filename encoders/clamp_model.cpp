#include "encoders/clamp_model.h"

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.h"
#include "core/parallel.h"
#include "core/yaml.h"
#include "encoders/contrastive.h"
#include "encoders/encoder_file.h"
#include "encoders/tokenizer_file.h"
#include "nn/checkpoint.h"

namespace clamp::encoders {
namespace {

constexpr size_t kTextsAtOnce = 512;
constexpr size_t kCrystalsAtOnce = 64;
constexpr double kSmallestLength = 1e-12;

bool blank(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isspace(c); });
}

}  // namespace

struct ClampModel::Impl {
  std::shared_ptr<ContrastivePair> pair;
  std::unique_ptr<Tokenizer> tokenizer;
  torch::Device device = torch::kCPU;

  std::vector<int64_t> tokens_of(const std::string& text) const {
    if (blank(text)) fail_usage("prompt is empty");
    auto tokens = tokenizer->encode(text);
    const int64_t context = pair->text().context();
    if (tokens.empty()) fail_usage(fmt::format("prompt '{}' has no readable text", text.substr(0, 60)));
    if (static_cast<int64_t>(tokens.size()) > context) {
      fail_usage(fmt::format("prompt '{}...' has {} tokens, at most {} fit; shorten it", text.substr(0, 60),
                             tokens.size(), context));
    }
    return tokens;
  }
};

ClampModel::ClampModel(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ClampModel::ClampModel(ClampModel&&) noexcept = default;
ClampModel::~ClampModel() = default;

ClampModel ClampModel::load(const std::string& directory, torch::Device device) {
  auto impl = std::make_unique<Impl>();
  const std::string path = encoder_file(directory);
  impl->tokenizer = load_tokenizer(tokenizer_file(directory));
  impl->pair = load_contrastive_pair(path, *impl->tokenizer);
  impl->pair->to(device);
  impl->pair->eval();
  impl->device = device;
  return ClampModel(std::move(impl));
}

int64_t ClampModel::dim() const { return impl_->pair->dim(); }

double ClampModel::scale() const {
  const torch::NoGradGuard no_grad;
  return impl_->pair->scale().item<double>();
}

bool ClampModel::accepts(const std::string& text) const {
  if (blank(text)) return false;
  const auto n_tokens = static_cast<int64_t>(impl_->tokenizer->encode(text).size());
  return n_tokens > 0 && n_tokens <= impl_->pair->text().context();
}

torch::Tensor ClampModel::encode_texts(const std::vector<std::string>& texts) const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts = {torch::empty({0, dim()})};
  for (size_t begin = 0; begin < texts.size(); begin += kTextsAtOnce) {
    std::vector<std::vector<int64_t>> tokens;
    for (size_t i = begin; i < std::min(begin + kTextsAtOnce, texts.size()); ++i) {
      tokens.push_back(impl_->tokens_of(texts[i]));
    }
    std::vector<const std::vector<int64_t>*> rows;
    for (const auto& row : tokens) rows.push_back(&row);
    parts.push_back(impl_->pair->embed_texts(rows).to(torch::kCPU, torch::kFloat32));
  }
  return at::cat(parts);  // [n, dim]
}

int64_t ClampModel::text_width() const { return impl_->pair->text().token_width(); }

TextStates ClampModel::encode_text_states(const std::vector<std::string>& texts) const {
  const torch::NoGradGuard no_grad;
  std::vector<std::vector<int64_t>> tokens;
  for (const auto& text : texts) tokens.push_back(impl_->tokens_of(text));
  std::vector<const std::vector<int64_t>*> rows;
  for (const auto& row : tokens) rows.push_back(&row);
  auto all = collate_tokens(rows, torch::kCPU);
  TextStates result;
  result.mask = all.mask;  // [n, t]
  result.states = torch::zeros({all.mask.size(0), all.mask.size(1), text_width()});
  result.embeddings = torch::empty({all.mask.size(0), dim()});
  for (size_t begin = 0; begin < rows.size(); begin += kTextsAtOnce) {
    const auto first = static_cast<int64_t>(begin);
    const auto count = static_cast<int64_t>(std::min(kTextsAtOnce, rows.size() - begin));
    const TokenBatch part{all.ids.narrow(0, first, count).to(impl_->device),
                          all.mask.narrow(0, first, count).to(impl_->device)};
    const auto features = impl_->pair->text().forward(part);
    result.states.narrow(0, first, count).copy_(features.tokens);  // [count, t, width]
    const auto length = features.pooled.norm(2, {1}, true).clamp_min(kSmallestLength);
    result.embeddings.narrow(0, first, count).copy_(features.pooled / length);  // [count, dim]
  }
  result.states.masked_fill_(result.mask.logical_not().unsqueeze(-1), 0.0);
  return result;
}

torch::Tensor ClampModel::encode_crystals(const std::vector<Crystal>& crystals) const {
  const torch::NoGradGuard no_grad;
  std::vector<torch::Tensor> parts = {torch::empty({0, dim()})};
  const auto neighbors = impl_->pair->crystal().neighbors();
  for (size_t begin = 0; begin < crystals.size(); begin += kCrystalsAtOnce) {
    std::vector<CrystalGraph> graphs(std::min(kCrystalsAtOnce, crystals.size() - begin));
    parallel_for(graphs.size(), at::get_num_threads(),
                 [&](size_t i) { graphs[i] = make_crystal_graph(crystals[begin + i], neighbors); });
    std::vector<const CrystalGraph*> rows;
    for (const auto& graph : graphs) rows.push_back(&graph);
    const auto batch = collate(rows).to(impl_->device);
    parts.push_back(impl_->pair->embed_crystals(batch).to(torch::kCPU, torch::kFloat32));
  }
  return at::cat(parts);  // [n, dim]
}

}  // namespace clamp::encoders
