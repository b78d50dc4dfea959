// Byte-level BPE tokenizer of CLIP (Radford et al., arXiv:2103.00020), from its vocab.json and merges.txt.
//
// The text is brought to NFC and lower case, runs of white space become one blank, then it is split into
// words (contractions, runs of letters, single digits, runs of other characters); each word's bytes are
// written as printable characters, the last with "</w>", and merged pair by pair in the order of the merges.
// Start and end tokens are not among the ids: the encoder adds them.
#pragma once

#include <memory>
#include <string>

#include "encoders/tokenizer.h"

namespace clamp::encoders {

/// @param json    {"type": "bpe", "vocab": {"!": 0, ...}, "merges": ["i n", ...]}
/// @param source  named in errors
/// Throws clamp::Error for anything malformed, or where a merge makes a piece that the vocabulary lacks.
std::unique_ptr<Tokenizer> make_bpe_tokenizer(const std::string& json, const std::string& source);

/// The JSON that make_bpe_tokenizer reads, from the contents of CLIP's two files.
std::string bpe_tokenizer_json(const std::string& vocab_json, const std::string& merges_txt,
                               const std::string& source);

}  // namespace clamp::encoders
