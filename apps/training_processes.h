// The processes that torchrun, mpirun or srun started, as the training commands use them.
#pragma once

#include "apps/cli.h"
#include "train/distributed.h"

namespace clamp::apps {

/// What the launcher says in the environment.
train::Launch launched();

/// Device and threads of this process: `cuda` without an index is the device of its place on the machine, and
/// processes of one machine share its cores where --threads is not given.
torch::Device use_device_of(const train::Launch& launch, const CommonOptions& common);

/// The level for this process: only the first one reports.
LogLevel log_level_of(const train::Launch& launch, const CommonOptions& common);

}  // namespace clamp::apps
