// Parses captions back: every word must be explained by the record or be one of the words that claim nothing.
#pragma once

#include <algorithm>
#include <cctype>
#include <cmath>
#include <functional>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "core/elements.h"
#include "core/symmetry.h"
#include "data/caption_vocabulary.h"
#include "data/dataset.h"

namespace clamp::data {

inline std::string label(const Record& record, const std::string& name) {
  const auto it = record.labels.find(name);
  return it == record.labels.end() ? "" : it->second;
}

inline double number(const Record& record, const std::string& name) {
  const auto it = record.numbers.find(name);
  return it == record.numbers.end() ? std::nan("") : it->second;
}

inline std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

inline bool in_list(const std::string& list, const std::string& name, char separator) {
  std::istringstream stream(list);
  for (std::string part; std::getline(stream, part, separator);) {
    part.erase(0, part.find_first_not_of(' '));
    if (part == name) return true;
  }
  return false;
}

inline std::map<std::string, int> counts_of(const std::string& formula) {
  std::map<std::string, int> counts;
  static const std::regex part("([A-Z][a-z]?) ?([0-9]*)");
  for (std::sregex_iterator it(formula.begin(), formula.end(), part), end; it != end; ++it) {
    counts[(*it)[1]] += (*it)[2].length() > 0 ? std::stoi((*it)[2]) : 1;
  }
  return counts;
}

/// Takes claims out of a caption one after another and checks each against the record.
class ClaimChecker {
 public:
  ClaimChecker(const Record& record, std::string caption) : record_(record), text_(std::move(caption)) {}

  /// What is wrong, "" where every claim is backed.
  std::string check() {
    check_names();
    check_ligands();
    check_numbers();
    check_symmetry();
    check_topology();
    check_coordination();
    check_words();
    check_rest();
    return wrong_;
  }

 private:
  void claim(bool backed, const std::string& what) {
    if (!backed) wrong_ += "not backed: '" + what + "'; ";
  }

  static bool word_char(char c) {
    const auto u = static_cast<unsigned char>(c);
    return std::isalnum(u) != 0 || u >= 0x80 || c == '\'';
  }

  /// Blanks every occurrence of `phrase` that stands alone; calls `found` once if there was one.
  void take(const std::string& phrase, const std::function<void()>& found) {
    const std::string key = lower(phrase), text = lower(text_);
    bool any = false;
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at + 1)) {
      const size_t end = at + key.size();
      if ((at > 0 && word_char(text[at - 1])) || (end < text.size() && word_char(text[end]))) continue;
      std::fill(text_.begin() + static_cast<std::ptrdiff_t>(at),
                text_.begin() + static_cast<std::ptrdiff_t>(end), ' ');
      any = true;
    }
    if (any) found();
  }

  /// Calls `found` for every match and blanks it.
  void take_regex(const char* pattern, const std::function<void(const std::smatch&)>& found) {
    static std::map<std::string, std::regex> compiled;
    const std::regex& regex = compiled.try_emplace(pattern, pattern, std::regex::icase).first->second;
    std::smatch match;
    while (std::regex_search(text_, match, regex)) {
      found(match);
      const auto at = match.position(0);
      text_.replace(static_cast<size_t>(at), static_cast<size_t>(match.length(0)),
                    std::string(static_cast<size_t>(match.length(0)), ' '));
    }
  }

  void check_names() {
    for (const char* column : {"name_mineral", "name_common", "name_systematic"}) {
      const std::string name = label(record_, column);
      if (!name.empty()) take(name, [] {});
    }
    // Codes of nets may look like abbreviations of ligands (sdb and SDB).
    const std::string code = label(record_, "topology");
    if (!code.empty()) {
      for (const std::string& said : {code + " topology", code + " net", "topology: " + code})
        take(said, [] {});
    }
  }

  void check_ligands() {
    std::vector<std::pair<std::string, std::string>> words;  // word, name
    for (const Ligand& ligand : known_ligands()) {
      for (const std::string& word : ligand.words) words.emplace_back(word, ligand.name);
    }
    std::sort(words.begin(), words.end(),
              [](const auto& a, const auto& b) { return a.first.size() > b.first.size(); });
    for (const auto& entry : words) {
      const std::string word = entry.first, name = entry.second;
      take(word, [&] {
        bool backed = false;
        for (const char* column :
             {"linker_names", "ligand_names", "solvent_names", "anion_names", "guest_names"}) {
          backed = backed || in_list(label(record_, column), name, ';');
        }
        claim(backed, word);
      });
    }
    for (const char* kind :
         {"dicarboxylate", "tricarboxylate", "tetracarboxylate", "carboxylate", "N-donor", "azolate"}) {
      take(kind, [&] {
        bool backed = std::string(kind) == "carboxylate" &&
                      label(record_, "fragment_smiles").find("[O-]") != std::string::npos;
        for (const Ligand& ligand : known_ligands()) {
          backed =
              backed || (ligand.kind == kind && in_list(label(record_, "linker_names"), ligand.name, ';'));
        }
        claim(backed, kind);
      });
    }
  }

  void check_number(const std::smatch& match, double value, double tolerance) {
    claim(std::abs(std::stod(match[1]) - value) <= tolerance * 1.001, match[0]);
  }

  void check_numbers() {
    const double pld = number(record_, "pld_A"), lcd = number(record_, "lcd_A"),
                 gap = number(record_, "pbe_band_gap_eV");
    take_regex("(?:PLD > |pore limiting diameter: > |pores wider than )([0-9.]+) Å",
               [&](const std::smatch& m) { claim(pld > std::stod(m[1]), m[0]); });
    take_regex("cavities larger than ([0-9.]+) Å",
               [&](const std::smatch& m) { claim(lcd > std::stod(m[1]), m[0]); });
    take_regex("(?:PLD|pore limiting diameter|pore windows)(?: of|:)? ([0-9.]+) (?:Å|A)",
               [&](const std::smatch& m) { check_number(m, pld, 0.05); });
    take_regex("(?:LCD|largest cavity|largest cavity diameter|cavities)(?: of|:)? ([0-9.]+) (?:Å|A)",
               [&](const std::smatch& m) { check_number(m, lcd, 0.05); });
    take_regex("(?:PBE )?band gap(?: of|:)? ([0-9]+\\.[0-9]) eV",
               [&](const std::smatch& m) { check_number(m, gap, 0.05); });
    take_regex("(?:PBE )?band gap(?: of|:)? ([0-9]+\\.[0-9][0-9]) eV",
               [&](const std::smatch& m) { check_number(m, gap, 0.005); });
    take_regex("(?:density(?: of|:)? )?([0-9.]+) g/cm(?:3|³)",
               [&](const std::smatch& m) { check_number(m, number(record_, "density_g_cm3"), 0.005); });
    double fraction = number(record_, "void_fraction_he");
    if (std::isnan(fraction)) fraction = number(record_, "void_fraction");
    take_regex("void fraction: ([0-9]+)% void",
               [&](const std::smatch& m) { check_number(m, 100 * fraction, 0.5); });
    take_regex("void fraction(?: of|:)? ([0-9.]+)",
               [&](const std::smatch& m) { check_number(m, fraction, 0.005); });
    take_regex("([0-9]+)% void(?: space)?",
               [&](const std::smatch& m) { check_number(m, 100 * fraction, 0.5); });
    take_regex("surface area(?: of|:)? ([0-9]+) m2/g",
               [&](const std::smatch& m) { check_number(m, number(record_, "asa_m2_g"), 0.5); });
    double atoms = number(record_, "n_atoms");
    if (std::isnan(atoms)) atoms = number(record_, "n_atoms_primitive");
    take_regex("(?:atoms: )?([0-9]+) atoms(?: per cell| in the cell)?",
               [&](const std::smatch& m) { check_number(m, atoms, 0); });
  }

  void check_symmetry() {
    std::string symbol = label(record_, "space_group");
    double n = number(record_, "space_group_number");
    const size_t bracket = symbol.find(" (");
    if (bracket != std::string::npos) {
      n = std::stod(symbol.substr(bracket + 2));
      symbol.resize(bracket);
    } else if (n >= 1) {
      symbol = space_group(static_cast<int>(n)).symbol;
    }
    take_regex("space group:? no\\. ([0-9]+)", [&](const std::smatch& m) { check_number(m, n, 0); });
    take_regex("space group:? ([A-Za-z0-9_/-]+)", [&](const std::smatch& m) {
      std::string plain = symbol, said = m[1];
      for (std::string* text : {&plain, &said})
        text->erase(std::remove(text->begin(), text->end(), '_'), text->end());
      claim(said == plain, m[0]);
    });
    const std::vector<std::pair<const char*, double>> systems{
        {"triclinic", 2},  {"monoclinic", 15}, {"orthorhombic", 74}, {"tetragonal", 142},
        {"trigonal", 167}, {"hexagonal", 194}, {"cubic", 230}};
    // Nets are called cubic and hexagonal too: those names are taken first.
    check_topology();
    double first = 1;
    for (const auto& [system, last] : systems) {
      const double from = first, to = last;
      take(system, [&, name = system] { claim(n >= from && n <= to, name); });
      first = last + 1;
    }
  }

  void check_topology() {
    const std::string code = label(record_, "topology");
    for (const char* net : {"pcu", "dia", "sql", "hcb", "fcu", "bcu", "sod", "nbo", "pts", "rtl", "kgm",
                            "flu", "lon", "qtz", "srs", "cds", "hxl", "ths", "tbo", "bor", "gis", "ant"}) {
      const std::string name = topology_name(net);
      ASSERT_FALSE(name.empty());
      take(name + " topology", [&] { claim(code == net, name); });
      take("topology: " + name, [&] { claim(code == net, name); });
    }
    take_regex("([a-z-]+) (?:topology|net)\\b", [&](const std::smatch& m) { claim(m[1] == code, m[0]); });
    take_regex("topology: ([a-z-]+)", [&](const std::smatch& m) { claim(m[1] == code, m[0]); });
  }

  void check_coordination() {
    const std::map<std::string, int> counts{{"two", 2}, {"three", 3}, {"four", 4},  {"five", 5},
                                            {"six", 6}, {"seven", 7}, {"eight", 8}, {"nine", 9}};
    take_regex("(two|three|four|five|six|seven|eight|nine)-coordinate ([a-z]+)", [&](const std::smatch& m) {
      const std::string entries = label(record_, "metal_coordination");
      static const std::regex entry("([A-Z][a-z]?)\\(([^)]*)\\)");
      bool any = false, same = true;
      for (std::sregex_iterator it(entries.begin(), entries.end(), entry), end; it != end; ++it) {
        if (metal_name(atomic_number_of((*it)[1])) != lower(m[2])) continue;
        int donors = 0;
        for (const auto& [symbol, k] : counts_of((*it)[2])) donors += k;
        any = true;
        same = same && donors == counts.at(lower(m[1]));
      }
      claim(any && same, m[0]);
    });
  }

  void check_words() {
    const double pld = number(record_, "pld_A"), lcd = number(record_, "lcd_A"),
                 gap = number(record_, "pbe_band_gap_eV");
    const double density = number(record_, "density_g_cm3"),
                 dimension = number(record_, "framework_dimension");
    const double nets = number(record_, "catenated_components");
    const bool metal = !label(record_, "metals").empty();
    const bool porous = pld >= 3.64;
    const std::vector<std::pair<const char*, bool>> words{
        {"without pores", pld < 2.4},
        {"non-porous", pld < 2.4},
        {"nonporous", pld < 2.4},
        {"ultramicroporous", porous && lcd < 7},
        {"microporous", porous && lcd < 20},
        {"mesoporous", porous && lcd >= 20},
        {"porous", porous},
        {"accessible pores", porous},
        {"narrow pores", porous && lcd < 7},
        {"large pores", porous && lcd >= 12},
        {"small band gap", gap < 1},
        {"small-gap", gap < 1},
        {"wide band gap", gap > 3},
        {"wide-gap", gap > 3},
        {"low density", density < 0.9},
        {"low-density", density < 0.9},
        {"lightweight", density < 0.9},
        {"high density", density > 2.5},
        {"high-density", density > 2.5},
        {"three-dimensional", dimension == 3},
        {"3D", dimension == 3},
        {"extends in three dimensions", dimension == 3},
        {"two-dimensional", dimension == 2},
        {"2D", dimension == 2},
        {"layered structure", dimension == 2},
        {"layered", dimension == 2},
        {"one-dimensional", dimension == 1},
        {"1D", dimension == 1},
        {"chains", dimension == 1},
        {"coordination chain", dimension == 1},
        {"0D", dimension == 0},
        {"molecular", dimension == 0},
        {"discrete", dimension == 0},
        {"coordination complex", dimension == 0 && metal},
        {"metal complex", dimension == 0 && metal},
        {"complex", dimension == 0 && metal},
        {"without interpenetration", dimension == 3 && nets == 1},
        {"no interpenetration", dimension == 3 && nets == 1},
        {"non-interpenetrated", dimension == 3 && nets == 1},
        {"interpenetrated nets", dimension == 3 && nets > 1},
        {"interpenetrated", dimension == 3 && nets > 1},
        {"open metal sites", label(record_, "open_metal_sites") == "Yes"},
        {"metal-organic framework", metal && dimension >= 2},
        {"metal–organic framework", metal && dimension >= 2},
        {"MOF", metal && dimension >= 2},
        {"coordination polymer", metal && dimension >= 1},
        {"coordination network", metal && dimension >= 2},
        {"framework", metal && dimension == 3},
        {"metal-organic compound", metal},
        {"coordination compound", metal},
        {"metal-organic structure", metal}};
    for (const auto& [word, backed] : words) take(word, [&, w = word, b = backed] { claim(b, w); });
    take("lanthanide", [&] {
      const int z = atomic_number_of(label(record_, "metals"));
      claim(z >= 57 && z <= 71, "lanthanide");
    });
    for (int z = 1; z <= kMaxAtomicNumber; ++z) {
      const std::string name = metal_name(z);
      if (!name.empty())
        take(name, [&] { claim(in_list(label(record_, "metals"), element_symbol(z), ' '), name); });
    }
  }

  /// What is left: element symbols, formulas, and words that claim nothing.
  void check_rest() {
    static const std::set<std::string> neutral{
        "a", "an", "and", "as", "is", "it", "this", "the", "of", "with", "in", "that", "has", "both", "from",
        "on", "there", "to", "i", "me", "for", "you", "built", "based", "constructed", "made", "containing",
        "coordinated", "linker", "linkers", "ligands", "ligand", "ions", "molecules", "guests", "nodes",
        "composition", "formula", "crystallises", "known", "structure", "compound", "crystal", "material",
        "can", "could", "do", "does", "know", "what", "look", "like", "find", "make", "design", "generate",
        "give", "show", "create", "need", "please", "build", "am", "looking",
        // keys of attribute lists
        "metal", "class", "type", "anion", "solvent", "guest", "dimensionality", "interpenetration",
        "topology", "coordination", "sites", "atoms", "name", "system", "porosity", "electronic", "weight",
        "density", "space", "group", "band", "gap", "void", "fraction", "surface", "area", "pore", "limiting",
        "diameter", "largest", "cavity"};
    std::string formula = label(record_, "reduced_formula");
    if (formula.empty()) formula = label(record_, "formula");
    std::string cleaned = text_;
    for (char& c : cleaned) {
      if (std::string(" ,.;:?/()-").find(c) != std::string::npos) c = ' ';
    }
    std::istringstream stream(cleaned);
    for (std::string token; stream >> token;) {
      if (neutral.count(lower(token)) != 0 && atomic_number_of(token) == 0) continue;
      const bool exact_symbol = token.size() <= 2 && atomic_number_of(token) > 0 &&
                                token == element_symbol(atomic_number_of(token));
      if (exact_symbol && in_list(label(record_, "metals"), token, ' ')) continue;
      if (neutral.count(lower(token)) != 0) continue;
      static const std::regex formula_pattern("([A-Z][a-z]?[0-9]*)+");
      const bool like_formula = std::regex_match(token, formula_pattern);
      claim(like_formula && counts_of(token) == counts_of(formula), token);
    }
  }

  const Record& record_;
  std::string text_;
  std::string wrong_;
};

}  // namespace clamp::data
