#include "data/caption.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "core/elements.h"
#include "data/caption_facts.h"
#include "data/caption_vocabulary.h"

namespace clamp::data {
namespace {

using Words = std::vector<std::string>;

const std::string& pick(const Words& words, Rng& rng) { return words[rng.below(words.size())]; }

bool chance(double p, Rng& rng) { return rng.uniform() < p; }

/// How many facts a caption names: mostly two to four, as prompts do.
size_t draw_count(Rng& rng) {
  constexpr std::array<double, 7> cumulative{0.12, 0.38, 0.65, 0.84, 0.93, 0.98, 1.0};
  const double u = rng.uniform();
  for (size_t i = 0; i < cumulative.size(); ++i) {
    if (u < cumulative[i]) return i + 1;
  }
  return cumulative.size();
}

/// `n` facts without replacement, each with chance proportional to its weight; `favour` multiplies those it
/// accepts.
template <class F>
std::vector<Fact> draw_facts(std::vector<Fact> facts, size_t n, const F& favour, Rng& rng) {
  std::vector<Fact> drawn;
  while (drawn.size() < n && !facts.empty()) {
    double total = 0;
    for (const Fact& fact : facts) total += fact.weight * favour(fact);
    double u = rng.uniform() * total;
    size_t k = 0;
    while (k + 1 < facts.size() && (u -= facts[k].weight * favour(facts[k])) >= 0) ++k;
    drawn.push_back(std::move(facts[k]));
    facts.erase(facts.begin() + static_cast<std::ptrdiff_t>(k));
  }
  return drawn;
}

std::vector<Fact> draw_facts(const std::vector<Fact>& facts, size_t n, Rng& rng) {
  return draw_facts(
      facts, n, [](const Fact&) { return 1.0; }, rng);
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.compare(0, start.size(), start) == 0;
}

/// "a zinc", "an Al" (read aluminium), "a europium", "an MOF" never stands alone here: "a MOF".
std::string with_article(const std::string& text) {
  std::string first = text.substr(0, text.find_first_of(" -/,"));
  const int z = first.size() <= 2 ? atomic_number_of(first) : 0;
  if (z > 0 && !metal_name(z).empty()) first = metal_name(z);
  std::transform(first.begin(), first.end(), first.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  const bool vowel = !first.empty() && std::string("aeio").find(first[0]) != std::string::npos;
  const bool sounded = starts_with(first, "ultra") || starts_with(first, "urotropine");
  const bool silent = starts_with(first, "eu") || starts_with(first, "one");
  return ((vowel && !silent) || sounded ? "an " : "a ") + text;
}

std::string joined(const Words& words, const std::string& separator) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : separator) + word;
  return text;
}

std::string joined_with_and(const Words& words) {
  if (words.size() < 2) return joined(words, "");
  return joined(Words(words.begin(), words.end() - 1), ", ") + " and " + words.back();
}

void shuffle(Words& words, Rng& rng) {
  for (size_t i = words.size(); i > 1; --i) std::swap(words[i - 1], words[rng.below(i)]);
}

std::string capitalised(std::string text) {
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

/// Puts phrases in an order that reads well: "of ...", "built from ...", then all "with ..." joined, "in
/// ...", "that ...".
std::string trailing(const Words& phrases) {
  Words of, made, with, in, that;
  for (const std::string& phrase : phrases) {
    if (starts_with(phrase, "with ")) {
      with.push_back(with.empty() ? phrase : phrase.substr(5));
    } else {
      (starts_with(phrase, "of ")     ? of
       : starts_with(phrase, "in ")   ? in
       : starts_with(phrase, "that ") ? that
                                      : made)
          .push_back(phrase);
    }
  }
  Words all = of;
  all.insert(all.end(), made.begin(), made.end());
  if (!with.empty()) all.push_back(joined_with_and(with));
  all.insert(all.end(), in.begin(), in.end());
  if (!that.empty()) all.push_back(joined_with_and(that));
  return joined(all, " ");
}

/// Adjectives in the order of kinds, noun, then the phrases behind it.
std::string noun_phrase(std::vector<Fact> facts, const std::string& noun, Rng& rng) {
  std::stable_sort(facts.begin(), facts.end(), [](const Fact& a, const Fact& b) { return a.kind < b.kind; });
  Words before, after;
  bool linker_before = false;
  for (const Fact& fact : facts) {
    bool front = !fact.before.empty() && (fact.after.empty() || chance(0.7, rng));
    const bool linker = fact.kind == FactKind::kLinker || fact.kind == FactKind::kLinkerKind;
    if (linker) front = front && !linker_before && chance(0.3, rng);
    if (before.size() >= 4 && !fact.after.empty()) front = false;
    if (front) {
      before.push_back(pick(fact.before, rng));
      linker_before = linker_before || linker;
    } else if (!fact.after.empty()) {
      after.push_back(pick(fact.after, rng));
    } else {
      after.push_back("with " + pick(fact.keywords, rng));
    }
  }
  shuffle(after, rng);
  std::string text = joined(before, " ");
  text += (text.empty() ? "" : " ") + noun;
  if (!after.empty()) text += " " + trailing(after);
  return text;
}

/// Title case: words of letters get a capital, small words, symbols, codes and numbers stay.
std::string title_case(const std::string& text) {
  static const Words small{"a",    "an",   "and", "in", "of",  "on",  "the",
                           "with", "from", "as",  "by", "per", "that"};
  std::string out, word;
  const auto flush = [&] {
    const bool letters = std::all_of(word.begin(), word.end(),
                                     [](unsigned char c) { return std::islower(c) != 0 || c == '-'; });
    const bool keep =
        !letters || word.size() < 4 || std::find(small.begin(), small.end(), word) != small.end();
    if (!keep) {
      for (size_t i = 0; i < word.size(); ++i) {
        if (i == 0 || word[i - 1] == '-')
          word[i] = static_cast<char>(std::toupper(static_cast<unsigned char>(word[i])));
      }
    }
    out += word;
    word.clear();
  };
  for (const char c : text) {
    if (c == ' ') {
      flush();
      out += c;
    } else {
      word += c;
    }
  }
  flush();
  return capitalised(out);
}

bool is_number_fact(const Fact& fact) {
  switch (fact.kind) {
    case FactKind::kPoreLimit:
    case FactKind::kCavity:
    case FactKind::kVoid:
    case FactKind::kSurface:
    case FactKind::kGap:
    case FactKind::kDensity:
      return true;
    default:
      return false;
  }
}

/// A keyword without the name of its quantity: "PLD 5.2 Å" -> "5.2 Å".
std::string bare_value(std::string text) {
  for (const char* label :
       {"PBE band gap ", "band gap ", "pore limiting diameter ", "PLD ", "LCD ", "largest cavity ",
        "space group ", "density ", "void fraction ", "surface area "}) {
    if (starts_with(text, label) && text.size() > std::string(label).size())
      return text.substr(std::string(label).size());
  }
  for (const char* label : {" topology", " net"}) {
    const size_t length = std::string(label).size();
    if (text.size() > length && text.compare(text.size() - length, length, label) == 0)
      text.resize(text.size() - length);
  }
  return text;
}

Words keywords_of(const std::vector<Fact>& facts, Rng& rng) {
  Words words;
  for (const Fact& fact : facts) words.push_back(pick(fact.keywords, rng));
  return words;
}

class Writer {
 public:
  Writer(const Record& record, Rng& rng) : facts_(facts_of(record)), nouns_(nouns_of(record)), rng_(rng) {}

  std::string keywords() {
    Words words = keywords_of(draw_facts(facts_, 1 + draw_count(rng_), rng_), rng_);
    if (words.empty() || chance(0.4, rng_)) words.push_back(noun());
    shuffle(words, rng_);
    // Blanks only between single words: "space group P1 bipy" would read as one name.
    const bool single = std::none_of(words.begin(), words.end(),
                                     [](const std::string& w) { return w.find(' ') != std::string::npos; });
    static const Words separators{", ", ", ", ", ", "; ", " / "};
    return joined(words, single && chance(0.5, rng_) ? " " : pick(separators, rng_));
  }

  std::string phrase() { return noun_phrase(draw_facts(facts_, draw_count(rng_), rng_), noun(), rng_); }

  std::string sentence() {
    std::vector<Fact> facts = draw_facts(facts_, 1 + draw_count(rng_), rng_);
    // A second sentence for what stands behind the noun in the first.
    std::vector<Fact> second;
    if (facts.size() >= 4) {
      const auto split = std::stable_partition(facts.begin(), facts.end(), [](const Fact& f) {
        return !f.before.empty() || !starts_with(f.after.empty() ? "" : f.after[0], "with ");
      });
      second.assign(split, facts.end());
      facts.erase(split, facts.end());
    }
    static const Words starts{"This is ", "The structure is ", "It is ", "The compound is "};
    std::string text = pick(starts, rng_) + with_article(noun_phrase(facts, noun(), rng_)) + ".";
    Words has;
    for (const Fact& fact : second) {
      const std::string& after = pick(fact.after, rng_);
      if (starts_with(after, "with ")) has.push_back(after.substr(5));
    }
    if (!has.empty()) text += " It has " + joined_with_and(has) + ".";
    return text;
  }

  std::string title() {
    const std::string body = noun_phrase(draw_facts(facts_, 1 + draw_count(rng_) / 2, rng_), noun(), rng_);
    switch (rng_.below(4)) {
      case 0:
        return title_case(body);
      case 1:
        return title_case("crystal structure of " + with_article(body));
      case 2:
        return capitalised("structure of " + with_article(body));
      default:
        return title_case(with_article(body));
    }
  }

  std::string question() {
    static const Words starts{"Is there ",       "Can you find ", "Do you know ",
                              "Could you make ", "What does ",    "Can you design "};
    const std::string start = pick(starts, rng_);
    const std::string body = with_article(phrase());
    if (start == "What does ") return start + body + " look like?";
    return start + body + "?";
  }

  std::string request() {
    static const Words starts{"Generate ", "Design ", "Make ",   "Give me ",      "I need ",
                              "Show me ",  "Find ",   "Create ", "Please build ", "I am looking for "};
    std::string text = pick(starts, rng_) + with_article(phrase());
    if (chance(0.3, rng_))
      text = std::string(1, static_cast<char>(std::tolower(static_cast<unsigned char>(text[0])))) +
             text.substr(1);
    if (starts_with(text, "i ")) text[0] = 'I';
    return chance(0.4, rng_) ? text + "." : text;
  }

  std::string formula_first() {
    const auto formula = std::find_if(facts_.begin(), facts_.end(),
                                      [](const Fact& f) { return f.kind == FactKind::kFormula; });
    if (formula == facts_.end()) return phrase();
    const std::string name = pick(formula->keywords, rng_);
    facts_.erase(formula);
    const std::string body = phrase();
    switch (rng_.below(3)) {
      case 0:
        return name + ": " + body;
      case 1:
        return name + ", " + with_article(body);
      default:
        return name + " is " + with_article(body);
    }
  }

  std::string properties() {
    const auto favour = [](const Fact& fact) { return is_number_fact(fact) ? 8.0 : 0.2; };
    std::vector<Fact> facts = draw_facts(facts_, 1 + draw_count(rng_) / 2, favour, rng_);
    Words words = keywords_of(facts, rng_);
    if (words.empty()) return noun();
    const auto named = std::find_if(facts_.begin(), facts_.end(), [](const Fact& f) {
      return f.kind == FactKind::kMetal && !f.before.empty();
    });
    const bool has_metal =
        std::any_of(facts.begin(), facts.end(), [](const Fact& f) { return f.kind == FactKind::kMetal; });
    const bool add = named != facts_.end() && !has_metal && chance(0.6, rng_);
    const std::string subject = add ? pick(named->before, rng_) + " " + noun() : noun();
    // Codes of nets are written small also at the beginning.
    const bool small = facts.front().kind == FactKind::kTopology;
    const std::string list = small ? joined(words, ", ") : capitalised(joined(words, ", "));
    if (chance(0.5, rng_)) return list + ", " + subject;
    return capitalised(subject) + ": " + joined(words, ", ");
  }

  std::string attributes() {
    std::map<std::string, Words> values;
    Words order;
    for (const Fact& fact : draw_facts(facts_, 1 + draw_count(rng_), rng_)) {
      Words& list = values[fact.key];
      if (list.empty()) order.push_back(fact.key);
      list.push_back(bare_value(pick(fact.keywords, rng_)));
    }
    if (order.empty()) return noun();
    Words lines;
    for (const std::string& key : order) lines.push_back(key + ": " + joined(values[key], ", "));
    return joined(lines, chance(0.7, rng_) ? "; " : ", ");
  }

  /// "Zn-BDC MOF": metals and linkers as chemists abbreviate them, then keywords.
  std::string notation() {
    Words parts;
    std::vector<Fact> rest;
    for (const Fact& fact : facts_) {
      if (fact.kind == FactKind::kMetal && fact.key == "metal" && parts.empty()) {
        std::string symbols = fact.keywords[0];
        for (size_t at = symbols.find(", "); at != std::string::npos; at = symbols.find(", "))
          symbols.replace(at, 2, "/");
        parts.push_back(symbols);
      } else if (fact.kind == FactKind::kLinker && parts.size() < 3) {
        parts.push_back(fact.keywords[rng_.below(std::min<size_t>(3, fact.keywords.size()))]);
      } else {
        rest.push_back(fact);
      }
    }
    if (parts.empty()) return phrase();
    std::string text = joined(parts, "-");
    if (chance(0.6, rng_)) text += " " + noun();
    const Words more = keywords_of(draw_facts(rest, draw_count(rng_) - 1, rng_), rng_);
    return more.empty() ? text : text + ", " + joined(more, ", ");
  }

 private:
  std::string noun() { return pick(nouns_, rng_); }

  std::vector<Fact> facts_;
  Words nouns_;
  Rng& rng_;
};

}  // namespace

std::string make_caption(const Record& record, CaptionStyle style, Rng& rng) {
  Writer writer(record, rng);
  switch (style) {
    case CaptionStyle::kKeywords:
      return writer.keywords();
    case CaptionStyle::kPhrase:
      return writer.phrase();
    case CaptionStyle::kSentence:
      return writer.sentence();
    case CaptionStyle::kTitle:
      return writer.title();
    case CaptionStyle::kQuestion:
      return writer.question();
    case CaptionStyle::kRequest:
      return writer.request();
    case CaptionStyle::kFormulaFirst:
      return writer.formula_first();
    case CaptionStyle::kProperties:
      return writer.properties();
    case CaptionStyle::kAttributes:
      return writer.attributes();
    case CaptionStyle::kNotation:
      return writer.notation();
  }
  return writer.phrase();
}

std::string make_caption(const Record& record, Rng& rng) {
  // Phrases and requests are what users type most.
  static const std::vector<CaptionStyle> shares{
      CaptionStyle::kKeywords,   CaptionStyle::kKeywords,   CaptionStyle::kPhrase,
      CaptionStyle::kPhrase,     CaptionStyle::kPhrase,     CaptionStyle::kSentence,
      CaptionStyle::kSentence,   CaptionStyle::kTitle,      CaptionStyle::kQuestion,
      CaptionStyle::kRequest,    CaptionStyle::kRequest,    CaptionStyle::kFormulaFirst,
      CaptionStyle::kProperties, CaptionStyle::kAttributes, CaptionStyle::kNotation,
      CaptionStyle::kNotation};
  return make_caption(record, shares[rng.below(shares.size())], rng);
}

}  // namespace clamp::data
