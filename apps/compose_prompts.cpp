#include "apps/compose_prompts.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/prompt_linkers.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/caption.h"
#include "data/caption_columns.h"
#include "evaluate/linker_smiles.h"
#include "evaluate/molecule.h"
#include "evaluate/prompt_metals.h"

namespace clamp::apps {
namespace {

constexpr uint64_t kPromptStream = 11;

// Of the linkers of the structure's label, those that the text names.
std::set<std::string> named_linkers(const data::Record& record, const std::string& text) {
  const auto labelled = data::split_words(data::label_of(record, "linker_names"), ';');
  std::set<std::string> found;
  for (const auto& name : linkers_named(text)) {
    const auto smiles = evaluate::linker_smiles(name);
    const bool there = std::find(labelled.begin(), labelled.end(), name) != labelled.end();
    if (there && !smiles.empty()) found.insert(smiles);
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
    prompt.linkers = named_linkers(record, prompt.text);
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
