// The part of a training configuration that all models share: size, schedule and optimizer of the updates.
#pragma once

#include <cstdint>
#include <string>

#include "core/yaml.h"
#include "nn/lr_schedule.h"

namespace clamp::train {

/// The constructors of the derived configurations set their own defaults.
struct UpdateConfig {
  int64_t max_atoms = 64;       ///< larger structures are left out
  int64_t batch_size = 64;      ///< examples an update
  int64_t steps = 1000;         ///< updates in all; the learning rate falls to its floor at the last
  double learning_rate = 1e-3;  ///< peak, after the warm-up
  int64_t warmup_steps = 100;
  double weight_decay = 0.05;  ///< of matrices
  double clip_norm = 1.0;      ///< of the joint gradient
  double ema_decay = 0.99;     ///< of the averaged weights that are released
  int64_t log_every = 20;      ///< updates
  int64_t validate_every = 500;
  int64_t save_every = 500;

  nn::LrSchedule schedule() const;
};
void read(YamlMap& map, UpdateConfig& config);
/// Lines "key: value", each indented by `indent` spaces.
std::string to_yaml(const UpdateConfig& config, int indent);

/// Sections that one file may hold for the different parts of clamp-train; each reader checks its own.
void allow_other_sections(YamlMap& map);

}  // namespace clamp::train
