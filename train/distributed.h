// Data-parallel training: several processes take parts of one batch and add up their gradients.
//
// Row i of a batch belongs to process i mod size. The processes talk through c10d: Gloo on CPUs, NCCL on
// CUDA devices. With one process every function is the identity and costs nothing.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "train/launch.h"

namespace clamp::train {

class Processes {
 public:
  /// One process.
  Processes();
  /// Meets the other processes of `launch`; all must do so. `device`: where the networks are. Throws
  /// clamp::Error where they do not meet, or where this build of LibTorch cannot (no Gloo, no NCCL).
  Processes(const Launch& launch, torch::Device device);
  ~Processes();
  Processes(const Processes&) = delete;
  Processes& operator=(const Processes&) = delete;
  static const Processes& alone();

  int64_t rank() const { return rank_; }
  int64_t size() const { return size_; }
  /// The process that writes files and logs.
  bool is_first() const { return rank_ == 0; }

  /// Rows of a batch of `n` that belong to this process. Throws clamp::UsageError where some process would
  /// have none.
  std::vector<int64_t> rows_of(int64_t n) const;

  // What follows must be called by all processes alike, in the same order.
  /// Replaces each tensor by the sum over all processes.
  void sum(const std::vector<torch::Tensor>& tensors) const;
  double sum(double value) const;
  bool any(bool value) const;
  /// Replaces each tensor by that of process 0.
  void broadcast(const std::vector<torch::Tensor>& tensors) const;
  /// All `n` rows in the order of the batch, from each process its rows_of(n). Gradients flow to this
  /// process's own rows alone: for losses that every process computes from all rows.
  /// @param own [rows_of(n).size(), dim]
  /// @return    [n, dim]
  torch::Tensor gather(const torch::Tensor& own, int64_t n) const;
  /// The same value with its gradient divided by the number of processes: for parameters inside a loss that
  /// every process computes, whose gradients are then added up.
  torch::Tensor shared(const torch::Tensor& value) const;
  /// Throws clamp::Error on all processes where `text` differs between them. `what`: "configuration or data".
  void require_same(const std::string& text, const std::string& what) const;

 private:
  struct Group;

  int64_t rank_ = 0;
  int64_t size_ = 1;
  std::unique_ptr<Group> group_;
};

}  // namespace clamp::train
