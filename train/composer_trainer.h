// Training of the composer with exact resume: autoregressive or absorbing diffusion, as the model says.
//
// Everything random in update `step` (batch, captions, what is dropped or masked) is a function of
// (seed, step).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/logger.h"
#include "core/seed.h"
#include "diffusion/composer_model.h"
#include "nn/adamw.h"
#include "nn/ema.h"
#include "train/composer_config.h"
#include "train/composer_data.h"
#include "train/training_hooks.h"

namespace clamp::train {

struct ComposerStep {
  double loss = 0;           ///< nats a token; for diffusion the bound on them
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
};

class ComposerTrainer {
 public:
  /// Sequences longer than the model's max_length are not allowed. `val` may be empty. The model's text_width
  /// and text_dim are those of the texts. `metadata` goes into the model file.
  ComposerTrainer(const ComposerRun& run, diffusion::ComposerKnowledge knowledge, ComposerSet train,
                  ComposerSet val, nn::Metadata metadata, uint64_t seed, torch::Device device);
  /// One update. Throws clamp::Error where the loss is not finite.
  ComposerStep step();
  int64_t steps_done() const { return optimizer_->steps(); }
  bool finished() const { return steps_done() >= run_.training.steps; }
  /// Mean loss with the averaged weights and the first text of each example; 0 without validation examples.
  double validate();

  void save_state(const std::string& path) const;
  /// Throws clamp::Error for a state of another configuration, data set, seed or format.
  void restore_state(const std::string& path);
  /// Averaged weights, float16 matrices, with configuration, step and `metrics` (JSON).
  void save_model(const std::string& path, const std::string& metrics) const;
  const ComposerTraining& config() const { return run_.training; }

 private:
  nn::Metadata identity() const;
  std::vector<int64_t> batch_of(int64_t step);
  torch::Tensor loss_of(diffusion::ComposerNetwork& network, const ComposerSet& set,
                        const std::vector<int64_t>& indices, Rng& rng, bool training) const;

  ComposerRun run_;
  ComposerSet train_, val_;
  nn::Metadata metadata_;
  uint64_t seed_;
  torch::Device device_;
  std::unique_ptr<diffusion::ComposerModel> model_;
  std::unique_ptr<nn::AdamW> optimizer_;
  std::unique_ptr<nn::Ema> ema_;
  int64_t epoch_ = -1;
  std::vector<std::vector<int64_t>> batches_;  // of the epoch
};

/// Name of the model file in a checkpoint directory, and of the state that --resume reads.
constexpr const char* kComposerFile = "composer.safetensors";
constexpr const char* kComposerStateFile = "composer_state.safetensors";

/// Runs to the last step or until `stop`, writing composer.safetensors, composer_state.safetensors and
/// composer_metrics.jsonl into `directory`. @return whether the last step was reached
bool run_composer_training(ComposerTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                           Logger& logger);

}  // namespace clamp::train
