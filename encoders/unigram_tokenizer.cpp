#include "encoders/unigram_tokenizer.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/unistr.h>

#include <nlohmann/json.hpp>
#include <unordered_map>
#include <vector>

#include "core/error.h"
#include "encoders/tokenizer_file.h"

namespace clamp::encoders {
namespace {

constexpr char32_t kBlankMark = U'\u2581';
constexpr int64_t kUnknown = 0;

struct Piece {
  std::string text;  ///< UTF-8
  double score = 0;
  size_t length = 0;  ///< characters
};

std::u32string characters_of(const icu::UnicodeString& text) {
  std::u32string characters;
  for (int32_t i = 0; i < text.length(); i = text.moveIndex32(i, 1)) {
    characters.push_back(static_cast<char32_t>(text.char32At(i)));
  }
  return characters;
}

/// Pieces by their characters: nodes of a trie, edges in one table.
class PieceTrie {
 public:
  void insert(const std::u32string& piece, int64_t id) {
    size_t node = 0;
    for (const char32_t c : piece) {
      const auto [edge, added] = edges_.emplace(key(node, c), ids_.size());
      if (added) ids_.push_back(-1);
      node = edge->second;
    }
    ids_[node] = id;
  }
  /// Calls found(length, id) for every piece that begins at text[begin].
  template <typename Found>
  void prefixes(const std::u32string& text, size_t begin, const Found& found) const {
    size_t node = 0;
    for (size_t i = begin; i < text.size(); ++i) {
      const auto edge = edges_.find(key(node, text[i]));
      if (edge == edges_.end()) return;
      node = edge->second;
      if (ids_[node] >= 0) found(i + 1 - begin, ids_[node]);
    }
  }

 private:
  static uint64_t key(size_t node, char32_t c) { return static_cast<uint64_t>(node) << 21 | c; }
  std::unordered_map<uint64_t, size_t> edges_;
  std::vector<int64_t> ids_ = {-1};  ///< of the piece that ends at a node, or -1
};

class UnigramTokenizer final : public Tokenizer {
 public:
  UnigramTokenizer(std::vector<Piece> pieces, std::string fingerprint)
      : pieces_(std::move(pieces)), fingerprint_(std::move(fingerprint)) {
    UErrorCode status = U_ZERO_ERROR;
    nfkc_ = icu::Normalizer2::getNFKCInstance(status);
    if (U_FAILURE(status)) fail(fmt::format("Unicode normalisation is missing: {}", u_errorName(status)));
    for (size_t id = 0; id < pieces_.size(); ++id) {
      const auto characters = characters_of(icu::UnicodeString::fromUTF8(pieces_[id].text));
      pieces_[id].length = characters.size();
      if (static_cast<int64_t>(id) >= kReservedPieces) trie_.insert(characters, static_cast<int64_t>(id));
    }
  }

  std::vector<int64_t> encode(const std::string& text) const override {
    const auto characters = normalized(text);
    const size_t n = characters.size();
    // Best cut of the first `end` characters: score and last piece. A score of 0 means "none so far", as in
    // the runtime that this follows.
    std::vector<double> best(n + 1, 0.0);
    std::vector<int64_t> last(n + 1, kUnknown);
    std::vector<std::vector<std::pair<size_t, int64_t>>> ending(n + 1);  // (begin, id), begins ascending
    for (size_t begin = 0; begin < n; ++begin) {
      bool any = false;
      trie_.prefixes(characters, begin, [&](size_t length, int64_t id) {
        ending[begin + length].emplace_back(begin, id);
        any = true;
      });
      if (!any) ending[begin + 1].emplace_back(begin, kUnknown);
    }
    for (size_t end = 1; end <= n; ++end) {
      for (const auto& [begin, id] : ending[end]) {
        const double piece_score = id == kUnknown ? 0.0 : pieces_[static_cast<size_t>(id)].score;
        const double score = piece_score + best[begin];
        if (best[end] != 0.0 && score < best[end]) continue;
        best[end] = score;
        last[end] = id;
      }
    }
    return traced(last);
  }

  std::string decode(const std::vector<int64_t>& ids) const override {
    static const std::string mark = "\u2581";
    std::string text;
    for (const int64_t id : ids) {
      if (id < 0 || id >= vocabulary_size()) {
        fail(fmt::format("token id {} is outside the vocabulary of {}", id, vocabulary_size()));
      }
      text += pieces_[static_cast<size_t>(id)].text;
    }
    for (size_t at = text.find(mark); at != std::string::npos; at = text.find(mark, at)) {
      text.replace(at, mark.size(), " ");
    }
    return text.empty() || text[0] != ' ' ? text : text.substr(1);
  }

  int64_t vocabulary_size() const override { return static_cast<int64_t>(pieces_.size()); }
  std::string fingerprint() const override { return fingerprint_; }

 private:
  std::u32string normalized(const std::string& text) const {
    UErrorCode status = U_ZERO_ERROR;
    const auto form = nfkc_->normalize(icu::UnicodeString::fromUTF8(text), status);
    if (U_FAILURE(status)) {
      fail(fmt::format("text '{}' cannot be normalised: {}", text.substr(0, 60), u_errorName(status)));
    }
    auto characters = characters_of(form);
    if (characters.empty()) return characters;
    for (char32_t& c : characters) {
      if (c == U' ') c = kBlankMark;
    }
    return kBlankMark + characters;
  }

  /// Follows the last pieces from the end; runs of unknowns become one.
  std::vector<int64_t> traced(const std::vector<int64_t>& last) const {
    std::vector<int64_t> ids;
    for (size_t end = last.size() - 1; end > 0;) {
      const int64_t id = last[end];
      if (id != kUnknown || ids.empty() || ids.back() != kUnknown) ids.push_back(id);
      end -= id == kUnknown ? 1 : pieces_[static_cast<size_t>(id)].length;
    }
    return {ids.rbegin(), ids.rend()};
  }

  std::vector<Piece> pieces_;
  std::string fingerprint_;
  PieceTrie trie_;
  const icu::Normalizer2* nfkc_ = nullptr;
};

}  // namespace

std::unique_ptr<Tokenizer> make_unigram_tokenizer(const std::string& json, const std::string& source) {
  const auto document = nlohmann::json::parse(json, nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("pieces") || !document["pieces"].is_array()) {
    fail(fmt::format("{}: expected a JSON object with a list 'pieces'", source));
  }
  std::vector<Piece> pieces;
  for (const auto& row : document["pieces"]) {
    const bool fits = row.is_array() && row.size() == 2 && row[0].is_string() && row[1].is_number();
    if (!fits || row[0].get<std::string>().empty()) {
      fail(fmt::format("{}: piece {} is {}, expected [text, score]", source, pieces.size(),
                       row.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace).substr(0, 80)));
    }
    pieces.push_back({row[0].get<std::string>(), row[1].get<double>(), 0});
  }
  if (static_cast<int64_t>(pieces.size()) <= kReservedPieces) {
    fail(fmt::format("{}: {} pieces, expected more than the {} reserved ones", source, pieces.size(),
                     kReservedPieces));
  }
  return std::make_unique<UnigramTokenizer>(std::move(pieces), hash_of_bytes(json));
}

}  // namespace clamp::encoders
