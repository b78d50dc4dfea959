#include "nn/random.h"

#include <gtest/gtest.h>
#include <torch/cuda.h>

#include "core/error.h"

namespace clamp::nn {
namespace {

TEST(Generator, SameSeedGivesTheSameNumbers) {
  auto a = make_generator(5), b = make_generator(5), c = make_generator(6);
  const auto first = torch::randn({100}, a);
  EXPECT_TRUE(torch::equal(first, torch::randn({100}, b)));
  EXPECT_FALSE(torch::equal(first, torch::randn({100}, c)));
}

TEST(Generator, RestoredStateContinues) {
  auto a = make_generator(5);
  torch::randn({7}, a);
  const auto state = generator_state(a);
  const auto expected = torch::randn({33}, a);
  auto b = make_generator(99);
  set_generator_state(b, state);
  EXPECT_TRUE(torch::equal(expected, torch::randn({33}, b)));
}

TEST(Generator, ForeignStateIsAnError) {
  auto generator = make_generator(1);
  EXPECT_THROW(set_generator_state(generator, torch::zeros({3}, torch::kUInt8)), Error);
}

TEST(Device, ReadsTheDocumentedNames) {
  EXPECT_EQ(parse_device("cpu"), torch::Device(torch::kCPU));
  const auto expected = torch::cuda::is_available() ? torch::kCUDA : torch::kCPU;
  EXPECT_EQ(parse_device("auto").type(), expected);
}

TEST(Device, UnknownNameIsAUsageError) {
  for (const char* text : {"gpu", "cuda:", "cuda:x", "cuda0", "", "cuda:99999", "cuda:-1"}) {
    SCOPED_TRACE(text);
    try {
      parse_device(text);
      FAIL() << "no exception";
    } catch (const UsageError& error) {
      EXPECT_EQ(std::string(error.what()),
                "device '" + std::string(text) + "' is not one of auto, cpu, cuda, cuda:<index>");
    }
  }
}

TEST(Device, AbsentCudaIsAnErrorAndNoFallBack) {
  if (torch::cuda::is_available()) GTEST_SKIP() << "this machine has CUDA";
  try {
    parse_device("cuda:1");
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(),
                 "device 'cuda:1' asked for, but this LibTorch finds no CUDA device; use --device cpu");
  }
}

}  // namespace
}  // namespace clamp::nn
