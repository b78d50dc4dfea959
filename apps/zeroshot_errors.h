// What wrong matches have in common: which captions are missed, and how near the wrong structures are.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::apps {

/// What is compared of a structure and its text.
struct MatchFacts {
  std::string metals;          ///< column metals
  double dimension = -1;       ///< column framework_dimension, -1 where it is missing
  bool names_formula = false;  ///< the text says the whole composition
};
MatchFacts match_facts(const data::Record& record, const std::string& text);

/// Of the searches for a structure by its text among random groups of `group`: the share found with and
/// without a formula in the text, and of the wrong structures chosen the shares with the right metals and
/// dimension, each beside the same share of all wrong candidates.
/// @param crystals, texts  [n, dim] L2-normalised, row i of both is a pair
/// @return                 a JSON object; null where nothing was counted
std::string match_errors(const torch::Tensor& crystals, const torch::Tensor& texts,
                         const std::vector<MatchFacts>& facts, int64_t group, int64_t rounds, uint64_t seed);

}  // namespace clamp::apps
