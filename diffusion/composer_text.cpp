#include "diffusion/composer_text.h"

#include <algorithm>
#include <cctype>

namespace clamp::diffusion {
namespace {

constexpr size_t kShortest = 3;  // letters of a group
constexpr size_t kLongest = 5;

// FNV-1a, the same on every platform.
int64_t bucket(char kind, const std::string& text) {
  uint64_t hash = 14695981039346656037ULL;
  const auto add = [&](char c) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  };
  add(kind);
  for (const char c : text) add(c);
  hash ^= hash >> 32;
  return static_cast<int64_t>(hash % static_cast<uint64_t>(kTextBuckets));
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Without punctuation at its ends; "4,4'-bipyridine" and "Zn(II)" stay whole.
std::string stripped(const std::string& word) {
  const std::string outer = ".,;:!?\"";
  const auto begin = word.find_first_not_of(outer);
  if (begin == std::string::npos) return "";
  return word.substr(begin, word.find_last_not_of(outer) - begin + 1);
}

std::vector<int64_t> features_of(const std::string& word) {
  std::vector<int64_t> features = {bucket('w', word), bucket('l', lower(word))};
  // Parts between marks: "Zn-BDC" is about zinc and about BDC.
  std::string part;
  for (size_t k = 0; k <= word.size(); ++k) {
    const bool mark = k == word.size() || std::string("-/()[]{}+=,").find(word[k]) != std::string::npos;
    if (!mark) {
      part += word[k];
      continue;
    }
    if (part.size() < word.size() && !part.empty()) features.push_back(bucket('w', part));
    part.clear();
  }
  const std::string padded = "<" + lower(word) + ">";
  for (size_t length = kShortest; length <= kLongest; ++length) {
    for (size_t k = 0; k + length <= padded.size(); ++k)
      features.push_back(bucket('g', padded.substr(k, length)));
  }
  return features;
}

}  // namespace

std::vector<std::vector<int64_t>> text_features(const std::string& text) {
  std::vector<std::vector<int64_t>> words;
  std::string word;
  for (size_t k = 0; k <= text.size() && words.size() < kMaxWords; ++k) {
    if (k < text.size() && !std::isspace(static_cast<unsigned char>(text[k]))) {
      word += text[k];
      continue;
    }
    const auto clean = stripped(word);
    if (!clean.empty()) words.push_back(features_of(clean));
    word.clear();
  }
  if (words.empty()) words.push_back({bucket('e', "")});
  return words;
}

}  // namespace clamp::diffusion
