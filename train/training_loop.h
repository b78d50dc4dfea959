// The loop around a trainer: metrics, progress, validation, saving, stopping.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "core/logger.h"
#include "train/distributed.h"
#include "train/training_hooks.h"

namespace clamp::train {

/// "loss 0.123", of the key `loss`.
std::string show_loss(const nlohmann::json& record);

/// What the loop asks of a trainer. Only the first process validates and writes.
struct TrainingLoop {
  std::string name;     ///< of the progress line
  std::string metrics;  ///< file of metrics, one JSON object a line
  int64_t steps = 0, log_every = 1, validate_every = 1, save_every = 1;
  std::function<int64_t()> steps_done;
  /// One update: what goes into the metrics.
  std::function<nlohmann::json()> step;
  /// What is shown of a record of `step` beside the progress.
  std::function<std::string(const nlohmann::json&)> shown = show_loss;
  /// Validates, logs and gives what goes into the metrics; an empty object where nothing was validated.
  std::function<nlohmann::json()> validate;
  /// Called with what `validate` found, unless it has a "quality" below that of the model saved last.
  std::function<void(const std::string& found)> save_model;
  std::optional<double> best_quality;  ///< of the model that is there already, none where there is none
  std::function<void()> save_state;
};

/// With the intervals of the trainer's configuration; `step` and the rest are to be set.
template <class Trainer>
TrainingLoop loop_of(const std::string& name, const std::string& metrics, const Trainer& trainer) {
  TrainingLoop loop;
  loop.name = name;
  loop.metrics = metrics;
  loop.steps = trainer.config().steps;
  loop.log_every = trainer.config().log_every;
  loop.validate_every = trainer.config().validate_every;
  loop.save_every = trainer.config().save_every;
  loop.steps_done = [&trainer] { return trainer.steps_done(); };
  return loop;
}

/// Runs to the last step or until `hooks.stop` of any process. @return whether the last step was reached
bool run_training(const TrainingLoop& loop, const TrainingHooks& hooks, const Processes& processes,
                  Logger& logger);

}  // namespace clamp::train
