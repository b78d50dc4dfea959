#include "sampler/library_composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <mutex>
#include <set>

#include "core/error.h"
#include "core/gumbel.h"
#include "evaluate/building_blocks.h"

namespace clamp::sampler {

struct EntryBlocks {
  std::set<std::string> molecules;  // neutral SMILES
  std::vector<evaluate::MetalNode> nodes;
};

/// Building blocks of the entries, each entry's found once: a millisecond and more each.
class KnownBlocks {
 public:
  EntryBlocks of(const ChemistryLibrary& library, int64_t entry) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto [it, is_new] = known_.try_emplace(entry);
    if (is_new) {
      auto blocks = evaluate::building_blocks(library.entry(entry).chemistry);
      for (const auto& fragment : blocks.fragments) {
        if (fragment.molecule.sane)
          it->second.molecules.insert(evaluate::neutral_smiles(fragment.molecule.smiles));
      }
      it->second.nodes = std::move(blocks.nodes);
    }
    return it->second;
  }

 private:
  std::mutex mutex_;
  std::map<int64_t, EntryBlocks> known_;
};

namespace {

// Noise of one entry: it depends on the run's seed and the entry only.
double noise_of(uint64_t seed, int64_t entry) {
  Rng rng(derive_seed(seed, static_cast<uint64_t>(entry)));
  return gumbel(rng);
}

struct Linker {
  std::string neutral;       // SMILES
  std::map<int, int> heavy;  // element -> atoms
};

// Whether an entry has every linker and node; its elements are looked at first, which is cheap.
bool holds_parts(const ChemistryLibrary& library, int64_t entry, const std::vector<Linker>& linkers,
                 const std::vector<Composition>& nodes, KnownBlocks& known) {
  if (linkers.empty() && nodes.empty()) return true;
  const auto& composition = library.facts(entry).composition;
  const auto has_atoms = [&](const auto& part) {
    return std::all_of(part.begin(), part.end(), [&](const auto& item) {
      const auto it = composition.find(item.first);
      return it != composition.end() && it->second >= item.second;
    });
  };
  if (!std::all_of(linkers.begin(), linkers.end(), [&](const Linker& l) { return has_atoms(l.heavy); }) ||
      !std::all_of(nodes.begin(), nodes.end(), has_atoms))
    return false;
  const auto blocks = known.of(library, entry);
  return std::all_of(linkers.begin(), linkers.end(),
                     [&](const Linker& linker) { return blocks.molecules.count(linker.neutral) > 0; }) &&
         holds_nodes(nodes, blocks.nodes);
}

// "demands met: 64 atoms: 12 of 900; with Zn: 300 of 900 ..."
std::string explain_none(const ChemistryLibrary& library, const Constraints& constraints) {
  std::string text = fmt::format("no chemistry of the library's {} meets the request", library.size());
  for (const auto& demand : demands(constraints)) {
    int64_t met = 0;
    for (int64_t i = 0; i < library.size(); ++i) met += demand.met(constraints, library.facts(i)) ? 1 : 0;
    text += fmt::format("; {}: {}", demand.text, met);
  }
  if (constraints.atoms) {
    auto low = library.facts(0).n_atoms, high = low;
    for (int64_t i = 0; i < library.size(); ++i) {
      low = std::min(low, library.facts(i).n_atoms);
      high = std::max(high, library.facts(i).n_atoms);
    }
    text += fmt::format(" (the library has {} to {} atoms)", low, high);
  }
  for (const auto& smiles : constraints.linkers) text += fmt::format("; with the molecule {}", smiles);
  for (const auto& node : constraints.nodes) text += fmt::format("; with the node {}", formula_text(node));
  return text + ". Loosen a demand that few or none meet";
}

}  // namespace

LibraryComposer::LibraryComposer(ChemistryLibrary library, const LibraryComposerConfig& config)
    : library_(std::move(library)), config_(config), blocks_(std::make_shared<KnownBlocks>()) {
  if (!(config_.temperature > 0)) {
    fail_usage(fmt::format("--temperature: found {}, expected a number above 0", config_.temperature));
  }
}

std::vector<int64_t> LibraryComposer::eligible(const Constraints& constraints) const {
  const auto asked = demands(constraints);
  std::vector<Linker> wanted;
  for (const auto& smiles : constraints.linkers)
    wanted.push_back({evaluate::neutral_smiles(smiles), evaluate::heavy_atoms(smiles)});
  std::vector<int64_t> entries;
  for (int64_t i = 0; i < library_.size(); ++i) {
    const auto& facts = library_.facts(i);
    const bool good = std::all_of(asked.begin(), asked.end(),
                                  [&](const Demand& demand) { return demand.met(constraints, facts); });
    if (good && holds_parts(library_, i, wanted, constraints.nodes, *blocks_)) entries.push_back(i);
  }
  return entries;
}

std::vector<double> LibraryComposer::similarities(const ComposeRequest& request) const {
  const auto dim = library_.embeddings().size(1);
  if (request.prompt.dim() != 1 || request.prompt.size(0) != dim) {
    fail(fmt::format(
        "the prompt's embedding has {} numbers and the library's have {}: the library belongs to another "
        "encoder; build it anew with clamp-train library",
        request.prompt.numel(), dim));
  }
  const auto cosine =
      torch::mv(library_.embeddings(), request.prompt.to(torch::kFloat32)).to(torch::kFloat64);  // [n]
  return {cosine.data_ptr<double>(), cosine.data_ptr<double>() + cosine.numel()};
}

ComposedChemistry LibraryComposer::compose(const ComposeRequest& request, uint64_t seed,
                                           int64_t index) const {
  auto order = eligible(request.constraints);
  if (order.empty()) fail(explain_none(library_, request.constraints));
  const auto cosine = similarities(request);
  auto score = cosine;
  if (request.negative_prompt.defined()) {
    ComposeRequest negative;
    negative.prompt = request.negative_prompt;
    const auto unwanted = similarities(negative);
    for (size_t i = 0; i < score.size(); ++i) score[i] -= unwanted[i];
  }
  for (const auto entry : order) {
    auto& value = score[static_cast<size_t>(entry)];
    value = value / config_.temperature + noise_of(seed, entry);
  }
  const auto rank = static_cast<size_t>(index) % order.size();
  const auto nth = order.begin() + static_cast<std::ptrdiff_t>(rank);
  std::nth_element(order.begin(), nth, order.end(), [&](int64_t a, int64_t b) {
    const auto sa = score[static_cast<size_t>(a)], sb = score[static_cast<size_t>(b)];
    return sa != sb ? sa > sb : a < b;
  });
  auto entry = library_.entry(*nth);
  ComposedChemistry composed;
  composed.chemistry = std::move(entry.chemistry);
  composed.source = "library";
  composed.library_id = entry.id;
  composed.similarity = cosine[static_cast<size_t>(*nth)];
  composed.framework_dimension = entry.framework_dimension;
  composed.reference_volume = entry.volume;
  composed.expected_volume = entry.volume;
  composed.linkers = entry.linkers;
  return composed;
}

}  // namespace clamp::sampler
