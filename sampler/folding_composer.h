// A composer whose chemistries have been seen to fold.
//
// The checks on the bond graph cannot say whether a net closes in its space group: that takes positions. A
// few polished random starts (milliseconds each) can, before a geometry is paid for: a chemistry of which
// none is sound is composed anew.
#pragma once

#include <memory>

#include "relax/geometry_table.h"
#include "sampler/composer.h"

namespace clamp::sampler {

struct FoldingConfig {
  int64_t starts = 8;  ///< random starts for each chemistry, at least 1
  int64_t tries = 8;   ///< chemistries, at least 1; then the one of the best start is taken, folded or not
};

class FoldingComposer : public Composer {
 public:
  /// `table` must outlive the composer. Throws clamp::UsageError for numbers below 1.
  FoldingComposer(std::unique_ptr<Composer> inner, const FoldingConfig& config,
                  const relax::GeometryTable& table);
  /// The inner composer's chemistry that has a sound start, with that start; the counts are those of all
  /// chemistries tried, with "fold" for those that had none.
  ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const override;

 private:
  std::unique_ptr<Composer> inner_;
  FoldingConfig config_;
  const relax::GeometryTable& table_;
};

}  // namespace clamp::sampler
