// Pair matching: how often a crystal's own text is the nearest of k texts, and the reverse.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace clamp::train {

struct MatchRates {
  double crystal_to_text = 0;
  double text_to_crystal = 0;
  int64_t group = 0;  ///< candidates, the right one included
};

/// Mean over `rounds` random partitions into groups of `group` pairs. A text that other pairs of the group
/// carry too counts as found by its share (1 / how many carry it).
/// @param crystals, texts  [n, dim] L2-normalised, row i of both is a pair; `group` falls to n where n is
/// smaller
/// @param keys             [n] the texts themselves
MatchRates match_rates(const torch::Tensor& crystals, const torch::Tensor& texts,
                       const std::vector<std::string>& keys, int64_t group, int64_t rounds, uint64_t seed);

}  // namespace clamp::train
