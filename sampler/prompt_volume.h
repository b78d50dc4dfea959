// How much wider or denser a prompt asks a framework to be than its atoms alone let expect.
//
// The elements of a chemistry give its volume but for its pores. A prompt says something of these, and the
// training structures nearest to it in the shared space have them: the weighted mean of their ln(volume /
// volume that their atoms let expect).
#pragma once

#include <torch/types.h>

#include "relax/geometry_table.h"
#include "sampler/chemistry_library.h"

namespace clamp::sampler {

class PromptVolume {
 public:
  PromptVolume(const ChemistryLibrary& library, const relax::GeometryTable& table);
  /// Factor on GeometryTable::predicted_volume(); between the smallest and the largest of the library.
  /// @param prompt  [dim] L2-normalised, float32, CPU
  double factor(const torch::Tensor& prompt) const;

 private:
  torch::Tensor embeddings_;  ///< [n, dim]
  torch::Tensor log_ratios_;  ///< [n]
};

}  // namespace clamp::sampler
