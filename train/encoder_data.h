// Pairs of crystal and text for contrastive training: graphs kept in memory, texts drawn anew each time.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/logger.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "encoders/contrastive.h"
#include "encoders/tokenizer.h"
#include "train/distributed.h"
#include "train/encoder_config.h"

namespace clamp::train {

struct PairSet {
  std::vector<data::Record> records;
  std::vector<encoders::CrystalGraph> graphs;
  int64_t size() const { return static_cast<int64_t>(records.size()); }
  /// Changes where the records or their order change.
  std::string fingerprint() const;
};

/// Records of a split with at most `max_atoms` atoms, without their crystals' coordinates. Those without a
/// usable crystal are listed in the log with their reason and counted. `cache`: a file for the graphs, read
/// where it is there and made where not; "" for none.
PairSet load_pairs(const data::Dataset& dataset, const std::string& split, int64_t max_atoms,
                   const encoders::NeighborConfig& neighbors, const std::string& cache, Logger& logger);

/// Adds the pairs of `more` behind those of `set`.
void append(PairSet& set, PairSet&& more);

/// One text for a record: a caption, or one of its own texts.
std::string draw_text(const data::Record& record, const EncoderTraining& config, Rng& rng);

/// Token ids of a text, cut at `context`. `cut` counts the texts that were longer.
std::vector<int64_t> tokens_for_training(const encoders::Tokenizer& tokenizer, const std::string& text,
                                         int64_t context, int64_t& cut);

/// A permutation of 0..n-1 (Fisher-Yates).
std::vector<int64_t> permutation(int64_t n, Rng& rng);

/// What one update sees.
struct PairBatch {
  encoders::GraphBatch graphs;               ///< of this process's rows
  std::vector<std::vector<int64_t>> tokens;  ///< of this process's rows
  torch::Tensor ignored;  ///< [b, b] bool over the whole batch, pairs with the same text or the same title
  int64_t total() const { return ignored.size(0); }
};

/// The batch of update `step`: a function of (set, config, seed, step) alone, so that a resumed run sees what
/// an uninterrupted one would have seen; of it this process's rows.
PairBatch training_batch(const PairSet& set, const encoders::Tokenizer& tokenizer,
                         const EncoderTraining& config, int64_t context, uint64_t seed, int64_t step,
                         int64_t& cut, const Processes& processes = Processes::alone());

/// Updates in an epoch; records that fill no batch wait for the next epoch's order.
int64_t steps_per_epoch(int64_t n_records, int64_t batch_size);

}  // namespace clamp::train
