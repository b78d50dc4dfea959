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

torch::Tensor linear_of_few(const torch::Tensor& x, const torch::Tensor& weight, const torch::Tensor& bias) {
  const auto rows = x.reshape({-1, x.size(-1)});
  auto out = torch::empty({rows.size(0), weight.size(0)}, x.options());
  for (int64_t k = 0; k < rows.size(0); ++k) {
    auto row = out[k];
    at::addmv_out(row, bias, weight, rows[k]);
  }
  auto shape = x.sizes().vec();
  shape.back() = weight.size(0);
  return out.view(shape);
}

torch::Tensor linear(torch::nn::Linear& layer, const torch::Tensor& x, bool low_precision) {
  const int64_t rows = x.numel() / x.size(-1);
  const bool fits = low_precision && x.is_cpu() && x.scalar_type() == at::kFloat && rows % 2 == 0;
  if (!fits) {
    const bool few = rows <= kFewRows && x.is_cpu() && x.scalar_type() == at::kFloat &&
                     layer->bias.defined() && !at::GradMode::is_enabled();
    return few ? linear_of_few(x, layer->weight, layer->bias) : layer->forward(x);
  }
  const auto product = at::linear(x.to(at::kBFloat16), layer->weight.to(at::kBFloat16)).to(at::kFloat);
  return layer->bias.defined() ? product + layer->bias : product;
}

}  // namespace clamp::nn
