#include "nn/scatter.h"

#include <gtest/gtest.h>

#include "nn/radial_basis.h"
#include "nn/random.h"

namespace clamp::nn {
namespace {

TEST(AddRows, EqualsIndexAdd) {
  for (const uint64_t seed : {0, 1, 2}) {
    SCOPED_TRACE(seed);
    auto generator = make_generator(seed);
    const auto source = torch::randn({50, 9}, generator, torch::kFloat64);
    const auto index = torch::randint(0, 6, {50}, generator, torch::kInt64);
    const auto start = torch::randn({6, 9}, generator, torch::kFloat64);
    auto found = start.clone();
    add_rows_(found, index, source);
    EXPECT_TRUE(torch::allclose(found, start.index_add(0, index, source), 1e-12, 1e-12));
  }
}

TEST(AddRows, RejectsWrongShapeByName) {
  auto target = torch::zeros({2, 3});
  try {
    add_rows_(target, torch::zeros({4}, torch::kInt64), torch::zeros({4, 2}));
    FAIL() << "no exception";
  } catch (const c10::Error& error) {
    EXPECT_STREQ(error.what_without_backtrace(),
                 "add_rows_ needs [n, width] and [m, width], got [2, 3] and [4, 2]");
  }
}

TEST(GaussianBasis, IsOneAtItsCentreAndFallsWithTheSpacing) {
  const GaussianBasisConfig config;  // 41 from 0 to 8 Å: spacing 0.2 Å
  const auto values = gaussian_basis(torch::tensor({1.0}, torch::kFloat64), config);
  ASSERT_EQ(values.sizes(), (torch::IntArrayRef{1, 41}));
  EXPECT_NEAR(values[0][5].item<double>(), 1.0, 1e-12);
  EXPECT_NEAR(values[0][6].item<double>(), std::exp(-1.0), 1e-9);
  EXPECT_NEAR(values[0][3].item<double>(), std::exp(-4.0), 1e-9);
}

}  // namespace
}  // namespace clamp::nn
