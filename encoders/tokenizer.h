// Text to token ids. The sentencepiece tokenizer runs in a module of its own (sentencepiece_api.h says why).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace clamp::encoders {

class Tokenizer {
 public:
  virtual ~Tokenizer() = default;
  virtual std::vector<int64_t> encode(const std::string& text) const = 0;
  virtual std::string decode(const std::vector<int64_t>& ids) const = 0;
  virtual int64_t vocabulary_size() const = 0;
  /// Hash of the model file, kept in checkpoints that were trained with it.
  virtual std::string fingerprint() const = 0;
};

/// The sentencepiece model in `path`. Thread-safe. Throws clamp::Error naming the path or the module that is
/// missing, and the cause.
std::unique_ptr<Tokenizer> load_sentencepiece(const std::string& path);
/// The same with the module taken from `module_path`.
std::unique_ptr<Tokenizer> load_sentencepiece(const std::string& path, const std::string& module_path);

/// Where the module lies: ../lib/libclamp_sentencepiece.so from the folder of the running program.
std::string default_sentencepiece_module();

struct SentencePieceTraining {
  int64_t vocabulary_size = 8000;      ///< at most: little text gives fewer pieces
  double character_coverage = 0.9995;  ///< rarer characters are written as bytes
  int64_t threads = 1;                 ///< the result may depend on it in the last digits of the scores
};

/// Trains a unigram model (Kudo, arXiv:1804.10959) with byte fall-back; id 0 pads, 1 is unknown, 2 ends a
/// text.
/// @param next_sentence  writes the next sentence and returns true, or returns false at the end
/// @return               the bytes of the model file
/// Throws clamp::Error, also where there are no sentences or more characters than the vocabulary can hold.
std::string train_sentencepiece(const SentencePieceTraining& config,
                                const std::function<bool(std::string&)>& next_sentence);

constexpr int64_t kPadId = 0;

}  // namespace clamp::encoders
