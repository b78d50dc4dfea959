// c10d of LibTorch 1.13 and of 2.x under one name: the process groups that this build has headers for.
//
// 2.x moved the interface of Gloo and NCCL from ProcessGroup to Backend. Which of the two a build has is
// found by cmake/ClampDistributed.cmake: wheels carry the libraries, but not always the headers.
#pragma once

#include <torch/version.h>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

#include <chrono>
#include <string>

#ifdef CLAMP_HAS_GLOO
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>
#endif
#ifdef CLAMP_HAS_NCCL
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>
#endif
#if TORCH_VERSION_MAJOR >= 2
#include <torch/csrc/distributed/c10d/Backend.hpp>
#else
#include <torch/csrc/distributed/c10d/ProcessGroup.hpp>
#endif

namespace clamp::train {

#if TORCH_VERSION_MAJOR >= 2
using C10dGroup = c10d::Backend;
#else
using C10dGroup = c10d::ProcessGroup;
#endif

/// A store at host:port, kept by this process where `serves` is set.
inline c10::intrusive_ptr<c10d::Store> make_store(const std::string& host, uint16_t port, bool serves,
                                                  std::chrono::milliseconds timeout) {
  c10d::TCPStoreOptions options;
  options.port = port;
  options.isServer = serves;
  options.waitWorkers = false;
  options.timeout = timeout;
  return c10::make_intrusive<c10d::TCPStore>(host, options);
}

#ifdef CLAMP_HAS_GLOO
/// Gloo over a network interface, or over an address of this machine where `interface` is empty.
inline c10::intrusive_ptr<C10dGroup> make_gloo(const c10::intrusive_ptr<c10d::Store>& store, int rank,
                                               int size, const std::string& interface, bool one_machine) {
  using Gloo = c10d::ProcessGroupGloo;
  auto options = Gloo::Options::create();
  options->devices.push_back(!interface.empty() ? Gloo::createDeviceForInterface(interface)
                             : one_machine      ? Gloo::createDeviceForHostname("127.0.0.1")
                                                : Gloo::createDefaultDevice());
  return c10::make_intrusive<Gloo>(store, rank, size, options);
}
#endif

#ifdef CLAMP_HAS_NCCL
inline c10::intrusive_ptr<C10dGroup> make_nccl(const c10::intrusive_ptr<c10d::Store>& store, int rank,
                                               int size) {
  return c10::make_intrusive<c10d::ProcessGroupNCCL>(store, rank, size);
}
#endif

}  // namespace clamp::train
