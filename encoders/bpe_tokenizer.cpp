#include "encoders/bpe_tokenizer.h"

#include <fmt/format.h>
#include <unicode/locid.h>
#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <array>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <vector>

#include "core/error.h"
#include "encoders/tokenizer_file.h"

namespace clamp::encoders {
namespace {

using Json = nlohmann::json;

const std::string kWordEnd = "</w>";

std::string utf8_of(UChar32 c) {
  std::string text;
  icu::UnicodeString(c).toUTF8String(text);
  return text;
}

/// Byte -> printable character: printable Latin-1 bytes stand for themselves, the others for 256, 257, ...
const std::array<std::string, 256>& byte_characters() {
  static const std::array<std::string, 256> table = [] {
    std::array<std::string, 256> t;
    UChar32 next = 256;
    for (int byte = 0; byte < 256; ++byte) {
      const bool printable = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
      t[static_cast<size_t>(byte)] = utf8_of(printable ? byte : next++);
    }
    return t;
  }();
  return table;
}

enum class CharacterKind { kBlank, kLetter, kDigit, kOther };

CharacterKind kind_of(UChar32 c) {
  if (u_isUWhiteSpace(c) != 0) return CharacterKind::kBlank;
  const auto mask = U_GET_GC_MASK(c);
  if ((mask & U_GC_L_MASK) != 0) return CharacterKind::kLetter;
  return (mask & U_GC_N_MASK) != 0 ? CharacterKind::kDigit : CharacterKind::kOther;
}

/// Length of a contraction ("'s", "'re", ...) at `at`, or 0.
int32_t contraction_at(const icu::UnicodeString& text, int32_t at) {
  for (const char* const ending : {"'s", "'t", "'re", "'ve", "'m", "'ll", "'d"}) {
    const icu::UnicodeString wanted(ending);
    if (text.compare(at, wanted.length(), wanted) == 0) return wanted.length();
  }
  return 0;
}

std::vector<std::string> words_of(const icu::UnicodeString& text) {
  std::vector<std::string> words;
  for (int32_t at = 0; at < text.length();) {
    const auto kind = kind_of(text.char32At(at));
    int32_t end = text.moveIndex32(at, 1);
    if (kind == CharacterKind::kBlank) {
      at = end;
      continue;
    }
    if (const int32_t length = contraction_at(text, at)) {
      end = at + length;
    } else if (kind != CharacterKind::kDigit) {
      while (end < text.length() && kind_of(text.char32At(end)) == kind) end = text.moveIndex32(end, 1);
    }
    std::string word;
    text.tempSubStringBetween(at, end).toUTF8String(word);
    words.push_back(word);
    at = end;
  }
  return words;
}

class BpeTokenizer final : public Tokenizer {
 public:
  BpeTokenizer(std::map<std::string, int64_t> ids,
               std::map<std::pair<std::string, std::string>, size_t> ranks, std::string fingerprint)
      : ids_(std::move(ids)), ranks_(std::move(ranks)), fingerprint_(std::move(fingerprint)) {
    for (const auto& [piece, id] : ids_) {
      pieces_.resize(std::max(pieces_.size(), static_cast<size_t>(id) + 1));
      pieces_[static_cast<size_t>(id)] = piece;
    }
    for (size_t byte = 0; byte < 256; ++byte) byte_of_[byte_characters()[byte]] = static_cast<char>(byte);
    UErrorCode status = U_ZERO_ERROR;
    nfc_ = icu::Normalizer2::getNFCInstance(status);
    if (U_FAILURE(status)) fail(fmt::format("Unicode normalisation is missing: {}", u_errorName(status)));
  }

  std::vector<int64_t> encode(const std::string& text) const override {
    UErrorCode status = U_ZERO_ERROR;
    auto form = nfc_->normalize(icu::UnicodeString::fromUTF8(text), status);
    if (U_FAILURE(status)) {
      fail(fmt::format("text '{}' cannot be normalised: {}", text.substr(0, 60), u_errorName(status)));
    }
    form.toLower(icu::Locale::getRoot());
    std::vector<int64_t> result;
    for (const auto& word : words_of(form)) {
      for (const auto& piece : merged(word)) {
        const auto found = ids_.find(piece);
        if (found == ids_.end()) fail(fmt::format("text '{}': no piece for '{}'", text.substr(0, 60), piece));
        result.push_back(found->second);
      }
    }
    return result;
  }

  std::string decode(const std::vector<int64_t>& ids) const override {
    std::string text;
    for (const int64_t id : ids) {
      if (id < 0 || id >= vocabulary_size()) {
        fail(fmt::format("token id {} is outside the vocabulary of {}", id, vocabulary_size()));
      }
      std::string piece = pieces_[static_cast<size_t>(id)];
      const bool ends = piece.size() > kWordEnd.size() &&
                        piece.compare(piece.size() - kWordEnd.size(), kWordEnd.size(), kWordEnd) == 0;
      if (ends) piece.resize(piece.size() - kWordEnd.size());
      const auto characters = icu::UnicodeString::fromUTF8(piece);
      for (int32_t at = 0; at < characters.length(); at = characters.moveIndex32(at, 1)) {
        const auto byte = byte_of_.find(utf8_of(characters.char32At(at)));
        if (byte != byte_of_.end()) text += byte->second;
      }
      if (ends) text += ' ';
    }
    if (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
  }

  int64_t vocabulary_size() const override { return static_cast<int64_t>(pieces_.size()); }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  std::vector<std::string> merged(const std::string& word) const {
    std::vector<std::string> parts;
    for (const char c : word) parts.push_back(byte_characters()[static_cast<unsigned char>(c)]);
    parts.back() += kWordEnd;
    while (parts.size() > 1) {
      constexpr auto kNone = std::numeric_limits<size_t>::max();
      size_t best = kNone;
      std::pair<std::string, std::string> pair;
      for (size_t i = 0; i + 1 < parts.size(); ++i) {
        const auto rank = ranks_.find({parts[i], parts[i + 1]});
        if (rank != ranks_.end() && rank->second < best) {
          best = rank->second;
          pair = rank->first;
        }
      }
      if (best == kNone) break;
      std::vector<std::string> next;
      for (size_t i = 0; i < parts.size(); ++i) {
        const bool joins = i + 1 < parts.size() && parts[i] == pair.first && parts[i + 1] == pair.second;
        next.push_back(joins ? parts[i] + parts[i + 1] : parts[i]);
        if (joins) ++i;
      }
      parts = std::move(next);
    }
    return parts;
  }

  std::map<std::string, int64_t> ids_;
  std::map<std::pair<std::string, std::string>, size_t> ranks_;
  std::string fingerprint_;
  std::vector<std::string> pieces_;
  std::map<std::string, char> byte_of_;
  const icu::Normalizer2* nfc_ = nullptr;
};

}  // namespace

std::unique_ptr<Tokenizer> make_bpe_tokenizer(const std::string& json, const std::string& source) {
  const auto document = Json::parse(json, nullptr, /*allow_exceptions=*/false);
  const bool fits = document.is_object() && document.contains("vocab") && document["vocab"].is_object() &&
                    document.contains("merges") && document["merges"].is_array();
  if (!fits) fail(fmt::format("{}: expected a JSON object with 'vocab' and 'merges'", source));
  std::map<std::string, int64_t> ids;
  const auto size = static_cast<int64_t>(document["vocab"].size());
  for (const auto& [piece, id] : document["vocab"].items()) {
    if (!id.is_number_integer() || id.get<int64_t>() < 0 || id.get<int64_t>() >= size) {
      fail(fmt::format("{}: the id of piece '{}' is no number from 0 to {}", source, piece, size - 1));
    }
    ids[piece] = id.get<int64_t>();
  }
  std::map<std::pair<std::string, std::string>, size_t> ranks;
  for (const auto& row : document["merges"]) {
    const auto text = row.is_string() ? row.get<std::string>() : std::string();
    const size_t blank = text.find(' ');
    if (blank == std::string::npos || blank == 0 || blank + 1 == text.size()) {
      fail(fmt::format("{}: merge {} is '{}', expected two pieces", source, ranks.size(), text));
    }
    const std::pair<std::string, std::string> pair = {text.substr(0, blank), text.substr(blank + 1)};
    if (ids.count(pair.first + pair.second) == 0) {
      fail(fmt::format("{}: merge {} makes '{}', which is not in the vocabulary", source, ranks.size(),
                       pair.first + pair.second));
    }
    ranks.emplace(pair, ranks.size());
  }
  return std::make_unique<BpeTokenizer>(std::move(ids), std::move(ranks), hash_of_bytes(json));
}

std::string bpe_tokenizer_json(const std::string& vocab_json, const std::string& merges_txt,
                               const std::string& source) {
  auto vocab = Json::parse(vocab_json, nullptr, /*allow_exceptions=*/false);
  if (vocab.is_discarded()) fail(fmt::format("{}: vocab.json is no JSON", source));
  Json merges = Json::array();
  std::istringstream lines(merges_txt);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.empty() || line.rfind("#version", 0) == 0) continue;
    merges.push_back(line);
  }
  return Json{{"type", "bpe"}, {"vocab", vocab}, {"merges", merges}}.dump(-1, ' ', false,
                                                                          Json::error_handler_t::replace) +
         "\n";
}

}  // namespace clamp::encoders
