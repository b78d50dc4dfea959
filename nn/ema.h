// Exponential moving average of a module's parameters (buffers are copied).
#pragma once

#include "nn/checkpoint.h"

namespace clamp::nn {

class Ema {
 public:
  /// The effective decay is min(decay, (1 + n) / (10 + n)) at update n, so that early averages are not stuck.
  Ema(const torch::nn::Module& module, double decay);
  void update(const torch::nn::Module& module);
  const TensorMap& shadow() const { return shadow_; }
  int64_t updates() const { return updates_; }
  /// For resume.
  void restore(TensorMap shadow, int64_t updates);

 private:
  TensorMap shadow_;
  double decay_;
  int64_t updates_ = 0;
};

}  // namespace clamp::nn
