// A composer that invents: chemistries drawn from the composer model, checked on the bond graph, redrawn
// where they fail.
//
// Sample `index` is a function of (request, seed, index): draws come in rounds of `round` with seeds of their
// own, and the first that passes every check is taken.
#pragma once

#include <memory>
#include <string>

#include "diffusion/composer_model.h"
#include "relax/geometry_table.h"
#include "sampler/composer.h"
#include "sampler/composer_checks.h"

namespace clamp::sampler {

struct ModelComposerConfig {
  double guidance_scale = 2;                   ///< 0: no prompt, 1: plain, more: stronger
  double temperature = 1;                      ///< of the softmax, > 0
  int64_t round = 4;                           ///< draws at once after the first, which is made alone
  int64_t max_draws = 101;                     ///< then the sample is given up
  int64_t max_atoms = diffusion::kSmallCell;   ///< of the primitive cell, where no number is asked for
  int64_t most_atoms = diffusion::kSmallCell;  ///< that can be asked for
};

class ModelComposer : public Composer {
 public:
  /// @param table  predicts the volume of new chemistries; may be null (volume unknown)
  ModelComposer(std::unique_ptr<diffusion::ComposerModel> model, const ModelComposerConfig& config,
                const relax::GeometryTable* table);
  ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const override;
  const diffusion::ComposerModel& model() const { return *model_; }

 private:
  diffusion::ComposerDemands demands_of(const Constraints& constraints) const;
  /// The forms of a demanded molecule. Throws clamp::Error where the model knows none.
  std::vector<int32_t> forms_of(const std::string& smiles) const;

  std::unique_ptr<diffusion::ComposerModel> model_;
  diffusion::ComposerCharges charges_;
  ModelComposerConfig config_;
  const relax::GeometryTable* table_;
};

}  // namespace clamp::sampler
