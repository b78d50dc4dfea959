// A composer that takes chemistries from a library of known structures, by CLAMP similarity to the prompt.
//
// Sample `index` is the entry of rank `index` in the order of (similarity / temperature + Gumbel noise of the
// run's seed) among the entries that meet every demand: draws from the softmax of the similarities without
// replacement (Gumbel-top-k, Kool et al., arXiv:1903.06059). Past the last entry the order begins anew.
#pragma once

#include <memory>

#include "sampler/chemistry_library.h"
#include "sampler/composer.h"

namespace clamp::sampler {

struct LibraryComposerConfig {
  double temperature =
      0.02;  ///< of the softmax over cosine similarities, > 0; smaller keeps closer to the prompt
};

class KnownBlocks;

class LibraryComposer : public Composer {
 public:
  LibraryComposer(ChemistryLibrary library, const LibraryComposerConfig& config);
  ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const override;
  const ChemistryLibrary& library() const { return library_; }

 private:
  std::vector<int64_t> eligible(const Constraints& constraints) const;
  std::vector<double> similarities(const ComposeRequest& request) const;

  ChemistryLibrary library_;
  LibraryComposerConfig config_;
  std::shared_ptr<KnownBlocks> blocks_;  ///< found once, when linkers or nodes are first demanded
};

}  // namespace clamp::sampler
