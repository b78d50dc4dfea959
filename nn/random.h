// Torch generators of one's own: a sample's noise never depends on its batch.
#pragma once

#include <ATen/core/Generator.h>
#include <torch/types.h>

#include <cstdint>
#include <string>

namespace clamp::nn {

/// A CPU generator that starts at `seed`.
at::Generator make_generator(uint64_t seed);
/// State for exact resume.
torch::Tensor generator_state(const at::Generator& generator);
void set_generator_state(at::Generator& generator, const torch::Tensor& state);

/// "auto", "cpu", "cuda", "cuda:1". CUDA asked for and absent throws clamp::UsageError.
torch::Device parse_device(const std::string& text);

}  // namespace clamp::nn
