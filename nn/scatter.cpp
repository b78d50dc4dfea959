#include "nn/scatter.h"

#include <ATen/Dispatch.h>

namespace clamp::nn {
namespace {

template <typename T>
void add_rows_cpu(T* target, const int64_t* index, const T* source, int64_t m, int64_t width) {
  for (int64_t e = 0; e < m; ++e) {
    T* const row = target + index[e] * width;
    const T* const from = source + e * width;
    for (int64_t c = 0; c < width; ++c) row[c] += from[c];
  }
}

}  // namespace

void add_rows_(torch::Tensor& target, const torch::Tensor& index, const torch::Tensor& source) {
  TORCH_CHECK(target.dim() == 2 && source.dim() == 2 && target.size(1) == source.size(1),
              "add_rows_ needs [n, width] and [m, width], got ", target.sizes(), " and ", source.sizes());
  TORCH_CHECK(index.dim() == 1 && index.size(0) == source.size(0) && index.scalar_type() == torch::kInt64,
              "add_rows_ needs an int64 index [m], got ", index.sizes());
  if (!target.is_cpu()) {
    target.index_add_(0, index, source);
    return;
  }
  TORCH_CHECK(target.is_contiguous() && target.scalar_type() == source.scalar_type(),
              "add_rows_ needs a contiguous target of the source's dtype");
  const auto rows = source.contiguous();
  const auto places = index.contiguous();
  AT_DISPATCH_FLOATING_TYPES(target.scalar_type(), "add_rows_", [&] {
    add_rows_cpu(target.data_ptr<scalar_t>(), places.data_ptr<int64_t>(), rows.data_ptr<scalar_t>(),
                 source.size(0), source.size(1));
  });
}

}  // namespace clamp::nn
