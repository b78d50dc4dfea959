#include "nn/random.h"

#include <ATen/CPUGeneratorImpl.h>
#include <fmt/format.h>
#include <torch/cuda.h>

#include <algorithm>
#include <cctype>
#include <mutex>

#include "core/error.h"

namespace clamp::nn {

at::Generator make_generator(uint64_t seed) { return at::detail::createCPUGenerator(seed); }

torch::Tensor generator_state(const at::Generator& generator) {
  at::Generator handle = generator;  // shares the state; mutex() is not const
  const std::lock_guard<std::mutex> lock(handle.mutex());
  return handle.get_state();
}

void set_generator_state(at::Generator& generator, const torch::Tensor& state) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  try {
    generator.set_state(state);
  } catch (const c10::Error& error) {
    fail(fmt::format("random generator state cannot be restored: {}", error.what_without_backtrace()));
  }
}

torch::Device parse_device(const std::string& text) {
  const bool available = torch::cuda::is_available();
  if (text == "cpu") return torch::Device(torch::kCPU);
  if (text == "auto") return torch::Device(available ? torch::kCUDA : torch::kCPU);
  const std::string cuda = "cuda";
  const bool indexed =
      text.size() > cuda.size() + 1 && text.size() <= cuda.size() + 4 && text[cuda.size()] == ':' &&
      std::all_of(text.begin() + 5, text.end(), [](unsigned char c) { return std::isdigit(c); });
  if (text.rfind(cuda, 0) != 0 || (text != cuda && !indexed)) {
    fail_usage(fmt::format("device '{}' is not one of auto, cpu, cuda, cuda:<index>", text));
  }
  if (!available) {
    fail_usage(
        fmt::format("device '{}' asked for, but this LibTorch finds no CUDA device; use --device cpu", text));
  }
  const int index = indexed ? std::stoi(text.substr(5)) : 0;
  const auto count = static_cast<int>(torch::cuda::device_count());
  if (index >= count) {
    fail_usage(fmt::format("device '{}' asked for, but there are {} CUDA devices (0 to {})", text, count,
                           count - 1));
  }
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(index));
}

}  // namespace clamp::nn
