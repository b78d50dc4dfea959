#include "train/tokenizer_trainer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <vector>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/caption.h"
#include "encoders/tokenizer.h"
#include "train/text_lines.h"

namespace clamp::train {
namespace {

constexpr uint64_t kCaptionStream = 1;
constexpr uint64_t kCheckStream = 2;
constexpr int64_t kCheckedCaptions = 1000;

/// Cut at a UTF-8 character border.
std::string shortened(const std::string& text, int64_t max_bytes) {
  if (static_cast<int64_t>(text.size()) <= max_bytes) return text;
  auto end = static_cast<size_t>(max_bytes);
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end);
}

std::vector<int64_t> training_records(const data::Dataset& dataset) {
  constexpr int64_t kAnySize = std::numeric_limits<int64_t>::max();
  auto indices = dataset.indices("train", kAnySize);
  return indices.empty() ? dataset.indices("", kAnySize) : indices;
}

/// Every k-th line, so that `wanted` lines come from the whole corpus.
void add_corpus(const std::string& path, const TokenizerConfig& config, std::vector<std::string>& sentences,
                TokenizerSummary& summary) {
  int64_t total = 0;
  std::string line;
  for (TextLines lines(path); lines.next(line);) ++total;
  const int64_t wanted = std::min(total, config.corpus_lines);
  int64_t seen = 0;
  for (TextLines lines(path); lines.next(line); ++seen) {
    if (summary.corpus_lines * total > seen * wanted || line.empty()) continue;
    sentences.push_back(shortened(line, config.max_sentence_characters));
    ++summary.corpus_lines;
  }
}

void add_captions(const data::Dataset& dataset, const TokenizerConfig& config, uint64_t seed,
                  std::vector<std::string>& sentences, TokenizerSummary& summary) {
  for (const int64_t index : training_records(dataset)) {
    const auto record = dataset.read(index);
    Rng rng(derive_seed(derive_seed(seed, kCaptionStream), static_cast<uint64_t>(index)));
    for (int64_t i = 0; i < config.captions_per_record; ++i) {
      sentences.push_back(shortened(data::make_caption(record, rng), config.max_sentence_characters));
      ++summary.captions;
    }
    for (const auto& text : record.texts) {
      sentences.push_back(shortened(text, config.max_sentence_characters));
      ++summary.titles;
    }
  }
}

void measure(const data::Dataset& dataset, const std::string& model_path, uint64_t seed,
             TokenizerSummary& summary) {
  const auto tokenizer = encoders::load_sentencepiece(model_path);
  summary.vocabulary = tokenizer->vocabulary_size();
  auto indices = dataset.indices("val", std::numeric_limits<int64_t>::max());
  if (indices.empty()) indices = training_records(dataset);
  if (static_cast<int64_t>(indices.size()) > kCheckedCaptions) indices.resize(kCheckedCaptions);
  int64_t tokens = 0;
  for (const int64_t index : indices) {
    Rng rng(derive_seed(derive_seed(seed, kCheckStream), static_cast<uint64_t>(index)));
    const auto n =
        static_cast<int64_t>(tokenizer->encode(data::make_caption(dataset.read(index), rng)).size());
    tokens += n;
    summary.longest_caption = std::max(summary.longest_caption, n);
  }
  if (!indices.empty()) {
    summary.tokens_per_caption = static_cast<double>(tokens) / static_cast<double>(indices.size());
  }
}

}  // namespace

void read(YamlMap& map, TokenizerConfig& config) {
  map.get("vocabulary", config.vocabulary, 300, 1'000'000);
  map.get("character_coverage", config.character_coverage, 0.9, 1.0);
  map.get("captions_per_record", config.captions_per_record, 0, 1000);
  map.get("corpus_lines", config.corpus_lines, 0);
  map.get("max_sentence_characters", config.max_sentence_characters, 16, 16000);
}

std::string to_yaml(const TokenizerConfig& config, int indent) {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}vocabulary: {1}\n{0}character_coverage: {2}\n{0}captions_per_record: {3}\n{0}corpus_lines: {4}\n"
      "{0}max_sentence_characters: {5}\n",
      space, config.vocabulary, config.character_coverage, config.captions_per_record, config.corpus_lines,
      config.max_sentence_characters);
}

TokenizerSummary train_tokenizer(const TokenizerConfig& config, const data::Dataset& dataset,
                                 const std::string& corpus, uint64_t seed, const std::string& model_path,
                                 Logger& logger) {
  TokenizerSummary summary;
  std::vector<std::string> sentences;
  add_captions(dataset, config, seed, sentences, summary);
  if (!corpus.empty()) add_corpus(corpus, config, sentences, summary);
  logger.info(fmt::format("tokenizer: {} pieces from {} captions, {} titles, {} corpus lines",
                          config.vocabulary, summary.captions, summary.titles, summary.corpus_lines));
  encoders::SentencePieceTraining training;
  training.vocabulary_size = config.vocabulary;
  training.character_coverage = config.character_coverage;
  size_t position = 0;
  const auto model = encoders::train_sentencepiece(training, [&](std::string& sentence) {
    if (position == sentences.size()) return false;
    sentence = sentences[position++];
    return true;
  });
  write_file_atomically(model_path, model);
  measure(dataset, model_path, seed, summary);
  if (summary.vocabulary < config.vocabulary) {
    logger.warn(
        fmt::format("the text gives {} pieces, {} were asked for", summary.vocabulary, config.vocabulary));
  }
  return summary;
}

}  // namespace clamp::train
