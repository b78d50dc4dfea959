#include "bench/op_recorder.h"

#include <ATen/core/Tensor.h>
#include <ATen/record_function.h>

#include <algorithm>
#include <array>
#include <vector>

#include "bench/clock.h"

namespace clamp::bench {
namespace {

/// What is open and what was counted.
struct Recorder {
  std::map<std::string, StageCount> counts;
  std::vector<std::string> stages = {""};
  int products = 0;  // open: a product that calls another counts once
  int n_threads = 1;
};

// torch's callbacks are plain functions: they find the recorder of their thread here.
thread_local Recorder* recorder = nullptr;

struct Opened : at::ObserverContext {
  double begin = clock_seconds(recorder->n_threads);
  double flop = 0;
};

/// Products and the place of their first matrix among the arguments.
constexpr std::array<std::pair<const char*, size_t>, 5> kProducts = {
    {{"aten::mm", 0}, {"aten::bmm", 0}, {"aten::addmm", 1}, {"aten::addmv", 1}, {"aten::baddbmm", 1}}};

const std::pair<const char*, size_t>* find_product(const std::string& name) {
  const auto* found = std::find_if(kProducts.begin(), kProducts.end(),
                                   [&](const auto& product) { return name == product.first; });
  return found == kProducts.end() ? nullptr : found;
}

/// [..., n, k] x [..., k, m] or [n, k] x [k]: a multiplication and an addition for each of n k m.
double product_flop(const at::RecordFunction& function, size_t first) {
  const auto a = function.inputs()[first].toTensor(), b = function.inputs()[first + 1].toTensor();
  const auto columns = b.dim() < 2 ? 1 : b.size(-1);
  return 2.0 * static_cast<double>(a.numel()) * static_cast<double>(columns);
}

std::unique_ptr<at::ObserverContext> on_begin(const at::RecordFunction& function) {
  if (function.scope() == at::RecordScope::USER_SCOPE) {
    recorder->stages.emplace_back(function.name());
    return std::make_unique<Opened>();
  }
  const auto* product = find_product(function.name());
  if (product == nullptr) return nullptr;
  auto opened = std::make_unique<Opened>();
  if (++recorder->products == 1) opened->flop = product_flop(function, product->second);
  return opened;
}

void on_end(const at::RecordFunction& function, at::ObserverContext* context) {
  if (context == nullptr) return;
  const auto* opened = static_cast<Opened*>(context);
  const double seconds = clock_seconds(recorder->n_threads) - opened->begin;
  if (function.scope() == at::RecordScope::USER_SCOPE) {
    recorder->counts[recorder->stages.back()].seconds += seconds;
    recorder->stages.pop_back();
    return;
  }
  if (--recorder->products > 0) return;
  auto& stage = recorder->counts[recorder->stages.back()];
  stage.product_seconds += seconds;
  stage.product_flop += opened->flop;
}

}  // namespace

std::map<std::string, StageCount> count_operations(const std::function<void()>& work, int n_threads) {
  Recorder own;
  own.n_threads = n_threads;
  recorder = &own;
  const auto handle =
      at::addThreadLocalCallback(at::RecordFunctionCallback(on_begin, on_end)
                                     .needsInputs(true)
                                     .scopes({at::RecordScope::FUNCTION, at::RecordScope::USER_SCOPE}));
  const double begin = clock_seconds(n_threads);
  work();
  const double seconds = clock_seconds(n_threads) - begin;
  at::removeCallback(handle);
  recorder = nullptr;
  StageCount all;
  for (const auto& [stage, count] : own.counts) {
    all.product_seconds += count.product_seconds;
    all.product_flop += count.product_flop;
  }
  all.seconds = seconds;
  own.counts[""] = all;
  return own.counts;
}

}  // namespace clamp::bench
