// Several members of one group, each on a thread of its own: they talk over Gloo as processes do.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <exception>
#include <functional>
#include <thread>
#include <vector>

#include "train/distributed.h"

namespace clamp::tests {

/// A port of this machine that nothing listens on.
inline uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  ::bind(socket, reinterpret_cast<sockaddr*>(&address), length);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &length);
  ::close(socket);
  return ntohs(address.sin_port);
}

/// Calls `work` for each of `size` members; the first exception is thrown again.
inline void run_together(int64_t size, const std::function<void(const train::Processes&)>& work) {
  const uint16_t port = free_port();
  std::vector<std::exception_ptr> errors(static_cast<size_t>(size));
  std::vector<std::thread> threads;
  for (int64_t rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] {
      try {
        train::Launch launch;
        launch.rank = rank;
        launch.size = launch.local_size = size;
        launch.port = port;
        const train::Processes processes(launch, torch::kCPU);
        work(processes);
        processes.sum(1.0);  // none leaves before all are done
      } catch (...) {
        errors[static_cast<size_t>(rank)] = std::current_exception();
      }
    });
  }
  for (auto& thread : threads) thread.join();
  for (const auto& error : errors) {
    if (error) std::rethrow_exception(error);
  }
}

}  // namespace clamp::tests
