// What a piece of work asks of LibTorch: the matrix products with their shapes, and the time by stage.
//
// A stage is a user scope of torch's own profiler (RECORD_USER_SCOPE, as in diffusion/denoiser.cpp); a
// product counts towards the innermost one that is open. Times are with the recorder's own
// few microseconds an operation, on the clock of bench/clock.h.
#pragma once

#include <functional>
#include <map>
#include <string>

namespace clamp::bench {

struct StageCount {
  double seconds = 0;          ///< inside the scope
  double product_seconds = 0;  ///< of that in matrix products
  double product_flop = 0;     ///< 2 n k m of an [n, k] x [k, m] product
};

/// Runs `work` and counts. Stage "" is all of the work.
std::map<std::string, StageCount> count_operations(const std::function<void()>& work, int n_threads);

}  // namespace clamp::bench
