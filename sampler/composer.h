// Chemistry first: a composer makes, from a prompt's embedding and the user's demands, what a geometry is
// then drawn for.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "core/error.h"
#include "sampler/constraints.h"

namespace clamp::sampler {

/// What a prompt names that is there or is not, whatever else it says.
struct NamedParts {
  std::vector<int> metals;           ///< atomic numbers
  std::vector<std::string> linkers;  ///< SMILES; charges do not matter
  bool empty() const { return metals.empty() && linkers.empty(); }
};

struct ComposeRequest {
  torch::Tensor prompt;           ///< [dim] text embedding, L2-normalised, float32, CPU
  torch::Tensor negative_prompt;  ///< [dim] or undefined
  torch::Tensor prompt_states;    ///< [tokens, width] of the text encoder; undefined: the composer needs none
  torch::Tensor negative_states;  ///< [tokens, width] or undefined
  Constraints constraints;
  /// Demanded like the constraints as long as a chemistry with them is found; then they only steer.
  NamedParts named;
};

/// How the draws of one chemistry went.
struct DrawCounts {
  int64_t draws = 0;                      ///< 0: nothing was drawn, the chemistry was looked up
  int64_t dead_ends = 0;                  ///< no way on under the demands, or too long
  std::map<std::string, int64_t> failed;  ///< check -> draws that failed it (graph_check_names())
  DrawCounts& operator+=(const DrawCounts& more) {
    draws += more.draws;
    dead_ends += more.dead_ends;
    for (const auto& [name, count] : more.failed) failed[name] += count;
    return *this;
  }
};

/// Draws were made, and none of them is a possible chemistry that meets the demands.
class NoChemistry : public Error {
 public:
  NoChemistry(const std::string& message, DrawCounts draws) : Error(message), counts(std::move(draws)) {}
  DrawCounts counts;
};

/// A chemistry with its provenance.
struct ComposedChemistry {
  Chemistry chemistry;
  std::string source;           ///< which composer ("library", "model")
  std::string library_id;       ///< the structure that it was taken from, empty where it is new
  bool novel = false;           ///< metals, linkers and their ratio are not those of a training structure
  double similarity = 0;        ///< cosine of prompt and real structure in the shared space; NaN: none
  int framework_dimension = 0;  ///< as intended, 0..3
  double reference_volume = 0;  ///< Å^3 of the primitive cell, of the real or predicted structure; 0: unknown
  double expected_volume =
      0;  ///< Å^3 of the primitive cell, for the geometry to keep; 0: as the elements let expect
  std::optional<AsymmetricUnit> start;  ///< a sound geometry that the composer found on the way
  std::string linkers;                  ///< names or SMILES as the source gives them, may be empty
  DrawCounts counts;
};

class Composer {
 public:
  virtual ~Composer() = default;
  /// The chemistry of sample `index` of a run: a function of (request, seed, index) alone.
  /// Throws clamp::Error that says, with numbers, which demand nothing meets; NoChemistry where this sample
  /// found nothing and another one may.
  virtual ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const = 0;
};

}  // namespace clamp::sampler
