#include "train/encoder_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <iterator>
#include <numeric>

#include "core/error.h"
#include "data/caption.h"
#include "nn/random.h"
#include "train/graph_cache.h"

namespace clamp::train {
namespace {

constexpr uint64_t kOrderStream = 11;
constexpr uint64_t kTextStream = 12;
constexpr uint64_t kDescriptorStream = 13;

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
                   const encoders::NeighborConfig& neighbors, const std::string& cache, Logger& logger) {
  const auto indices = dataset.indices(split, max_atoms);
  PairSet set;
  std::vector<Crystal> crystals;
  for (const int64_t index : indices) {
    auto record = dataset.read(index);
    const auto problem = encoders::why_unusable(record.crystal);
    if (!problem.empty()) {
      logger.warn(fmt::format("record {} left out: {}", record.id, problem));
      continue;
    }
    crystals.push_back(std::move(record.crystal));
    record.crystal = {};
    set.records.push_back(std::move(record));
  }
  const auto skipped = indices.size() - set.records.size();
  if (skipped > 0) logger.warn(fmt::format("{} of {} records left out", skipped, indices.size()));
  const std::string key = fmt::format("{}, {} neighbours within {} Å{}", set.fingerprint(), neighbors.count,
                                      neighbors.cutoff, neighbors.descriptors ? ", descriptors" : "");
  if (!cache.empty() && std::filesystem::exists(cache)) {
    set.graphs = load_graphs(cache, key);
    return set;
  }
  Progress progress(logger, fmt::format("neighbours ({})", split), set.size(), "structures");
  for (const auto& crystal : crystals) {
    set.graphs.push_back(encoders::make_crystal_graph(crystal, neighbors));
    progress.update(static_cast<int64_t>(set.graphs.size()));
  }
  progress.finish();
  if (!cache.empty() && set.size() > 0) save_graphs(cache, set.graphs, key);
  return set;
}

void append(PairSet& set, PairSet&& more) {
  std::move(more.records.begin(), more.records.end(), std::back_inserter(set.records));
  std::move(more.graphs.begin(), more.graphs.end(), std::back_inserter(set.graphs));
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
                         int64_t& cut, const Processes& processes) {
  const int64_t epoch_steps = steps_per_epoch(set.size(), config.batch_size);
  const auto epoch = static_cast<uint64_t>(step / epoch_steps);
  Rng order_rng(derive_seed(derive_seed(seed, kOrderStream), epoch));
  const auto order = permutation(set.size(), order_rng);
  const int64_t begin = step % epoch_steps * config.batch_size;
  const int64_t end = std::min(begin + config.batch_size, set.size());

  const auto rows = processes.rows_of(end - begin);
  PairBatch batch;
  std::vector<const encoders::CrystalGraph*> graphs;
  std::vector<std::string> texts, titles;
  for (int64_t i = begin; i < end; ++i) {
    const auto index = static_cast<size_t>(order[static_cast<size_t>(i)]);
    Rng rng(derive_seed(derive_seed(derive_seed(seed, kTextStream), epoch), index));
    const auto text = draw_text(set.records[index], config, rng);
    if ((i - begin) % processes.size() == processes.rank()) {
      const auto tokens = tokens_for_training(tokenizer, text, context, cut);
      graphs.push_back(&set.graphs[index]);
      batch.tokens.push_back(with_dropout(tokens, config.token_dropout, rng));
    }
    texts.push_back(lower_case(text));
    // Records without a text of their own share no title: a key that no other row has.
    const auto& own = set.records[index].texts;
    titles.push_back(own.empty() ? fmt::format("\n{}", i) : lower_case(own[0]));
  }
  batch.graphs = encoders::collate(graphs);
  batch.ignored = encoders::same_key_mask(texts).logical_or(encoders::same_key_mask(titles));
  if (batch.graphs.descriptors.defined() && config.descriptor_dropout > 0) {
    const auto generator =
        nn::make_generator(derive_seed(derive_seed(seed, kDescriptorStream), static_cast<uint64_t>(step)));
    const auto drawn = torch::rand({batch.total(), batch.graphs.descriptors.size(1)}, generator);
    const auto kept = drawn.index_select(0, torch::tensor(rows, torch::kInt64)).ge(config.descriptor_dropout);
    batch.graphs.descriptors = batch.graphs.descriptors * kept;
  }
  return batch;
}

}  // namespace clamp::train
