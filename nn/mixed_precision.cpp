#include "nn/mixed_precision.h"

#include <ATen/Context.h>
#include <ATen/Functions.h>

namespace clamp::nn {

bool cpu_multiplies_bfloat16() {
#if defined(__x86_64__)
  return __builtin_cpu_supports("avx512bf16") != 0 && at::globalContext().userEnabledMkldnn();
#else
  return false;
#endif
}

torch::Tensor linear(torch::nn::Linear& layer, const torch::Tensor& x, bool low_precision) {
  const int64_t rows = x.numel() / x.size(-1);
  const bool fits = low_precision && x.is_cpu() && x.scalar_type() == at::kFloat && rows % 2 == 0;
  if (!fits) return layer->forward(x);
  const auto product = at::linear(x.to(at::kBFloat16), layer->weight.to(at::kBFloat16)).to(at::kFloat);
  return layer->bias.defined() ? product + layer->bias : product;
}

}  // namespace clamp::nn
