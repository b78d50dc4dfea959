// The structures that results are compared with for novelty.
#pragma once

#include <string>

#include "data/dataset.h"
#include "sampler/known_structures.h"

namespace clamp::apps {

/// Every structure of a split with at most `max_atoms` atoms, valid or not; those without an asymmetric unit
/// in P1.
sampler::KnownStructures collect_known(const data::Dataset& dataset, const std::string& split,
                                       int64_t max_atoms);

}  // namespace clamp::apps
