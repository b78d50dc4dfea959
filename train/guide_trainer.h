// Training of the noise-aware crystal encoder (encoders/noise_aware.h) beside a trained CLAMP pair and a
// geometry model: structures noised by that model's own processes are drawn to the frozen pair's embeddings
// of their captions and of the clean crystals, by InfoNCE. Exact resume as in train/encoder_trainer.h.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/logger.h"
#include "encoders/noise_aware.h"
#include "nn/adamw.h"
#include "nn/ema.h"
#include "train/geometry_data.h"
#include "train/matching.h"
#include "train/training_hooks.h"
#include "train/update_config.h"

namespace clamp::train {

struct GuideTraining : UpdateConfig {
  GuideTraining() {
    batch_size = 256;  // structures
    steps = 1500;
    learning_rate = 2e-3;
    warmup_steps = 50;
    validate_every = save_every = 250;
  }
  int64_t captions = 8;         ///< embedded for each structure beside its crystal
  double crystal_share = 0.25;  ///< share of the targets that are the clean crystal's embedding
  double masked_share = 0.3;    ///< share of structures with some species masked, from none to all
};

struct GuideRun {
  encoders::NoiseAwareConfig model;
  GuideTraining training;
  std::string yaml() const;
};
/// Reads `guide.model` and `guide.training` (defaults where `path` is empty). Throws clamp::UsageError.
GuideRun read_guide_run(const std::string& path);

/// Retrieval of noised crystals by captions, 1 of `group`, by level from data to noise.
struct GuideLevel {
  double t = 0;
  MatchRates matching;
  MatchRates control;  ///< captions permuted
};

class GuideTrainer {
 public:
  /// The sets must carry embeddings. `geometry` gives the noise processes.
  GuideTrainer(const GuideRun& run, const diffusion::GeometryModelConfig& geometry, GeometrySet train,
               GeometrySet val, uint64_t seed, torch::Device device);

  /// One update. @return the loss. Throws clamp::Error where it is not finite.
  double step();
  int64_t steps_done() const { return optimizer_->steps(); }
  bool finished() const { return steps_done() >= run_.training.steps; }
  /// With the averaged weights, in levels of the clock 0, 0.125 ... 1.
  std::vector<GuideLevel> validate();

  void save_state(const std::string& path) const;
  void restore_state(const std::string& path);
  void save_model(const std::string& path, const std::string& metrics) const;
  const GuideTraining& config() const { return run_.training; }

 private:
  nn::Metadata identity() const;
  /// Structures noised to `t` [b], with masked species where `rng` is given.
  encoders::NoisyCrystals noised(const GeometrySet& set, const std::vector<int64_t>& indices,
                                 const torch::Tensor& t, uint64_t seed, Rng* rng) const;

  GuideRun run_;
  diffusion::GeometryModel geometry_;
  GeometrySet train_, val_;  ///< without their embeddings
  torch::Tensor train_embeddings_, val_embeddings_;
  uint64_t seed_;
  torch::Device device_;
  encoders::NoiseAwareEncoder encoder_;
  BatchOrder order_;
  std::unique_ptr<nn::AdamW> optimizer_;
  std::unique_ptr<nn::Ema> ema_;
};

/// The state that --resume reads.
constexpr const char* kGuideStateFile = "guide_state.safetensors";

/// Runs to the last step or until `stop`, writing guide.safetensors, its state and guide_metrics.jsonl.
bool run_guide_training(GuideTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                        Logger& logger);

}  // namespace clamp::train
