// Row-wise scatter addition, the backward of a gather.
#pragma once

#include <torch/types.h>

namespace clamp::nn {

/// target[index[e]] += source[e] for every e, in the order of e (deterministic on the CPU).
/// index_add_ of LibTorch 1.13 spends a tensor operation a row on the CPU; this is one pass.
/// @param target  [n, width] contiguous
/// @param index   [m] int64, each in [0, n)
/// @param source  [m, width], dtype and device of `target`
void add_rows_(torch::Tensor& target, const torch::Tensor& index, const torch::Tensor& source);

}  // namespace clamp::nn
