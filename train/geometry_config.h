// Configuration of geometry training: section `geometry` of a YAML file (configs/geometry.yaml).
#pragma once

#include <string>

#include "core/yaml.h"
#include "diffusion/geometry_model.h"
#include "train/update_config.h"

namespace clamp::train {

struct GeometryTraining : UpdateConfig {
  GeometryTraining() {
    batch_size = 128;  // at most, of similar size
    steps = 20000;
    warmup_steps = 200;
    weight_decay = 0.01;
    ema_decay = 0.999;
    validate_every = 1000;
  }
  int64_t batch_atoms = 2048;   ///< most atoms of an update, structures padded to the largest; 0: any number
  double lattice_weight = 0.5;  ///< of the lattice loss beside the coordinate loss
  double distance_weight = 0;   ///< of the loss of bonded and next-bonded distances
  double image_weight = 0;      ///< of the loss of the bonds' images; needs the model's image head
  double copy_weight = 0;       ///< of the loss of the bonds' copies; needs the model's copy head
  double embedding_dropout = 0.15;  ///< share of structures trained without the CLAMP embedding
  double unknown_copies = 0.2;      ///< share of structures whose bonds across symmetry name no copy
  double focus_share = 0.9;  ///< share of noise levels drawn from [focus_low, focus_high] instead of [0, 1]
  double focus_low = 0.3;    ///< below it (0.07 Å) the polish does the work
  double focus_high = 0.85;  ///< above it (2 Å) the search over starts does
  int64_t captions = 4;      ///< captions embedded for each structure beside its crystal embedding
  int64_t quality_structures =
      32;  ///< validation structures sampled to judge the weights; 0: the last are kept
};

struct GeometryRun {
  diffusion::GeometryModelConfig model;  ///< its lattice scale is measured on the training data
  GeometryTraining training;
  /// The resolved section `geometry`.
  std::string yaml() const;
};

/// Reads `geometry.model`, `geometry.noise` and `geometry.training`, or takes the defaults where `path` is
/// empty. Throws clamp::UsageError.
GeometryRun read_geometry_run(const std::string& path);

}  // namespace clamp::train
