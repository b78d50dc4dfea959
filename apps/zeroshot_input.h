// Reading and embedding the structures that clamp-zeroshot is given.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "core/crystal.h"
#include "core/logger.h"
#include "encoders/clamp_model.h"

namespace clamp::apps {

struct Skipped {
  std::string name, reason;
};

/// Structures in the order in which they were read, with the texts that come with them in a dataset.
struct EmbeddedStructures {
  std::vector<std::string> names;
  std::vector<std::vector<std::string>> texts;  ///< of each, empty for CIF files
  torch::Tensor embeddings;                     ///< [n, dim]
  std::vector<Skipped> skipped;
};

/// Embeddings of all structures, read and encoded in portions.
/// @param split  of datasets: only records of this split; "" for all
EmbeddedStructures embed_structures(const encoders::ClampModel& model, const std::vector<std::string>& paths,
                                    const std::string& split, Logger& logger);

}  // namespace clamp::apps
