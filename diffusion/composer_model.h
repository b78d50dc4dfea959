// The composer: dictionary, network, and drawing of chemistries; in one safetensors file.
#pragma once

#include <torch/types.h>

#include <memory>
#include <string>
#include <vector>

#include "core/seed.h"
#include "diffusion/composer_grammar.h"
#include "diffusion/composer_network.h"
#include "diffusion/composer_tokens.h"
#include "nn/checkpoint.h"

namespace clamp::diffusion {

constexpr char kComposerFormat[] = "clamp-composer-1";

/// What the composer knows beside its weights.
struct ComposerKnowledge {
  ComposerDictionary dictionary;
  std::vector<int64_t> molecule_of_form;  ///< [n_forms]
  std::vector<std::string> molecules;     ///< [n_molecules] canonical SMILES
  std::vector<int64_t> known;             ///< sorted hashes of the training chemistries' compositions
};

struct DrawOptions {
  double guidance_scale = 1;  ///< 0: no prompt, 1: plain, more: stronger
  double temperature = 1;     ///< of the softmax, > 0
  int64_t diffusion_steps = 32;
};

class ComposerModel {
 public:
  ComposerModel(const ComposerConfig& config, ComposerKnowledge knowledge);
  ComposerModel(const ComposerModel&) = delete;
  ComposerModel& operator=(const ComposerModel&) = delete;

  /// Throws clamp::Error for anything malformed.
  static std::unique_ptr<ComposerModel> load(const std::string& path, torch::Device device);
  /// `weights`: averaged or current parameters by name; `metadata` is kept beside the format's own keys.
  void save(const std::string& path, const nn::TensorMap& weights, const nn::Metadata& metadata) const;

  const ComposerConfig& config() const { return config_; }
  const ComposerKnowledge& knowledge() const { return knowledge_; }
  const FormFacts& facts() const { return facts_; }
  ComposerNetwork& network() { return network_; }
  const nn::Metadata& metadata() const { return metadata_; }

  /// One sequence a seed, each a function of (prompt, negative, demands, options, seed, number of seeds)
  /// alone; an empty one where there was no way on.
  /// @param prompt    one row
  /// @param negative  one row, or null: away from no prompt
  std::vector<Tokens> draw(const ComposerPrompt& prompt, const ComposerPrompt* negative,
                           const ComposerDemands& demands, const DrawOptions& options,
                           const std::vector<uint64_t>& seeds);

 private:
  std::vector<Tokens> draw_causal(const ComposerText& text, bool guided, const ComposerDemands& demands,
                                  const DrawOptions& options, const std::vector<uint64_t>& seeds);
  std::vector<Tokens> draw_masked(const ComposerText& text, bool guided, const ComposerDemands& demands,
                                  const DrawOptions& options, const std::vector<uint64_t>& seeds);

  ComposerConfig config_;
  ComposerKnowledge knowledge_;
  FormFacts facts_;
  ComposerNetwork network_;
  nn::Metadata metadata_;
};

}  // namespace clamp::diffusion
