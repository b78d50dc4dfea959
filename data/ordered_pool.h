// A worker pool that keeps order: items come from one source, are worked on by several threads and reach the
// sink in the order in which the source gave them. What is in flight is bounded.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace clamp::data {

template <class In, class Out>
class OrderedPool {
 public:
  using Source = std::function<bool(In&)>;  ///< false at the end; called by one thread at a time
  using Work = std::function<Out(In&&)>;    ///< called by all threads
  using Sink = std::function<void(Out&&)>;  ///< called by one thread at a time, in order

  OrderedPool(Source source, Work work, Sink sink, int n_threads)
      : source_(std::move(source)),
        work_(std::move(work)),
        sink_(std::move(sink)),
        n_threads_(n_threads < 1 ? 1 : n_threads),
        capacity_(8 * n_threads_) {}

  /// Returns when the source has ended and all is in the sink; throws the first exception of any of the
  /// three.
  void run() {
    std::vector<std::thread> threads;
    for (int i = 0; i < n_threads_; ++i) threads.emplace_back([this] { loop(); });
    for (std::thread& thread : threads) thread.join();
    if (error_) std::rethrow_exception(error_);
  }

 private:
  void loop() {
    try {
      In item;
      int64_t sequence = 0;
      while (take(item, sequence)) deliver(sequence, work_(std::move(item)));
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (!error_) error_ = std::current_exception();
      stop_ = true;
      progress_.notify_all();
    }
  }

  bool take(In& item, int64_t& sequence) {
    const std::lock_guard<std::mutex> source_lock(source_mutex_);
    {
      std::unique_lock<std::mutex> lock(mutex_);
      progress_.wait(lock, [this] { return stop_ || taken_ - delivered_ < capacity_; });
      if (stop_) return false;
    }
    item = In();
    const bool more = source_(item);
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!more) stop_ = true;
    sequence = taken_;
    if (more) ++taken_;
    return more;
  }

  void deliver(int64_t sequence, Out&& out) {
    std::unique_lock<std::mutex> lock(mutex_);
    ready_.emplace(sequence, std::move(out));
    if (draining_) return;
    draining_ = true;
    while (!error_ && !ready_.empty() && ready_.begin()->first == delivered_) {
      Out next = std::move(ready_.begin()->second);
      ready_.erase(ready_.begin());
      lock.unlock();
      sink_(std::move(next));
      lock.lock();
      ++delivered_;
      progress_.notify_all();
    }
    draining_ = false;
  }

  Source source_;
  Work work_;
  Sink sink_;
  int n_threads_;
  int64_t capacity_;
  std::mutex source_mutex_, mutex_;
  std::condition_variable progress_;
  std::map<int64_t, Out> ready_;
  int64_t taken_ = 0;
  int64_t delivered_ = 0;
  bool draining_ = false;
  bool stop_ = false;
  std::exception_ptr error_;
};

}  // namespace clamp::data
