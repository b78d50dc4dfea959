#include "data/caption_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <regex>

#include "core/elements.h"
#include "data/caption_columns.h"
#include "data/caption_vocabulary.h"

namespace clamp::data {
namespace {

using Words = std::vector<std::string>;

/// "a", "a and b", "a, b and c" with words made by `word`.
template <class T, class F>
std::string listed(const std::vector<T>& items, const F& word, const char* separator, const char* last) {
  std::string text;
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? last : separator;
    text += word(items[i]);
  }
  return text;
}

void add_metals(const Record& record, std::vector<Fact>& facts) {
  const std::vector<int> metals = metals_of(record);
  if (metals.empty() || metals.size() > 4) return;
  const auto symbol = [](int z) { return std::string(element_symbol(z)); };
  const auto name = [](int z) {
    return metal_name(z).empty() ? std::string(element_symbol(z)) : metal_name(z);
  };
  Fact fact{FactKind::kMetal, 4.0, "metal", {}, {}, {}};
  fact.keywords = {listed(metals, symbol, ", ", ", "), listed(metals, name, ", ", " and ")};
  if (metals.size() == 1) {
    fact.before = {name(metals[0]), symbol(metals[0]), name(metals[0]) + "-based"};
    fact.after = {"containing " + name(metals[0]), "of " + name(metals[0]),
                  "with " + symbol(metals[0]) + " nodes"};
  } else {
    fact.before = {listed(metals, name, "-", "-"), listed(metals, symbol, "/", "/")};
    fact.after = {"containing " + listed(metals, name, ", ", " and "),
                  "with " + listed(metals, symbol, ", ", " and ")};
    if (metals.size() == 2) fact.after.push_back("with both " + listed(metals, name, ", ", " and "));
  }
  facts.push_back(std::move(fact));
  if (metals.size() == 1 && metals[0] >= 57 && metals[0] <= 71) {
    facts.push_back(
        {FactKind::kMetal, 0.5, "metal class", {"lanthanide"}, {"lanthanide"}, {"of a lanthanide"}});
  }
}

/// One fact of one or two names of a column, in the words of the vocabulary.
void add_named(const std::string& column, FactKind kind, double weight, const std::string& key,
               const Words& before, const Words& after, const Record& record, std::vector<Fact>& facts) {
  std::vector<const Ligand*> known;
  for (const std::string& name : split_words(label_of(record, column), ';')) {
    if (const Ligand* ligand = find_ligand(name)) known.push_back(ligand);
  }
  for (size_t i = 0; i < known.size(); ++i) {
    Fact fact{kind, i == 0 ? weight : 0.5 * weight, key, known[i]->words, {}, {}};
    for (const std::string& word : known[i]->words) {
      for (const std::string& pattern : before)
        fact.before.push_back(fmt::format(fmt::runtime(pattern), word));
      for (const std::string& pattern : after) fact.after.push_back(fmt::format(fmt::runtime(pattern), word));
    }
    facts.push_back(std::move(fact));
  }
}

void add_linker_kinds(const Record& record, std::vector<Fact>& facts) {
  Words kinds;
  for (const std::string& name : split_words(label_of(record, "linker_names"), ';')) {
    const Ligand* ligand = find_ligand(name);
    if (ligand != nullptr && !ligand->kind.empty()) kinds.push_back(ligand->kind);
  }
  const std::string smiles = label_of(record, "fragment_smiles");
  if (smiles.find("C(=O)[O-]") != std::string::npos || smiles.find("[O-]C(=O)") != std::string::npos) {
    kinds.push_back("carboxylate");
  }
  std::sort(kinds.begin(), kinds.end());
  kinds.erase(std::unique(kinds.begin(), kinds.end()), kinds.end());
  for (const std::string& kind : kinds) {
    facts.push_back(
        {FactKind::kLinkerKind, 0.8, "ligand type", {kind}, {kind}, {"with " + kind + " ligands"}});
  }
}

void add_ligands(const Record& record, std::vector<Fact>& facts) {
  add_named("linker_names", FactKind::kLinker, 4.0, "linker", {"{}"},
            {"with {} linkers", "built from {}", "based on {}", "with {} as the linker",
             "constructed from {} linkers"},
            record, facts);
  add_linker_kinds(record, facts);
  add_named("ligand_names", FactKind::kLigand, 1.5, "ligand", {}, {"with {} ligands", "with coordinated {}"},
            record, facts);
  add_named("anion_names", FactKind::kAnion, 0.8, "anion", {}, {"containing {}", "with {} ions"}, record,
            facts);
  add_named("solvent_names", FactKind::kSolvent, 0.6, "solvent", {}, {"containing {}", "with {} molecules"},
            record, facts);
  add_named("guest_names", FactKind::kGuest, 1.0, "guest", {}, {"containing {}", "with {} guests"}, record,
            facts);
}

void add_dimension(const Record& record, std::vector<Fact>& facts) {
  const int dimension = dimension_of(record);
  const double weight = 2.0;
  if (dimension == 3) {
    facts.push_back({FactKind::kDimension,
                     weight,
                     "dimensionality",
                     {"3D", "three-dimensional"},
                     {"three-dimensional", "3D"},
                     {"that extends in three dimensions"}});
  } else if (dimension == 2) {
    facts.push_back({FactKind::kDimension,
                     weight,
                     "dimensionality",
                     {"2D", "layered", "two-dimensional"},
                     {"two-dimensional", "2D", "layered"},
                     {"with a layered structure"}});
  } else if (dimension == 1) {
    facts.push_back({FactKind::kDimension,
                     weight,
                     "dimensionality",
                     {"1D", "chains", "one-dimensional"},
                     {"one-dimensional", "1D"},
                     {"made of chains"}});
  } else if (dimension == 0) {
    facts.push_back(
        {FactKind::kDimension, weight, "dimensionality", {"0D", "molecular"}, {"molecular", "discrete"}, {}});
  }
  const double* nets = number_of(record, "catenated_components");
  if (dimension == 3 && nets != nullptr) {
    if (*nets >= 2) {
      facts.push_back({FactKind::kInterpenetration,
                       1.0,
                       "interpenetration",
                       {"interpenetrated"},
                       {"interpenetrated"},
                       {"with interpenetrated nets"}});
    } else if (*nets == 1) {
      facts.push_back({FactKind::kInterpenetration,
                       0.15,
                       "interpenetration",
                       {"no interpenetration"},
                       {"non-interpenetrated"},
                       {"without interpenetration"}});
    }
  }
}

void add_topology(const Record& record, std::vector<Fact>& facts) {
  const std::string code = label_of(record, "topology");
  // Several codes (single-node and all-node simplification differ) or MOFid's own remarks are no topology.
  const bool plain =
      !code.empty() && code.size() <= 6 && code.find(',') == std::string::npos &&
      std::all_of(code.begin(), code.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  if (!plain) return;
  Fact fact{FactKind::kTopology, 2.5, "topology", {code + " topology", code + " net"}, {}, {}};
  fact.after = {"with " + code + " topology", "with the " + code + " net", "of " + code + " topology"};
  const std::string name = topology_name(code);
  if (!name.empty()) {
    fact.keywords.push_back(name + " topology");
    fact.after.push_back("with " + name + " topology");
  }
  facts.push_back(std::move(fact));
}

void add_composition(const Record& record, std::vector<Fact>& facts) {
  std::string formula = label_of(record, "reduced_formula");
  if (formula.empty()) formula = label_of(record, "formula");
  const std::string hill = compact_formula(formula, false);
  if (!hill.empty()) {
    const std::string metals = compact_formula(formula, true);
    facts.push_back({FactKind::kFormula,
                     1.5,
                     "formula",
                     {hill, metals},
                     {},
                     {"of formula " + hill, "with composition " + metals, "with the formula " + metals}});
  }
  const double* atoms = number_of(record, "n_atoms");
  if (atoms == nullptr) atoms = number_of(record, "n_atoms_primitive");
  if (atoms != nullptr && *atoms >= 1) {
    const std::string n = fmt::format("{:.0f}", *atoms);
    facts.push_back({FactKind::kAtoms,
                     0.5,
                     "atoms",
                     {n + " atoms", n + " atoms per cell"},
                     {},
                     {"with " + n + " atoms in the cell", "with " + n + " atoms per cell"}});
  }
}

/// "Zn(N1O3)x2 Co(O6)x1": the number of donors of each metal that has only one such number.
void add_coordination(const Record& record, std::vector<Fact>& facts) {
  static const std::vector<const char*> counts{"",     "",    "two",   "three", "four",
                                               "five", "six", "seven", "eight", "nine"};
  std::map<int, std::vector<int>> donors;
  for (const std::string& entry : split_words(label_of(record, "metal_coordination"), ' ')) {
    const size_t open = entry.find('('), close = entry.find(')');
    if (open == std::string::npos || close == std::string::npos || close < open) return;
    int n = 0;
    for (size_t i = open + 1; i < close; ++i) {
      if (entry[i] >= '0' && entry[i] <= '9') n += std::atoi(entry.c_str() + i);
      while (i + 1 < close && entry[i] >= '0' && entry[i] <= '9' && entry[i + 1] >= '0' &&
             entry[i + 1] <= '9')
        ++i;
    }
    donors[atomic_number_of(entry.substr(0, open))].push_back(n);
  }
  for (const auto& [z, numbers] : donors) {
    const bool same =
        std::all_of(numbers.begin(), numbers.end(), [&n = numbers](int k) { return k == n[0]; });
    if (!same || metal_name(z).empty() || numbers[0] < 2 || numbers[0] >= static_cast<int>(counts.size()))
      continue;
    const std::string phrase =
        fmt::format("{}-coordinate {}", counts[static_cast<size_t>(numbers[0])], metal_name(z));
    facts.push_back({FactKind::kCoordination, 0.5, "coordination", {phrase}, {}, {"with " + phrase}});
  }
}

void add_names(const Record& record, std::vector<Fact>& facts) {
  for (const char* column : {"name_mineral", "name_common", "name_systematic"}) {
    const std::string name = label_of(record, column);
    // Sum formulas and half sentences stand in these columns too.
    static const std::regex word("[A-Za-z][a-z]{3,}");
    if (name.empty() || name.size() > 60 || !std::regex_search(name, word)) continue;
    facts.push_back({FactKind::kName, 2.5, "name", {name}, {}, {"known as " + name}});
  }
}

}  // namespace

std::vector<std::string> nouns_of(const Record& record) {
  const Words elements = split_words(label_of(record, "formula"), ' ');
  const auto has = [&elements](const std::string& symbol) {
    return std::any_of(elements.begin(), elements.end(), [&symbol](const std::string& part) {
      return part.substr(0, part.find_first_of("0123456789")) == symbol;
    });
  };
  const bool metal = !metals_of(record).empty();
  const bool carbide = has("C") && !has("H") && dimension_of(record) < 0;
  if (!metal || !has("C") || carbide)
    return {"crystal structure", "crystal", "compound", "structure", "material"};
  switch (dimension_of(record)) {
    case 3:
      return {"metal-organic framework", "MOF", "framework", "metal–organic framework",
              "coordination network"};
    case 2:
      return {"coordination polymer", "metal-organic framework", "MOF", "coordination network"};
    case 1:
      return {"coordination polymer", "coordination polymer", "coordination chain"};
    case 0:
      return {"coordination complex", "metal complex", "complex"};
    default:
      return {"metal-organic compound", "coordination compound", "metal-organic structure"};
  }
}

std::vector<Fact> facts_of(const Record& record) {
  std::vector<Fact> facts;
  add_metals(record, facts);
  add_ligands(record, facts);
  add_dimension(record, facts);
  add_topology(record, facts);
  add_measures(record, facts);
  add_composition(record, facts);
  add_coordination(record, facts);
  add_names(record, facts);
  return facts;
}

}  // namespace clamp::data
