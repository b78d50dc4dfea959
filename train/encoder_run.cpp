// The loop around EncoderTrainer: files, metrics, progress.
#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "encoders/encoder_file.h"
#include "train/encoder_trainer.h"
#include "train/metrics_file.h"

namespace clamp::train {
namespace {

nlohmann::json to_json(const EncoderValidation& validation) {
  return {{"val_loss", validation.loss},
          {"candidates", validation.matching.group},
          {"crystal_to_text", validation.matching.crystal_to_text},
          {"text_to_crystal", validation.matching.text_to_crystal},
          {"control_crystal_to_text", validation.control.crystal_to_text},
          {"control_text_to_crystal", validation.control.text_to_crystal}};
}

nlohmann::json to_json(const StepRecord& record) {
  return {{"loss", record.loss},
          {"gradient_norm", record.gradient_norm},
          {"learning_rate", record.learning_rate},
          {"scale", record.scale}};
}

/// Validates, logs and saves encoders.safetensors with what was found.
void validate_and_save(EncoderTrainer& trainer, const std::string& directory, MetricsFile& metrics,
                       Logger& logger) {
  nlohmann::json found = nlohmann::json::object();
  if (trainer.has_validation()) {
    const auto validation = trainer.validate();
    found = to_json(validation);
    metrics.write(trainer.steps_done(), found);
    logger.info(fmt::format(
        "step {}: validation loss {:.3f}, 1 of {}: crystal to text {:.1f} %, text to crystal {:.1f} % (texts "
        "permuted: {:.1f} %, {:.1f} %)",
        trainer.steps_done(), validation.loss, validation.matching.group,
        100 * validation.matching.crystal_to_text, 100 * validation.matching.text_to_crystal,
        100 * validation.control.crystal_to_text, 100 * validation.control.text_to_crystal));
  }
  trainer.save_encoders(encoders::encoder_file(directory), found.dump());
}

}  // namespace

bool run_encoder_training(EncoderTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                          Logger& logger) {
  const auto& config = trainer.config();
  const std::string state_path = directory + "/train_state.safetensors";
  const auto& processes = trainer.processes();
  std::optional<MetricsFile> metrics;  // of the first process alone
  if (processes.is_first()) metrics.emplace(directory + "/metrics.jsonl", trainer.steps_done());
  Progress progress(logger, "encoders", config.steps, "steps");
  bool stopped = false;
  while (!trainer.finished() && !stopped) {
    const auto record = trainer.step();
    const int64_t done = trainer.steps_done();
    stopped = processes.any(hooks.stop && hooks.stop());
    if (!metrics) continue;
    if (done % config.log_every == 0) metrics->write(done, to_json(record));
    const bool last = trainer.finished() || stopped;
    if (last || done % config.validate_every == 0) validate_and_save(trainer, directory, *metrics, logger);
    if (last || done % config.save_every == 0 || (hooks.save_due && hooks.save_due())) {
      trainer.save_state(state_path);
    }
    progress.update(done, fmt::format("loss {:.3f}", record.loss));
  }
  progress.finish();
  const auto cut = static_cast<int64_t>(processes.sum(static_cast<double>(trainer.cut_texts())));
  if (cut > 0 && processes.is_first()) {
    logger.warn(fmt::format("{} texts were longer than the encoder's context and were cut", cut));
  }
  return trainer.finished();
}

}  // namespace clamp::train
