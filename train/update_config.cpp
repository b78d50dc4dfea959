#include "train/update_config.h"

#include <fmt/format.h>

namespace clamp::train {

nn::LrSchedule UpdateConfig::schedule() const {
  nn::LrSchedule schedule;
  schedule.peak = learning_rate;
  schedule.warmup_steps = warmup_steps;
  schedule.total_steps = steps;
  return schedule;
}

void read(YamlMap& map, UpdateConfig& config) {
  map.get("max_atoms", config.max_atoms, 1, 1000);
  map.get("batch_size", config.batch_size, 1, 1'000'000);
  map.get("steps", config.steps, 1);
  map.get("learning_rate", config.learning_rate, 0.0, 1.0);
  map.get("warmup_steps", config.warmup_steps, 0);
  map.get("weight_decay", config.weight_decay, 0.0, 10.0);
  map.get("clip_norm", config.clip_norm, 1e-6, 1e6);
  map.get("ema_decay", config.ema_decay, 0.0, 0.999999);
  map.get("log_every", config.log_every, 1);
  map.get("validate_every", config.validate_every, 1);
  map.get("save_every", config.save_every, 1);
}

std::string to_yaml(const UpdateConfig& config, int indent) {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}max_atoms: {1}\n{0}batch_size: {2}\n{0}steps: {3}\n{0}learning_rate: {4}\n{0}warmup_steps: {5}\n"
      "{0}weight_decay: {6}\n{0}clip_norm: {7}\n{0}ema_decay: {8}\n{0}log_every: {9}\n"
      "{0}validate_every: {10}\n{0}save_every: {11}\n",
      space, config.max_atoms, config.batch_size, config.steps, config.learning_rate, config.warmup_steps,
      config.weight_decay, config.clip_norm, config.ema_decay, config.log_every, config.validate_every,
      config.save_every);
}

void allow_other_sections(YamlMap& map) {
  for (const char* section : {"tokenizer", "encoders", "composer", "geometry", "guide"}) map.has(section);
}

}  // namespace clamp::train
