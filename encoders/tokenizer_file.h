// The tokenizer of a checkpoint folder: tokenizer.json (unigram or byte-level BPE) or tokenizer.model
// (sentencepiece).
#pragma once

#include <memory>
#include <string>

#include "encoders/tokenizer.h"

namespace clamp::encoders {

/// <directory>/tokenizer.json where it is there, else <directory>/tokenizer.model (there or not).
std::string tokenizer_file(const std::string& directory);
std::string tokenizer_json_file(const std::string& directory);       ///< <directory>/tokenizer.json
std::string sentencepiece_model_file(const std::string& directory);  ///< <directory>/tokenizer.model

/// The tokenizer in `path`: JSON where the file begins with "{", else a sentencepiece model. Throws
/// clamp::Error naming the path.
std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path);

/// FNV-1a of 64 bits in hexadecimal: the fingerprint of a tokenizer's file.
std::string hash_of_bytes(const std::string& bytes);

}  // namespace clamp::encoders
