// The loop around EncoderTrainer: files, metrics, progress.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "encoders/encoder_file.h"
#include "train/encoder_trainer.h"
#include "train/training_loop.h"

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

}  // namespace

bool run_encoder_training(EncoderTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                          Logger& logger) {
  const auto& processes = trainer.processes();
  TrainingLoop loop = loop_of("encoders", directory + "/metrics.jsonl", trainer);
  loop.step = [&] { return to_json(trainer.step()); };
  loop.validate = [&] {
    if (!trainer.has_validation()) return nlohmann::json::object();
    const auto v = trainer.validate();
    logger.info(fmt::format(
        "step {}: validation loss {:.3f}, 1 of {}: crystal to text {:.1f} %, text to crystal {:.1f} % (texts "
        "permuted: {:.1f} %, {:.1f} %)",
        trainer.steps_done(), v.loss, v.matching.group, 100 * v.matching.crystal_to_text,
        100 * v.matching.text_to_crystal, 100 * v.control.crystal_to_text, 100 * v.control.text_to_crystal));
    return to_json(v);
  };
  loop.save_model = [&](const std::string& found) {
    trainer.save_encoders(encoders::encoder_file(directory), found);
  };
  loop.save_state = [&] { trainer.save_state(directory + "/train_state.safetensors"); };
  const bool finished = run_training(loop, hooks, processes, logger);
  const auto cut = static_cast<int64_t>(processes.sum(static_cast<double>(trainer.cut_texts())));
  if (cut > 0 && processes.is_first()) {
    logger.warn(fmt::format("{} texts were longer than the encoder's context and were cut", cut));
  }
  return finished;
}

}  // namespace clamp::train
