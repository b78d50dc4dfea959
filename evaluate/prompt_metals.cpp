#include "evaluate/prompt_metals.h"

#include <cctype>
#include <set>
#include <utility>

#include "core/elements.h"

namespace clamp::evaluate {
namespace {

const std::pair<const char*, const char*> kNames[] = {
    {"lithium", "Li"},      {"sodium", "Na"},    {"potassium", "K"},   {"rubidium", "Rb"},
    {"caesium", "Cs"},      {"cesium", "Cs"},    {"beryllium", "Be"},  {"magnesium", "Mg"},
    {"calcium", "Ca"},      {"strontium", "Sr"}, {"barium", "Ba"},     {"scandium", "Sc"},
    {"yttrium", "Y"},       {"titanium", "Ti"},  {"zirconium", "Zr"},  {"hafnium", "Hf"},
    {"vanadium", "V"},      {"niobium", "Nb"},   {"tantalum", "Ta"},   {"chromium", "Cr"},
    {"molybdenum", "Mo"},   {"tungsten", "W"},   {"manganese", "Mn"},  {"technetium", "Tc"},
    {"rhenium", "Re"},      {"iron", "Fe"},      {"ruthenium", "Ru"},  {"osmium", "Os"},
    {"cobalt", "Co"},       {"rhodium", "Rh"},   {"iridium", "Ir"},    {"nickel", "Ni"},
    {"palladium", "Pd"},    {"platinum", "Pt"},  {"copper", "Cu"},     {"silver", "Ag"},
    {"gold", "Au"},         {"zinc", "Zn"},      {"cadmium", "Cd"},    {"mercury", "Hg"},
    {"aluminium", "Al"},    {"aluminum", "Al"},  {"gallium", "Ga"},    {"indium", "In"},
    {"thallium", "Tl"},     {"tin", "Sn"},       {"lead", "Pb"},       {"antimony", "Sb"},
    {"bismuth", "Bi"},      {"polonium", "Po"},  {"lanthanum", "La"},  {"cerium", "Ce"},
    {"praseodymium", "Pr"}, {"neodymium", "Nd"}, {"samarium", "Sm"},   {"europium", "Eu"},
    {"gadolinium", "Gd"},   {"terbium", "Tb"},   {"dysprosium", "Dy"}, {"holmium", "Ho"},
    {"erbium", "Er"},       {"thulium", "Tm"},   {"ytterbium", "Yb"},  {"lutetium", "Lu"},
    {"thorium", "Th"},      {"uranium", "U"},    {"neptunium", "Np"},  {"plutonium", "Pu"}};

bool letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

/// Symbols of metals that are English words at the start of a sentence.
bool is_word(const std::string& symbol) {
  return symbol == "Am" || symbol == "Be" || symbol == "In" || symbol == "No";
}

void add_name(const std::string& word, const std::string& after, std::set<int>& metals) {
  std::string lower;
  for (const char c : word) lower += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (lower == "lead" && after.rfind(" to ", 0) == 0) return;  // "which may lead to selective uptake"
  for (const auto& [name, symbol] : kNames) {
    if (lower == name) metals.insert(atomic_number_of(symbol));
  }
}

/// Element symbols of a word that consists of nothing else ("Zn", "ZnO"); `next` is what follows the word.
void add_symbols(const std::string& word, char next, std::set<int>& metals) {
  std::vector<std::string> symbols;
  for (const char c : word) {
    if (std::isupper(static_cast<unsigned char>(c)) != 0) {
      symbols.emplace_back(1, c);
    } else if (!symbols.empty() && symbols.back().size() == 1) {
      symbols.back() += c;
    } else {
      return;
    }
  }
  for (const std::string& symbol : symbols) {
    if (atomic_number_of(symbol) == 0) return;
  }
  const bool counted = std::isdigit(static_cast<unsigned char>(next)) != 0 || next == '(';
  if (symbols.size() == 1 && (word.size() == 1 || is_word(word)) && !counted) return;
  for (const std::string& symbol : symbols) {
    const int z = atomic_number_of(symbol);
    if (is_metal(z)) metals.insert(z);
  }
}

}  // namespace

std::vector<int> metals_in_prompt(const std::string& text) {
  std::set<int> metals;
  for (size_t begin = 0; begin < text.size();) {
    if (!letter(text[begin])) {
      ++begin;
      continue;
    }
    size_t end = begin;
    while (end < text.size() && letter(text[end])) ++end;
    const std::string word = text.substr(begin, end - begin);
    add_name(word, text.substr(end, 4), metals);
    add_symbols(word, end < text.size() ? text[end] : ' ', metals);
    begin = end;
  }
  return {metals.begin(), metals.end()};
}

}  // namespace clamp::evaluate
