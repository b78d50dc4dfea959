// A composer that invents: chemistries drawn from the composer model, checked on the bond graph, redrawn
// where they fail.
//
// Sample `index` is a function of (request, seed, index): draws come in rounds of `round` with seeds of their
// own, and the first that passes every check is taken. Parts that the prompt names (ComposeRequest::named)
// are demanded in the first `named_draws` of them.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "diffusion/composer_model.h"
#include "relax/geometry_table.h"
#include "sampler/composer.h"
#include "sampler/composer_checks.h"
#include "sampler/prompt_volume.h"

namespace clamp::sampler {

struct ModelComposerConfig {
  double guidance_scale = 2;                   ///< 0: no prompt, 1: plain, more: stronger
  double temperature = 1;                      ///< of the softmax, > 0
  int64_t round = 4;                           ///< draws at once after the first, which is made alone
  int64_t max_draws = 101;                     ///< then the sample is given up
  int64_t named_draws = 17;                    ///< of these, with the parts that the prompt names demanded
  int64_t max_atoms = diffusion::kSmallCell;   ///< of the primitive cell, where no number is asked for
  int64_t most_atoms = diffusion::kSmallCell;  ///< that can be asked for
};

class ModelComposer : public Composer {
 public:
  /// @param table  predicts the volume of new chemistries; may be null (volume unknown)
  /// @param volume  what the prompt adds to that; may be null
  ModelComposer(std::unique_ptr<diffusion::ComposerModel> model, const ModelComposerConfig& config,
                const relax::GeometryTable* table, std::shared_ptr<const PromptVolume> volume = nullptr);
  ComposedChemistry compose(const ComposeRequest& request, uint64_t seed, int64_t index) const override;
  const diffusion::ComposerModel& model() const { return *model_; }

 private:
  struct Draw;  ///< prompt, demands and seed of a sample
  diffusion::ComposerDemands demands_of(const Constraints& constraints) const;
  /// The demands together with those of the named parts that they allow and that the model knows.
  diffusion::ComposerDemands with_named(diffusion::ComposerDemands demands, const NamedParts& named) const;
  /// The forms of the molecules of these heavy atoms whose SMILES `fits`.
  std::vector<int32_t> forms_where(const std::map<int, int>& heavy_atoms,
                                   const std::function<bool(const std::string&)>& fits) const;
  /// The forms of a molecule, none where the model does not know it. Found once for each SMILES.
  std::vector<int32_t> forms_of(const std::string& smiles) const;
  /// Demands the metals and the bridging atoms of a node. Throws clamp::Error where no molecule bridges so.
  void demand_node(const Composition& node, diffusion::ComposerDemands& demands) const;
  /// The first chemistry that passes, up to `max_draws` draws of `counts` in all; else nothing.
  std::optional<ComposedChemistry> draw(const Draw& sample, const diffusion::ComposerDemands& demands,
                                        int64_t max_draws, DrawCounts& counts) const;

  std::unique_ptr<diffusion::ComposerModel> model_;
  diffusion::ComposerCharges charges_;
  ModelComposerConfig config_;
  const relax::GeometryTable* table_;
  std::shared_ptr<const PromptVolume> volume_;
  mutable std::mutex forms_mutex_;
  mutable std::map<std::string, std::vector<int32_t>> forms_;  ///< what forms_of() has found
};

}  // namespace clamp::sampler
