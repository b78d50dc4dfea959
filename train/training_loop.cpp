#include "train/training_loop.h"

#include <fmt/format.h>

#include <optional>

#include "train/metrics_file.h"

namespace clamp::train {

std::string show_loss(const nlohmann::json& record) {
  return fmt::format("loss {:.3f}", record.at("loss").get<double>());
}

bool run_training(const TrainingLoop& loop, const TrainingHooks& hooks, const Processes& processes,
                  Logger& logger) {
  std::optional<MetricsFile> metrics;  // of the first process alone
  if (processes.is_first()) metrics.emplace(loop.metrics, loop.steps_done());
  Progress progress(logger, loop.name, loop.steps, "steps");
  std::optional<double> best = loop.best_quality;
  bool stopped = false;
  while (loop.steps_done() < loop.steps && !stopped) {
    const auto record = loop.step();
    const int64_t done = loop.steps_done();
    stopped = processes.any(hooks.stop && hooks.stop());
    if (!metrics) continue;
    if (done % loop.log_every == 0) metrics->write(done, record);
    const bool finished = done >= loop.steps;
    const bool due = stopped || done % loop.save_every == 0 || (hooks.save_due && hooks.save_due());
    // Before the validation, which can take minutes and be killed; but a finished state would not be resumed
    // to validate it.
    if (!finished && due) loop.save_state();
    if (finished || stopped || done % loop.validate_every == 0) {
      const auto found = loop.validate();
      if (!found.empty()) metrics->write(done, found);
      const auto quality = found.find("quality");
      const bool worse = quality != found.end() && best && quality->get<double>() < *best;
      if (!worse) loop.save_model(found.dump());
      if (!worse && quality != found.end()) best = quality->get<double>();
    }
    if (finished) loop.save_state();
    progress.update(done, loop.shown(record));
  }
  progress.finish();
  return loop.steps_done() >= loop.steps;
}

}  // namespace clamp::train
