// Unigram tokenizer (Kudo, arXiv:1804.10959) of a list of pieces with scores, as the Universal Sentence
// Encoder Lite uses it.
//
// A text is brought to Unicode NFKC, gets "▁" in front and in place of each blank, and is cut into the pieces
// with the highest sum of scores. A character that begins no piece is unknown (id 0, score 0); neighbouring
// unknowns are one. Ties and the treatment of unknowns follow the model's own JavaScript runtime
// (@energetic-ai/embeddings 0.2.0).
#pragma once

#include <memory>
#include <string>

#include "encoders/tokenizer.h"

namespace clamp::encoders {

constexpr int64_t kReservedPieces = 6;  ///< the first ids, which stand for no text

/// @param json    {"type": "unigram", "pieces": [["▁the", -3.57], ...]}, id = position
/// @param source  named in errors
/// Throws clamp::Error for anything malformed.
std::unique_ptr<Tokenizer> make_unigram_tokenizer(const std::string& json, const std::string& source);

}  // namespace clamp::encoders
