// Options that all trainings of clamp-train share, and what they say at the end.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/cli.h"

namespace clamp::apps {

struct TrainingOptions {
  std::vector<std::string> data;
  std::string out;
  bool resume = false;
  double max_minutes = 0;   ///< 0: no limit
  double save_minutes = 5;  ///< 0: by steps only
  int64_t steps = 0;        ///< 0: as the configuration says
};

/// --data, --out, --resume, --max-minutes, --save-minutes and --steps.
void add_training_options(CLI::App& app, TrainingOptions& options, const std::string& data,
                          const std::string& out);

/// Throws clamp::UsageError where a state is to be resumed that is not there, or would be replaced without
/// `force`.
void require_resumable_or_fresh(const std::string& state, bool resume, bool force);

/// What a run ended with, from the metadata of the model file: one JSON document, or a line and then
/// `metrics` (JSON object), each key on a line.
void print_training_result(const std::string& model, int64_t step, int64_t steps, bool json);
/// The JSON `metrics` in a model file's metadata.
std::string training_metrics(const std::string& model);

}  // namespace clamp::apps
