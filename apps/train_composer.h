// The composer's part of clamp-train diffusion.
#pragma once

#include <string>

#include "apps/train_commands.h"
#include "apps/training_options.h"

namespace clamp::apps {

/// Trains on the training structures of all data sets and validates on those of the first. `encoders`: folder
/// of the encoders. @return the exit code
int train_composer(const TrainingOptions& options, const std::string& encoders, const CommonOptions& common);

}  // namespace clamp::apps
