#include "train/distributed.h"

#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <chrono>
#include <exception>

#include "core/error.h"
#include "core/seed.h"
#include "train/c10d_compat.h"

namespace clamp::train {
namespace {

constexpr std::chrono::seconds kMeeting(300);  // for all processes to start

/// Calls `talk`; what c10d, Gloo and NCCL throw becomes one line.
template <typename Talk>
auto with_context(const std::string& context, Talk talk) {
  try {
    return talk();
  } catch (const c10::Error& error) {
    fail(fmt::format("{}: {}", context, error.what_without_backtrace()));
  } catch (const Error&) {
    throw;
  } catch (const std::exception& error) {
    fail(fmt::format("{}: {}", context, error.what()));
  }
}

c10::intrusive_ptr<C10dGroup> make_group(const Launch& launch, torch::Device device,
                                         [[maybe_unused]] const c10::intrusive_ptr<c10d::Store>& store) {
  [[maybe_unused]] const int rank = static_cast<int>(launch.rank), size = static_cast<int>(launch.size);
  if (device.is_cuda()) {
#ifdef CLAMP_HAS_NCCL
    return make_nccl(store, rank, size);
#endif
  }
#ifdef CLAMP_HAS_GLOO
  return make_gloo(store, rank, size, launch.interface, launch.one_machine());
#else
  fail(
      fmt::format("{} started {} processes, but this program was built without {}: its LibTorch has no "
                  "headers for it; start one process",
                  launch.launcher, size, device.is_cuda() ? "NCCL and Gloo" : "Gloo"));
#endif
}

}  // namespace

/// The connection, and the device that its messages must be on.
struct Processes::Group {
  c10::intrusive_ptr<c10d::Store> store;
  c10::intrusive_ptr<C10dGroup> group;
  torch::Device device{torch::kCPU};
  std::string name;  ///< of this process, for messages

  /// Calls `start` with the tensor on the device of the messages, waits, and copies the result back.
  template <typename Start>
  void exchange(const char* what, const torch::Tensor& tensor, Start start) const {
    const torch::NoGradGuard no_grad;
    with_context(fmt::format("{}: the {} with the other processes failed; one of them has ended or is out of "
                             "reach",
                             name, what),
                 [&] {
                   std::vector<torch::Tensor> message = {tensor.detach().to(device).contiguous()};
                   start(message)->wait();
                   if (message[0].data_ptr() != tensor.data_ptr()) tensor.detach().copy_(message[0]);
                 });
  }
};

Processes::Processes() = default;
Processes::~Processes() = default;

const Processes& Processes::alone() {
  static const Processes kAlone;
  return kAlone;
}

Processes::Processes(const Launch& launch, torch::Device device) : rank_(launch.rank), size_(launch.size) {
  if (size_ == 1) return;
  group_ = std::make_unique<Group>();
  group_->name = fmt::format("process {} of {}", rank_, size_);
#ifdef CLAMP_HAS_NCCL
  if (device.is_cuda()) group_->device = device;
#endif
  const bool serves = rank_ == 0 && !launch.store_is_served;
  with_context(fmt::format("{} could not meet the others at {}:{} within {} s (address and port are those of "
                           "process 0: MASTER_ADDR, MASTER_PORT)",
                           group_->name, launch.address, launch.port, kMeeting.count()),
               [&] {
                 const auto store = make_store(launch.address, launch.port, serves, kMeeting);
                 group_->store = c10::make_intrusive<c10d::PrefixStore>("clamp/" + launch.attempt, store);
                 group_->group = make_group(launch, device, group_->store);
               });
  // The first process keeps the store: none may go on before all have met.
  sum(1.0);
}

std::vector<int64_t> Processes::rows_of(int64_t n) const {
  if (n < size_) {
    fail_usage(fmt::format(
        "a batch of {} for {} processes: each needs at least one; raise batch_size or start fewer processes",
        n, size_));
  }
  std::vector<int64_t> rows;
  for (int64_t row = rank_; row < n; row += size_) rows.push_back(row);
  return rows;
}

void Processes::sum(const std::vector<torch::Tensor>& tensors) const {
  if (!group_) return;
  for (const auto& tensor : tensors) {
    group_->exchange("sum", tensor, [&](auto& message) { return group_->group->allreduce(message); });
  }
}

double Processes::sum(double value) const {
  if (!group_) return value;
  const auto total = at::full({1}, value, at::kDouble);
  sum(std::vector<torch::Tensor>{total});
  return total.item<double>();
}

bool Processes::any(bool value) const { return sum(value ? 1.0 : 0.0) > 0; }

void Processes::broadcast(const std::vector<torch::Tensor>& tensors) const {
  if (!group_) return;
  for (const auto& tensor : tensors) {
    group_->exchange("broadcast", tensor, [&](auto& message) { return group_->group->broadcast(message); });
  }
}

torch::Tensor Processes::gather(const torch::Tensor& own, int64_t n) const {
  if (!group_) return own;
  const auto rows = rows_of(n);
  const auto count = static_cast<int64_t>(rows.size());
  TORCH_CHECK(own.dim() == 2 && own.size(0) == count, "own must be [", count, ", dim], got ", own.sizes());
  const int64_t most = (n + size_ - 1) / size_, dim = own.size(1);
  torch::Tensor all;
  {
    // A sum of disjoint rows is the gathered matrix, whatever the numbers of rows.
    const torch::NoGradGuard no_grad;
    all = at::zeros({most, size_, dim}, own.options());
    all.select(1, rank_).narrow(0, 0, count).copy_(own.detach());
    sum({all});
    all = all.view({most * size_, dim}).narrow(0, 0, n);  // row k * size + rank
  }
  const auto index = torch::tensor(rows, torch::kInt64).to(own.device());
  return all.index_copy(0, index, own);
}

torch::Tensor Processes::shared(const torch::Tensor& value) const {
  if (!group_) return value;
  const auto constant = value.detach();
  return constant + (value - constant) / static_cast<double>(size_);
}

void Processes::require_same(const std::string& text, const std::string& what) const {
  if (!group_) return;
  uint64_t hash = 0;
  for (const char c : text) hash = derive_seed(hash, static_cast<unsigned char>(c));
  const auto own = at::full({1}, static_cast<int64_t>(hash), at::kLong);
  const auto first = own.clone();
  broadcast({first});
  if (any(!own.equal(first))) {
    fail(
        fmt::format("{}: the processes were started with different {}; start all with the same command on "
                    "the same files",
                    group_->name, what));
  }
}

}  // namespace clamp::train
