// Prompts that a composer is judged by: captions of real structures, with the metals and the linkers that the
// words name.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "data/dataset.h"

namespace clamp::apps {

struct ComposePrompt {
  std::string id, text;
  std::set<int> metals;           ///< of the structure, that the words name
  std::set<std::string> linkers;  ///< neutral SMILES of its linkers that the words name
  AsymmetricUnit unit;            ///< the real structure
};

/// Captions of `n` structures of a split that name a metal and that `accepts` takes, in an order drawn from
/// `seed`. Throws clamp::Error where there are fewer.
std::vector<ComposePrompt> make_compose_prompts(const data::Dataset& dataset, const std::string& split,
                                                int64_t max_atoms, int64_t n, uint64_t seed,
                                                const std::function<bool(const std::string&)>& accepts);

/// Canonical SMILES without charges, the text itself for what RDKit does not take.
std::string neutral_or_same(const std::string& smiles);

}  // namespace clamp::apps
