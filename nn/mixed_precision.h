// Products with weights: in bfloat16 on processors that multiply it natively, and of few rows. Weights and
// everything else stay float32.
#pragma once

#include <torch/nn/modules/linear.h>
#include <torch/types.h>

namespace clamp::nn {

/// True where the processor has AVX-512 bfloat16 products (measured: 2.3 to 3.4 times float32 at widths 64 to
/// 576).
bool cpu_multiplies_bfloat16();

/// Rows up to which a product with each row alone is faster than one of matrices, which first copies the
/// weights into blocks.
constexpr int64_t kFewRows = 8;

/// x weight^T + bias, a row at a time. For inference on the CPU.
/// @param x  [..., in]; weight [out, in]; bias [out]
/// @return   [..., out]
torch::Tensor linear_of_few(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias);

/// linear(x), its product in bfloat16 where `low_precision` is set, x is float32 on the CPU and the number of
/// rows is even (oneDNN 2.6 dies in the weight gradient of odd ones on AMX). float32 in, float32 out. Without
/// gradients, linear_of_few() where there are at most kFewRows.
torch::Tensor linear(torch::nn::Linear& layer, const torch::Tensor& x, bool low_precision);

}  // namespace clamp::nn
