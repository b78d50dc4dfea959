#include "apps/cli_torch.h"

#include <c10/util/Exception.h>
#include <fmt/format.h>
#include <torch/cuda.h>
#include <torch/version.h>

#include "nn/random.h"
#include "nn/threads.h"

namespace clamp::apps {

int run_torch_main(int argc, const char* const* argv, const std::function<int()>& body) {
  return run_main(argc, argv, body, [](const std::exception& error, bool verbose) -> std::string {
    const auto* torch_error = dynamic_cast<const c10::Error*>(&error);
    if (torch_error == nullptr) return {};
    if (verbose) return torch_error->what();
    return fmt::format("{} (--verbose gives the full text)", torch_error->what_without_backtrace());
  });
}

void add_torch_version(Program& program) {
  program.add_version("LibTorch", fmt::format("{}.{}", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR));
  program.add_version("CUDA", torch::cuda::is_available()
                                  ? fmt::format("{} device(s)", torch::cuda::device_count())
                                  : "not available");
}

torch::Device use_device(const CommonOptions& common) {
  nn::use_threads(common.n_threads());
  return nn::parse_device(common.device);
}

}  // namespace clamp::apps
