#include "nn/ema.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>

#include "core/error.h"

namespace clamp::nn {

Ema::Ema(const torch::nn::Module& module, double decay) : decay_(decay) {
  for (const auto& item : module.named_parameters()) shadow_[item.key()] = item.value().detach().clone();
  for (const auto& item : module.named_buffers()) shadow_[item.key()] = item.value().detach().clone();
}

void Ema::update(const torch::nn::Module& module) {
  const torch::NoGradGuard no_grad;
  const double n = static_cast<double>(updates_);
  const double decay = std::min(decay_, (1 + n) / (10 + n));
  for (const auto& item : module.named_parameters()) shadow_.at(item.key()).lerp_(item.value(), 1 - decay);
  for (const auto& item : module.named_buffers()) shadow_.at(item.key()).copy_(item.value());
  ++updates_;
}

void Ema::restore(TensorMap shadow, int64_t updates) {
  for (auto& [name, tensor] : shadow_) {
    const auto found = shadow.find(name);
    if (found == shadow.end() || found->second.sizes() != tensor.sizes()) {
      fail(fmt::format("averaged weights: tensor '{}' is missing or has another shape than the model's",
                       name));
    }
    tensor.copy_(found->second);
  }
  updates_ = updates;
}

}  // namespace clamp::nn
