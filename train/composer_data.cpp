#include "train/composer_data.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "data/caption.h"

namespace clamp::train {
namespace {

constexpr size_t kEncodeAtOnce = 64;
constexpr double kOwnText = 0.2;  // how often a text of the record is read where it has one
constexpr int kDraws = 100;

std::string text_for(const data::Record& record, const encoders::ClampModel& encoders, Rng& rng) {
  for (int draw = 0; draw < kDraws; ++draw) {
    const bool own = !record.texts.empty() && rng.uniform() < kOwnText;
    auto text = own ? record.texts[rng.below(record.texts.size())] : data::make_caption(record, rng);
    if (encoders.accepts(text)) return text;
  }
  fail(
      fmt::format("{}: {} captions in a row were longer than the text encoder's context", record.id, kDraws));
}

}  // namespace

ComposerTexts encode_composer_texts(const std::vector<data::Record>& records, int64_t per_example,
                                    const encoders::ClampModel& encoders, uint64_t seed) {
  ComposerTexts texts;
  texts.per_example = per_example;
  std::vector<std::string> all;
  for (size_t k = 0; k < records.size(); ++k) {
    Rng rng(derive_seed(seed, k));
    for (int64_t c = 0; c < per_example; ++c) all.push_back(text_for(records[k], encoders, rng));
  }
  // Read in order of length, so that little is padded.
  std::vector<size_t> order(all.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return all[a].size() < all[b].size(); });
  std::vector<torch::Tensor> states(all.size());
  texts.embeddings = torch::empty({static_cast<int64_t>(all.size()), encoders.dim()});
  for (size_t begin = 0; begin < all.size(); begin += kEncodeAtOnce) {
    const auto end = std::min(all.size(), begin + kEncodeAtOnce);
    std::vector<std::string> some;
    for (size_t k = begin; k < end; ++k) some.push_back(all[order[k]]);
    const auto read = encoders.encode_text_states(some);
    const auto counts = read.mask.sum(1);  // [n]
    for (size_t k = begin; k < end; ++k) {
      const auto row = static_cast<int64_t>(k - begin);
      const auto words = counts.data_ptr<int64_t>()[row];
      states[order[k]] = read.states[row].narrow(0, 0, words).to(torch::kHalf);
      texts.embeddings[static_cast<int64_t>(order[k])].copy_(read.embeddings[row]);
    }
  }
  for (const auto& rows : states) texts.offsets.push_back(texts.offsets.back() + rows.size(0));
  texts.states = states.empty() ? torch::empty({0, encoders.text_width()}, torch::kHalf) : torch::cat(states);
  return texts;
}

diffusion::ComposerPrompt composer_prompt(const ComposerSet& set, const std::vector<int64_t>& indices,
                                          const std::vector<int64_t>& which, const std::vector<bool>& nothing,
                                          double dropout, Rng& rng) {
  const auto b = static_cast<int64_t>(indices.size());
  const auto& texts = set.texts;
  std::vector<int64_t> rows;
  int64_t words = 2;
  for (int64_t k = 0; k < b; ++k) {
    rows.push_back(indices[static_cast<size_t>(k)] * texts.per_example + which[static_cast<size_t>(k)]);
    const auto row = static_cast<size_t>(rows.back());
    words = std::max(words, texts.offsets[row + 1] - texts.offsets[row]);
  }
  words += words % 2;  // an even number of rows for products in bfloat16
  diffusion::ComposerPrompt prompt;
  prompt.states = torch::zeros({b, words, texts.states.size(1)});
  prompt.mask = torch::zeros({b, words}, torch::kBool);
  prompt.nothing = torch::zeros({b}, torch::kBool);
  prompt.large = torch::zeros({b}, torch::kBool);
  auto* mask = prompt.mask.data_ptr<bool>();
  for (int64_t k = 0; k < b; ++k) {
    const auto s = static_cast<size_t>(k);
    const auto row = static_cast<size_t>(rows[s]);
    const auto first = texts.offsets[row], count = texts.offsets[row + 1] - first;
    prompt.states[k].narrow(0, 0, count).copy_(texts.states.narrow(0, first, count));
    const auto kept = static_cast<int64_t>(rng.below(static_cast<uint64_t>(std::max<int64_t>(1, count))));
    for (int64_t w = 0; w < count; ++w) mask[k * words + w] = w == kept || rng.uniform() >= dropout;
    prompt.nothing.data_ptr<bool>()[k] = nothing[s];
    prompt.large.data_ptr<bool>()[k] = set.examples[static_cast<size_t>(indices[s])].large;
  }
  prompt.embedding = texts.embeddings.index_select(0, torch::tensor(rows, torch::kInt64));
  return prompt;
}

}  // namespace clamp::train
