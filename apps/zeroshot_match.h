// Pair matching on a dataset: how often a structure's own text is the nearest of k.
#pragma once

#include <string>
#include <vector>

#include "core/logger.h"
#include "encoders/clamp_model.h"

namespace clamp::apps {

struct MatchOptions {
  std::string texts = "captions";  ///< captions (made from the columns) or titles (the records' first text)
  std::string split;
  int64_t max_atoms = 0;  ///< 0: all
  int64_t rounds = 20;    ///< random partitions into groups
  uint64_t seed = 0;
};

/// Rates for groups of 10 and 100 and for the whole set, each beside the same with the texts permuted.
/// Titles: one structure a paper, drawn with the seed. Structures that the encoders refuse, and those without
/// a text, are counted. The result is a JSON object.
std::string match_pairs(const encoders::ClampModel& model, const std::vector<std::string>& datasets,
                        const MatchOptions& options, Logger& logger);

/// The document of match_pairs as a table.
std::string match_table(const std::string& json_text);

}  // namespace clamp::apps
