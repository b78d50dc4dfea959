#include "apps/compose_prompts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "core/error.h"
#include "core/seed.h"
#include "data/caption.h"
#include "data/caption_columns.h"
#include "data/caption_vocabulary.h"
#include "evaluate/building_blocks.h"
#include "evaluate/prompt_metals.h"

namespace clamp::apps {
namespace {

constexpr uint64_t kPromptStream = 11;
constexpr int64_t kLargestExample = 100;  // atoms of structures that names are learnt from
constexpr int kEnoughVotes = 6;           // of structures, for what a name means

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// Whole words only: "bdc" is not in "H2BDC-NH2".
bool names(const std::string& text, const std::string& word) {
  const auto is_part = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0; };
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    if ((at == 0 || !is_part(text[at - 1])) && (end == text.size() || !is_part(text[end]))) return true;
  }
  return false;
}

// Name of a linker -> neutral SMILES that most structures with this one named linker have.
std::map<std::string, std::string> smiles_of_names(const data::Dataset& dataset) {
  std::map<std::string, std::map<std::string, int>> votes;
  std::map<std::string, int> total;
  const auto labels = dataset.labels("linker_names");
  for (const auto i : dataset.indices("train", kLargestExample)) {
    const auto& name = labels[static_cast<size_t>(i)];
    if (data::find_ligand(name) == nullptr || total[name] >= kEnoughVotes) continue;
    const auto unit = dataset.asymmetric_unit(i);
    if (!unit) continue;
    ++total[name];
    for (const auto& fragment : evaluate::building_blocks(unit->chemistry).fragments) {
      if (fragment.is_linker && fragment.molecule.sane)
        ++votes[name][neutral_or_same(fragment.molecule.smiles)];
    }
  }
  std::map<std::string, std::string> smiles;
  for (const auto& [name, counts] : votes) {
    const auto most = std::max_element(counts.begin(), counts.end(),
                                       [](const auto& a, const auto& b) { return a.second < b.second; });
    if (2 * most->second > total[name]) smiles[name] = most->first;
  }
  return smiles;
}

std::set<std::string> named_linkers(const data::Record& record, const std::string& text,
                                    const std::map<std::string, std::string>& smiles) {
  std::set<std::string> found;
  for (const auto& name : data::split_words(data::label_of(record, "linker_names"), ';')) {
    const auto* ligand = data::find_ligand(name);
    const auto known = smiles.find(name);
    if (ligand == nullptr || known == smiles.end()) continue;
    const bool said = std::any_of(ligand->words.begin(), ligand->words.end(),
                                  [&](const std::string& word) { return names(text, lower(word)); });
    if (said) found.insert(known->second);
  }
  return found;
}

}  // namespace

std::string neutral_or_same(const std::string& smiles) {
  try {
    return evaluate::neutral_smiles(smiles);
  } catch (const Error&) {
    return smiles;
  }
}

std::vector<ComposePrompt> make_compose_prompts(const data::Dataset& dataset, const std::string& split,
                                                int64_t max_atoms, int64_t n, uint64_t seed,
                                                const std::function<bool(const std::string&)>& accepts) {
  const auto smiles = smiles_of_names(dataset);
  Rng rng(derive_seed(seed, kPromptStream));
  auto indices = dataset.indices(split, max_atoms);
  for (size_t k = indices.size(); k > 1; --k) std::swap(indices[k - 1], indices[rng.below(k)]);
  std::vector<ComposePrompt> prompts;
  for (const auto index : indices) {
    if (static_cast<int64_t>(prompts.size()) == n) break;
    const auto unit = dataset.asymmetric_unit(index);
    if (!unit) continue;
    const auto record = dataset.read(index);
    ComposePrompt prompt;
    prompt.id = record.id;
    prompt.text = data::make_caption(record, rng);
    for (const int z : evaluate::metals_in_prompt(prompt.text)) {
      const auto& slots = unit->chemistry.slots;
      const bool there =
          std::any_of(slots.begin(), slots.end(), [z](const Slot& slot) { return slot.atomic_number == z; });
      if (there) prompt.metals.insert(z);
    }
    if (prompt.metals.empty() || !accepts(prompt.text)) continue;
    prompt.linkers = named_linkers(record, lower(prompt.text), smiles);
    prompt.unit = *unit;
    prompts.push_back(std::move(prompt));
  }
  if (static_cast<int64_t>(prompts.size()) < n) {
    fail(
        fmt::format("split '{}' has {} captions of structures of at most {} atoms that name a metal, {} were "
                    "asked for",
                    split, prompts.size(), max_atoms, n));
  }
  return prompts;
}

}  // namespace clamp::apps
