// The composer's part of clamp-train diffusion.
#pragma once

#include <string>
#include <vector>

#include "apps/train_commands.h"

namespace clamp::apps {

struct ComposerTrainOptions {
  std::vector<std::string> data;  ///< training structures of all, validation structures of the first
  std::string out, encoders;
  bool resume = false;
  double max_minutes = 0, save_minutes = 5;
  int64_t steps = 0;
};

/// @return the exit code
int train_composer(const ComposerTrainOptions& options, const CommonOptions& common);

}  // namespace clamp::apps
