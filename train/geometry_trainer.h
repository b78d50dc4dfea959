// Training of the geometry diffusion model with exact resume.
//
// Everything random in update `step` is a function of (seed, step), as in train/encoder_trainer.h, whatever
// the number of processes: each takes its rows of the same batch with the same noise.
#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "core/logger.h"
#include "nn/adamw.h"
#include "nn/ema.h"
#include "train/distributed.h"
#include "train/geometry_data.h"
#include "train/training_hooks.h"

namespace clamp::train {

/// Mean losses over validation structures, in equal bins of the clock from data (0) to noise (1).
struct GeometryValidation {
  double coords = 0;
  double lattice = 0;
  std::vector<double> coords_by_level;   ///< [kNoiseLevels]
  std::vector<double> lattice_by_level;  ///< [kNoiseLevels]
};
constexpr int64_t kNoiseLevels = 8;

struct GeometryStep {
  int64_t structures = 0;
  double coords = 0;
  double lattice = 0;
  double distances = 0;      ///< 0 where not part of the loss
  double images = 0;         ///< likewise
  double copies = 0;         ///< likewise
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
};

class GeometryTrainer {
 public:
  /// The lattice scale of `run` must be set (measure_lattice_scale). `val` may be empty. `processes` must
  /// outlive the trainer; all of them start from the weights of the first.
  GeometryTrainer(const GeometryRun& run, GeometrySet train, GeometrySet val, uint64_t seed,
                  torch::Device device, const Processes& processes = Processes::alone());

  /// One update. Throws clamp::Error where the loss is not finite.
  GeometryStep step();
  int64_t steps_done() const { return optimizer_->steps(); }
  bool finished() const { return steps_done() >= run_.training.steps; }
  /// With the averaged weights; the noise is the same in every call.
  GeometryValidation validate();
  bool has_validation() const { return val_.size() > 0; }

  void save_state(const std::string& path) const;
  /// Throws clamp::Error for a state of another configuration, data set, seed or format.
  void restore_state(const std::string& path);
  /// Starts from the weights of another model of the same shape (this run must use its lattice scale), which
  /// may lack self-conditioning or the heads for images and copies. Throws clamp::Error where its heads give
  /// other targets.
  void start_from(const std::string& path);
  /// geometry.safetensors: averaged weights (float16 matrices) with configuration, step and `metrics` (JSON).
  void save_model(const std::string& path, const std::string& metrics) const;

  const GeometryTraining& config() const { return run_.training; }
  const nn::TensorMap& averaged_weights() const { return ema_->shadow(); }
  /// A copy with the averaged weights, in evaluation mode.
  diffusion::GeometryModel averaged_model() const;
  const GeometrySet& train_set() const { return train_; }
  const Processes& processes() const { return processes_; }

 private:
  nn::Metadata identity() const;
  /// Noise of `b` structures padded to `slots`.
  diffusion::GeometryNoise draw_noise(int64_t b, int64_t slots, uint64_t seed) const;

  GeometryRun run_;
  GeometrySet train_, val_;
  uint64_t seed_;
  torch::Device device_;
  const Processes& processes_;
  diffusion::GeometryModel model_;
  BatchOrder order_;
  std::unique_ptr<nn::AdamW> optimizer_;
  std::unique_ptr<nn::Ema> ema_;
};

/// Name of the model file in a checkpoint directory.
constexpr const char* kGeometryFile = "geometry.safetensors";
/// The state that --resume reads.
constexpr const char* kGeometryStateFile = "geometry_state.safetensors";

/// What a sample of the model is worth, for the metrics; "quality" decides which weights are kept.
using QualityCheck = std::function<nlohmann::json(diffusion::GeometryModel model)>;

/// Runs to the last step or until `stop`, writing geometry.safetensors, geometry_state.safetensors and
/// geometry_metrics.jsonl into `directory` (the first process does; all stop where one is asked to). The
/// weights in geometry.safetensors are those of the best "quality" so far, or the last without `quality`.
/// @return whether the last step was reached
bool run_geometry_training(GeometryTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                           Logger& logger, const QualityCheck& quality = {});

}  // namespace clamp::train
