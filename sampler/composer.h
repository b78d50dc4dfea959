// Chemistry first: a composer makes, from a prompt's embedding and the user's demands, what a geometry is
// then drawn for.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>

#include "core/asymmetric_unit.h"
#include "sampler/constraints.h"

namespace clamp::sampler {

struct ComposeRequest {
  torch::Tensor prompt;           ///< [dim] text embedding, L2-normalised, float32, CPU
  torch::Tensor negative_prompt;  ///< [dim] or undefined
  Constraints constraints;
};

/// A chemistry with its provenance.
struct ComposedChemistry {
  Chemistry chemistry;
  std::string source;           ///< which composer ("library")
  std::string library_id;       ///< the structure that it was taken from, empty where it is new
  bool novel = false;           ///< not the chemistry of a known structure
  double similarity = 0;        ///< cosine of prompt and chemistry in the shared space
  int framework_dimension = 0;  ///< as intended, 0..3
  double reference_volume = 0;  ///< Å^3 of the primitive cell, of the real or predicted structure; 0: unknown
  double expected_volume =
      0;  ///< Å^3 of the primitive cell, for the geometry to keep; 0: as the elements let expect
  std::string linkers;  ///< names or SMILES as the source gives them, may be empty
};

class Composer {
 public:
  virtual ~Composer() = default;
  /// The chemistry of sample `index` of a run: a function of (request, seed, index) alone.
  /// Throws clamp::Error that says, with numbers, which demand nothing meets.
  virtual ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const = 0;
};

}  // namespace clamp::sampler
