// Texts as the composer reads them: words, each a bag of hashed letter groups.
//
// The composer has its own reader, so that its checkpoint does not depend on the weights or the vocabulary of
// the CLAMP encoders. Letter groups let names that share a stem share features ("terephthalate",
// "terephthalic acid"); the word itself keeps its case ("Co" is a metal, "CO" is not). Source of the idea:
// Bojanowski et al., Enriching Word Vectors with Subword Information, arXiv:1607.04606.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clamp::diffusion {

constexpr int64_t kTextBuckets = 8192;  ///< hash values
constexpr size_t kMaxWords = 48;        ///< of a text; later ones are left out

/// Features of each word, at least one word and one feature each. A function of the text alone.
std::vector<std::vector<int64_t>> text_features(const std::string& text);

}  // namespace clamp::diffusion
