#include "apps/prompt_linkers.h"

#include <algorithm>
#include <cctype>
#include <set>

#include "data/caption_vocabulary.h"
#include "evaluate/linker_smiles.h"
#include "evaluate/prompt_metals.h"

namespace clamp::apps {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// "BDC", "1,4-BDC", "H2BDC", "ox": what another case would make another word of.
bool is_abbreviation(const std::string& word) {
  return word.size() <= 4 ||
         std::any_of(word.begin(), word.end(), [](unsigned char c) { return std::isupper(c) != 0; });
}

bool is_alnum(char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; }

/// Whether what stands before `at` makes another word of it: "nitro-isophthalate" is no isophthalate, but
/// "Zn-isophthalate" has one.
bool joins_before(const std::string& text, size_t at) {
  if (at == 0) return false;
  const char before = text[at - 1];
  if (before != '-') return is_alnum(before) || before == ',';
  size_t begin = at - 1;
  while (begin > 0 && is_alnum(text[begin - 1])) --begin;
  return evaluate::metals_in_prompt(text.substr(begin, at - 1 - begin)).empty();
}

struct Word {
  std::string text;
  const std::string* name;
};

std::vector<Word> words_longest_first() {
  std::vector<Word> words;
  for (const auto& ligand : data::known_ligands()) {
    for (const auto& word : ligand.words) words.push_back({word, &ligand.name});
  }
  std::stable_sort(words.begin(), words.end(),
                   [](const Word& a, const Word& b) { return a.text.size() > b.text.size(); });
  return words;
}

}  // namespace

std::vector<std::string> linkers_named(const std::string& text) {
  static const std::vector<Word> words = words_longest_first();
  std::string exact = text, any = lower(text);
  std::set<std::string> names;
  for (const Word& word : words) {
    const bool abbreviation = is_abbreviation(word.text);
    const std::string wanted = abbreviation ? word.text : lower(word.text);
    std::string& where = abbreviation ? exact : any;
    for (size_t at = where.find(wanted); at != std::string::npos; at = where.find(wanted, at + 1)) {
      size_t end = at + wanted.size();
      if (end < where.size() && where[end] == 's') ++end;
      if (joins_before(text, at) || (end < text.size() && is_alnum(text[end]))) continue;
      names.insert(*word.name);
      for (size_t k = at; k < end; ++k) exact[k] = any[k] = '_';
    }
  }
  return {names.begin(), names.end()};
}

std::vector<std::string> linker_molecules_named(const std::string& text) {
  std::vector<std::string> molecules;
  for (const auto& name : linkers_named(text)) {
    auto smiles = evaluate::linker_smiles(name);
    if (!smiles.empty()) molecules.push_back(std::move(smiles));
  }
  return molecules;
}

}  // namespace clamp::apps
