#include "apps/training_processes.h"

#include <torch/cuda.h>

#include <algorithm>
#include <cstdlib>

#include "apps/cli_torch.h"

namespace clamp::apps {

train::Launch launched() {
  return train::launch_from([](const std::string& name) -> std::string {
    const char* const value = std::getenv(name.c_str());
    return value == nullptr ? "" : value;
  });
}

torch::Device use_device_of(const train::Launch& launch, const CommonOptions& common) {
  CommonOptions own = common;
  if (launch.local_size > 1 && own.threads == 0) {
    own.threads = std::max<int64_t>(1, common.n_threads() / launch.local_size);
  }
  const auto device = use_device(own);
  if (launch.size == 1 || !device.is_cuda() || device.has_index()) return device;
  // A launcher may show each process only its own device.
  own.device =
      "cuda:" + std::to_string(launch.local_rank % static_cast<int64_t>(torch::cuda::device_count()));
  return use_device(own);
}

LogLevel log_level_of(const train::Launch& launch, const CommonOptions& common) {
  return launch.rank == 0 ? common.log_level() : LogLevel::kQuiet;
}

}  // namespace clamp::apps
