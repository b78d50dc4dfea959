// Independent work over a few threads.
#pragma once

#include <cstddef>
#include <functional>

namespace clamp {

/// Calls work(0) ... work(n - 1), on `n_threads` threads of its own (fewer where n is smaller; at least one),
/// in no particular order; returns when all are done. After an exception no further work is begun, and the
/// one of the smallest index that threw is thrown.
void parallel_for(size_t n, int n_threads, const std::function<void(size_t)>& work);

}  // namespace clamp
