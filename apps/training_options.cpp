#include "apps/training_options.h"

#include <fmt/format.h>

#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "nn/checkpoint.h"

namespace clamp::apps {

void add_training_options(CLI::App& app, TrainingOptions& options, const std::string& data,
                          const std::string& out) {
  app.add_option("--data", options.data, data)->allow_extra_args(false);
  app.add_option("--out", options.out, out);
  app.add_flag("--resume", options.resume, "Go on from the last saved state in the output folder");
  app.add_option("--max-minutes", options.max_minutes,
                 "Stop after this many minutes, everything saved; 0: no limit");
  app.add_option("--save-minutes", options.save_minutes,
                 "Save the state at least this often; 0: by steps only");
  app.add_option("--steps", options.steps, "Updates in all; 0: as the configuration says");
}

void require_resumable_or_fresh(const std::string& state, bool resume, bool force) {
  const bool exists = std::filesystem::exists(state);
  if (resume && !exists) fail_usage(fmt::format("--resume: {} does not exist", state));
  if (!resume && exists && !force) {
    fail_usage(fmt::format("{} exists; pass --resume to continue that run or --force to replace it", state));
  }
}

std::string training_metrics(const std::string& model) { return nn::load_metadata(model).at("metrics"); }

void print_training_result(const std::string& model, int64_t step, int64_t steps, bool json) {
  const auto metrics = nlohmann::json::parse(training_metrics(model));
  const bool finished = step >= steps;
  if (json) {
    std::cout << nlohmann::json{{"schema_version", 1},
                                {"checkpoint", model},
                                {"step", step},
                                {"finished", finished},
                                {"metrics", metrics}}
                     .dump(2)
              << "\n";
    return;
  }
  std::cout << fmt::format("{}: step {} of {}{}\n", model, step, steps,
                           finished ? "" : ", stopped early; --resume goes on");
  for (const auto& [key, value] : metrics.items()) std::cout << fmt::format("  {}: {}\n", key, value.dump());
}

}  // namespace clamp::apps
