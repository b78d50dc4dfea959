// Trains the tokenizer on captions of a dataset and, where given, a text corpus.
#pragma once

#include <cstdint>
#include <string>

#include "core/logger.h"
#include "core/yaml.h"
#include "data/dataset.h"

namespace clamp::train {

struct TokenizerConfig {
  int64_t vocabulary = 8000;
  double character_coverage = 0.9995;
  int64_t captions_per_record = 2;  ///< drawn with different seeds; a record's own texts come in addition
  int64_t corpus_lines = 40000;     ///< drawn evenly over the corpus
  int64_t max_sentence_characters =
      600;  ///< longer lines are cut: a unigram model needs words, not documents
};
void read(YamlMap& map, TokenizerConfig& config);
std::string to_yaml(const TokenizerConfig& config, int indent);

struct TokenizerSummary {
  int64_t vocabulary = 0;  ///< pieces; fewer than asked for where the text does not give more
  int64_t captions = 0;
  int64_t titles = 0;
  int64_t corpus_lines = 0;
  double tokens_per_caption =
      0;                        ///< over validation captions, or training ones where there is no "val" split
  int64_t longest_caption = 0;  ///< tokens
};

/// Writes the model to `model_path`. Only records of split "train" (all, where no record has a split) are
/// read.
/// @param corpus  path of a text file, plain or compressed, or empty
TokenizerSummary train_tokenizer(const TokenizerConfig& config, const data::Dataset& dataset,
                                 const std::string& corpus, uint64_t seed, const std::string& model_path,
                                 Logger& logger);

}  // namespace clamp::train
