#include "nn/adamw.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include <cmath>

#include "core/error.h"

namespace clamp::nn {
namespace {

// Elements a chunk on the CPU: the four buffers of a chunk stay in the cache over the operations of a step.
constexpr int64_t kChunk = 32768;

/// Calls `visit(name, offset, tensor)` for each parameter of a group with its place in the flat buffers.
template <typename Visit>
void for_each_parameter(const ParameterGroup& group, Visit visit) {
  int64_t offset = 0;
  for (const auto& [name, tensor] : group.parameters) {
    visit(name, offset, tensor);
    offset += tensor.numel();
  }
}

}  // namespace

std::vector<ParameterGroup> decay_groups(const torch::nn::Module& module, double weight_decay) {
  std::vector<ParameterGroup> groups(2);
  groups[0].weight_decay = weight_decay;
  for (const auto& item : module.named_parameters()) {
    groups[item.value().dim() >= 2 ? 0 : 1].parameters.emplace_back(item.key(), item.value());
  }
  return groups;
}

AdamW::AdamW(std::vector<ParameterGroup> groups, const AdamWConfig& config) : config_(config) {
  const torch::NoGradGuard no_grad;
  for (auto& group : groups) {
    if (group.parameters.empty()) continue;
    FlatGroup flat;
    std::vector<torch::Tensor> pieces;
    for (const auto& [name, tensor] : group.parameters) pieces.push_back(tensor.detach().reshape({-1}));
    flat.values = torch::cat(pieces);
    flat.grads = torch::zeros_like(flat.values);
    flat.mean = torch::zeros_like(flat.values);
    flat.variance = torch::zeros_like(flat.values);
    flat.group = std::move(group);
    for_each_parameter(flat.group, [&](const std::string&, int64_t offset, torch::Tensor tensor) {
      const auto sizes = tensor.sizes().vec();
      tensor.set_data(flat.values.narrow(0, offset, tensor.numel()).view(sizes));
      tensor.mutable_grad() = flat.grads.narrow(0, offset, tensor.numel()).view(sizes);
    });
    groups_.push_back(std::move(flat));
  }
}

void AdamW::zero_grad() {
  for (auto& flat : groups_) flat.grads.zero_();
}

std::vector<torch::Tensor> AdamW::gradients() const {
  std::vector<torch::Tensor> all;
  for (const auto& flat : groups_) all.push_back(flat.grads);
  return all;
}

torch::Tensor AdamW::clip_grad_norm(double max_norm) {
  const torch::NoGradGuard no_grad;
  torch::Tensor squares;
  for (const auto& flat : groups_) {
    const auto square = flat.grads.dot(flat.grads);
    squares = squares.defined() ? squares + square : square;
  }
  const auto norm = squares.sqrt();
  const auto scale = (max_norm / (norm + 1e-6)).clamp_max(1.0);
  for (auto& flat : groups_) flat.grads.mul_(scale);
  return norm;
}

void AdamW::step(double lr) {
  const torch::NoGradGuard no_grad;
  ++steps_;
  const double correction1 = 1 - std::pow(config_.beta1, static_cast<double>(steps_));
  const double correction2 = 1 - std::pow(config_.beta2, static_cast<double>(steps_));
  for (auto& flat : groups_) {
    const double rate = lr * flat.group.lr_scale;
    const int64_t n = flat.values.numel();
    const int64_t chunk = flat.values.is_cpu() ? kChunk : n;
    for (int64_t begin = 0; begin < n; begin += chunk) {
      const int64_t length = std::min(chunk, n - begin);
      auto values = flat.values.narrow(0, begin, length);
      const auto grads = flat.grads.narrow(0, begin, length);
      auto mean = flat.mean.narrow(0, begin, length);
      auto variance = flat.variance.narrow(0, begin, length);
      mean.lerp_(grads, 1 - config_.beta1);
      variance.mul_(config_.beta2).addcmul_(grads, grads, 1 - config_.beta2);
      if (flat.group.weight_decay != 0) values.mul_(1 - rate * flat.group.weight_decay);
      values.addcdiv_(mean, variance.sqrt().div_(std::sqrt(correction2)).add_(config_.epsilon),
                      -rate / correction1);
    }
  }
}

TensorMap AdamW::state(const std::string& prefix) const {
  TensorMap state;
  for (const auto& flat : groups_) {
    for_each_parameter(flat.group, [&](const std::string& name, int64_t offset, const torch::Tensor& tensor) {
      const auto slice = [&](const torch::Tensor& buffer) {
        return buffer.narrow(0, offset, tensor.numel()).view(tensor.sizes()).to(torch::kCPU).clone();
      };
      state[prefix + "mean." + name] = slice(flat.mean);
      state[prefix + "variance." + name] = slice(flat.variance);
    });
  }
  state[prefix + "steps"] = torch::full({1}, steps_, torch::kInt64);
  return state;
}

void AdamW::restore(const TensorMap& tensors, const std::string& prefix, const std::string& source) {
  const auto find = [&](const std::string& name, torch::IntArrayRef sizes) {
    const auto found = tensors.find(prefix + name);
    if (found == tensors.end() || found->second.sizes() != sizes) {
      fail(fmt::format("{}: optimizer state '{}' is missing or does not fit the model", source,
                       prefix + name));
    }
    return found->second;
  };
  for (auto& flat : groups_) {
    for_each_parameter(flat.group, [&](const std::string& name, int64_t offset, const torch::Tensor& tensor) {
      const auto place = [&](torch::Tensor& buffer, const torch::Tensor& value) {
        buffer.narrow(0, offset, tensor.numel()).copy_(value.reshape({-1}));
      };
      place(flat.mean, find("mean." + name, tensor.sizes()));
      place(flat.variance, find("variance." + name, tensor.sizes()));
    });
  }
  steps_ = find("steps", {1}).item<int64_t>();
}

}  // namespace clamp::nn
