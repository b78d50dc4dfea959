// Are the results of a run new: against the training data, and against one another?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evaluate/duplicates.h"
#include "sampler/known_structures.h"

namespace clamp::sampler {

/// Of a structure, by the match of evaluate/structure_match.h.
struct Novelty {
  std::optional<bool> novel;            ///< no training structure matches; nothing where none are at hand
  std::string known_id;                 ///< the training structure that matches
  double known_rms = 0;                 ///< of that match, as match_rms()
  std::optional<int64_t> duplicate_of;  ///< index of the first earlier result of the run that matches
};

class NoveltyJudge {
 public:
  /// `known` may be null: then nothing is said of novelty. Without `compare_results` nothing is said of
  /// duplicates: what a shard says of a result must not depend on the other shards.
  NoveltyJudge(const KnownStructures* known, bool compare_results)
      : known_(known), compare_results_(compare_results) {}

  /// `index`: of the result; to be called in the order of the run. Nothing for a structure that cannot be
  /// compared: atoms on one point, a flat cell.
  std::optional<Novelty> judge(const Crystal& crystal, int64_t index);

 private:
  const KnownStructures* known_;
  bool compare_results_;
  evaluate::DuplicateIndex seen_;
  std::vector<int64_t> seen_index_;  // of the results
};

}  // namespace clamp::sampler
