#include "train/distributed.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <mutex>

#include "core/error.h"
#include "nn/random.h"
#include "run_together.h"

namespace clamp::train {
namespace {

using tests::run_together;

torch::Tensor normal(at::IntArrayRef shape, uint64_t seed) {
  auto generator = nn::make_generator(seed);
  return at::randn(shape, generator, at::TensorOptions(at::kDouble));
}

TEST(Processes, OneProcessChangesNothing) {
  const auto& alone = Processes::alone();
  const auto x = normal({5, 2}, 1);
  EXPECT_EQ(alone.rows_of(5), (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_TRUE(alone.gather(x, 5).is_same(x));
  EXPECT_TRUE(alone.shared(x).is_same(x));
  EXPECT_EQ(alone.sum(2.5), 2.5);
  EXPECT_FALSE(alone.any(false));
}

TEST(Processes, RowsArePartedOnceAndEvenly) {
  for (const int64_t n : {3, 7, 12}) {
    SCOPED_TRACE(n);
    std::mutex mutex;
    std::vector<int64_t> all;
    run_together(3, [&](const Processes& processes) {
      const auto rows = processes.rows_of(n);
      EXPECT_LE(static_cast<int64_t>(rows.size()), (n + 2) / 3);
      const std::lock_guard<std::mutex> lock(mutex);
      all.insert(all.end(), rows.begin(), rows.end());
    });
    std::sort(all.begin(), all.end());
    ASSERT_EQ(static_cast<int64_t>(all.size()), n);
    for (int64_t k = 0; k < n; ++k) EXPECT_EQ(all[static_cast<size_t>(k)], k);
  }
}

TEST(Processes, SumsAndBroadcastsReachAll) {
  run_together(3, [](const Processes& processes) {
    const auto rank = static_cast<double>(processes.rank());
    const auto a = at::full({4, 2}, rank + 1, at::kFloat), b = at::full({3}, rank, at::kDouble);
    processes.sum({a, b});
    EXPECT_TRUE(a.equal(at::full({4, 2}, 6, at::kFloat)));
    EXPECT_TRUE(b.equal(at::full({3}, 3, at::kDouble)));
    const auto c = at::full({2}, rank + 7, at::kFloat);
    processes.broadcast({c});
    EXPECT_TRUE(c.equal(at::full({2}, 7, at::kFloat)));
    EXPECT_TRUE(processes.any(processes.rank() == 2));
    EXPECT_FALSE(processes.any(false));
  });
}

// A loss of all rows and of a shared scale: the parts' gradients add up to those of one process.
TEST(Processes, GatheredRowsGiveTheGradientsOfOneProcess) {
  for (const int64_t n : {6, 7}) {
    SCOPED_TRACE(n);
    const auto inputs = normal({n, 3}, 1);
    const auto loss_of = [](const torch::Tensor& rows, const torch::Tensor& scale) {
      return at::logsumexp(scale * at::matmul(rows, rows.transpose(0, 1)), 1).sum();
    };
    const auto weight = normal({3, 4}, 2).requires_grad_();
    const auto scale = at::full({}, 0.7, at::kDouble).requires_grad_();
    loss_of(at::matmul(inputs, weight), scale).backward();
    run_together(2, [&](const Processes& processes) {
      const auto own_weight = weight.detach().clone().requires_grad_();
      const auto own_scale = scale.detach().clone().requires_grad_();
      const auto index = torch::tensor(processes.rows_of(n), at::kLong);
      const auto rows = processes.gather(at::matmul(inputs.index_select(0, index), own_weight), n);
      EXPECT_TRUE(at::allclose(rows.detach(), at::matmul(inputs, weight).detach(), 1e-12, 1e-12));
      loss_of(rows, processes.shared(own_scale)).backward();
      processes.sum({own_weight.grad(), own_scale.grad()});
      EXPECT_TRUE(at::allclose(own_weight.grad(), weight.grad(), 1e-10, 1e-10));
      EXPECT_NEAR(own_scale.grad().item<double>(), scale.grad().item<double>(), 1e-10);
    });
  }
}

TEST(Processes, DifferentRunsAreRefusedByAll) {
  run_together(2, [](const Processes& processes) {
    processes.require_same("same", "data");
    try {
      processes.require_same(processes.is_first() ? "a" : "b", "data");
      FAIL() << "no exception";
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()),
                "process " + std::to_string(processes.rank()) +
                    " of 2: the processes were started with different data; start all with the same command "
                    "on the same files");
    }
  });
}

TEST(Processes, ABatchSmallerThanTheGroupIsRefused) {
  run_together(2, [](const Processes& processes) {
    try {
      processes.rows_of(1);
      FAIL() << "no exception";
    } catch (const UsageError& error) {
      EXPECT_STREQ(error.what(),
                   "a batch of 1 for 2 processes: each needs at least one; raise batch_size or start fewer "
                   "processes");
    }
  });
}

}  // namespace
}  // namespace clamp::train
