#include "core/parallel.h"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace clamp {

void parallel_for(size_t n, int n_threads, const std::function<void(size_t)>& work) {
  std::atomic<size_t> next{0};
  std::atomic<bool> failed{false};
  std::mutex mutex;
  std::exception_ptr error;
  size_t error_index = n;
  const auto loop = [&] {
    for (size_t i = next++; i < n && !failed; i = next++) {
      try {
        work(i);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(mutex);
        if (i < error_index) {
          error = std::current_exception();
          error_index = i;
        }
        failed = true;
      }
    }
  };
  std::vector<std::thread> threads;
  const size_t count = std::min(n, static_cast<size_t>(std::max(1, n_threads)));
  for (size_t k = 0; k < count; ++k) threads.emplace_back(loop);
  for (std::thread& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
}

}  // namespace clamp
