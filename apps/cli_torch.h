// The part of the command line that needs LibTorch: device, threads, versions, error texts.
#pragma once

#include <torch/types.h>

#include "apps/cli.h"

namespace clamp::apps {

/// run_main for programs that link LibTorch: c10::Error is shown without its backtrace (with it under
/// --verbose).
int run_torch_main(int argc, const char* const* argv, const std::function<int()>& body);

/// Adds LibTorch's and CUDA's versions to --version.
void add_torch_version(Program& program);

/// Sets the number of threads and gives the device. CUDA asked for and absent throws clamp::UsageError.
torch::Device use_device(const CommonOptions& common);

}  // namespace clamp::apps
