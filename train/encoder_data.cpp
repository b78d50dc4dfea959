#include "train/encoder_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

#include "core/error.h"
#include "data/caption.h"

namespace clamp::train {
namespace {

constexpr uint64_t kOrderStream = 11;
constexpr uint64_t kTextStream = 12;

std::string lower_case(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// Leaves out each token with probability `share`, but never all of them.
std::vector<int64_t> with_dropout(const std::vector<int64_t>& tokens, double share, Rng& rng) {
  std::vector<int64_t> kept;
  for (const int64_t token : tokens) {
    if (rng.uniform() >= share) kept.push_back(token);
  }
  return kept.empty() ? tokens : kept;
}

}  // namespace

std::string PairSet::fingerprint() const {
  uint64_t hash = 0xcbf29ce484222325u;  // FNV-1a, 64 bits
  for (const auto& record : records) {
    for (const char c : record.id + "\n") hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  }
  return fmt::format("{} records {:016x}", records.size(), hash);
}

PairSet load_pairs(const data::Dataset& dataset, const std::string& split, int64_t max_atoms,
                   const encoders::NeighborConfig& neighbors, Logger& logger) {
  const auto indices = dataset.indices(split, max_atoms);
  PairSet set;
  int64_t skipped = 0;
  Progress progress(logger, fmt::format("neighbours ({})", split), static_cast<int64_t>(indices.size()),
                    "structures");
  for (const int64_t index : indices) {
    auto record = dataset.read(index);
    try {
      set.graphs.push_back(encoders::make_crystal_graph(record.crystal, neighbors));
      set.records.push_back(std::move(record));
    } catch (const Error& error) {
      logger.warn(fmt::format("record {} left out: {}", record.id, error.what()));
      ++skipped;
    }
    progress.update(set.size() + skipped);
  }
  progress.finish();
  if (skipped > 0) logger.warn(fmt::format("{} of {} records left out", skipped, indices.size()));
  return set;
}

std::string draw_text(const data::Record& record, const EncoderTraining& config, Rng& rng) {
  const bool own = !record.texts.empty() && rng.uniform() < config.own_text_share;
  std::string text = own ? record.texts[rng.below(record.texts.size())] : data::make_caption(record, rng);
  return rng.uniform() < config.lowercase_share ? lower_case(std::move(text)) : text;
}

std::vector<int64_t> tokens_for_training(const encoders::Tokenizer& tokenizer, const std::string& text,
                                         int64_t context, int64_t& cut) {
  auto tokens = tokenizer.encode(text);
  if (static_cast<int64_t>(tokens.size()) > context) {
    tokens.resize(static_cast<size_t>(context));
    ++cut;
  }
  return tokens;
}

std::vector<int64_t> permutation(int64_t n, Rng& rng) {
  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);
  return order;
}

int64_t steps_per_epoch(int64_t n_records, int64_t batch_size) {
  return std::max<int64_t>(1, n_records / batch_size);
}

PairBatch training_batch(const PairSet& set, const encoders::Tokenizer& tokenizer,
                         const EncoderTraining& config, int64_t context, uint64_t seed, int64_t step,
                         int64_t& cut) {
  const int64_t epoch_steps = steps_per_epoch(set.size(), config.batch_size);
  const auto epoch = static_cast<uint64_t>(step / epoch_steps);
  Rng order_rng(derive_seed(derive_seed(seed, kOrderStream), epoch));
  const auto order = permutation(set.size(), order_rng);
  const int64_t begin = step % epoch_steps * config.batch_size;
  const int64_t end = std::min(begin + config.batch_size, set.size());

  PairBatch batch;
  std::vector<const encoders::CrystalGraph*> graphs;
  std::vector<std::string> texts;
  for (int64_t i = begin; i < end; ++i) {
    const auto index = static_cast<size_t>(order[static_cast<size_t>(i)]);
    Rng rng(derive_seed(derive_seed(derive_seed(seed, kTextStream), epoch), index));
    const auto text = draw_text(set.records[index], config, rng);
    const auto tokens = tokens_for_training(tokenizer, text, context, cut);
    graphs.push_back(&set.graphs[index]);
    batch.tokens.push_back(with_dropout(tokens, config.token_dropout, rng));
    texts.push_back(lower_case(text));
  }
  batch.graphs = encoders::collate(graphs);
  batch.ignored = encoders::same_key_mask(texts);
  return batch;
}

}  // namespace clamp::train
