#include "nn/checkpoint.h"

#include <gtest/gtest.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include <cstdio>
#include <filesystem>
#include <fstream>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/seed.h"
#include "nn/random.h"
#include "nn/safetensors_header.h"

namespace clamp::nn {
namespace {

class Checkpoint : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("clamp_checkpoint_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::filesystem::path folder_;
};

TensorMap sample_tensors() {
  auto generator = make_generator(3);
  const auto floats = torch::randn({2, 3}, generator);
  return {{"a.weight", floats},
          {"b.double", floats.to(torch::kFloat64)},
          {"c.half", floats.to(torch::kFloat16)},
          {"d.bfloat", floats.to(torch::kBFloat16)},
          {"e.long", torch::arange(5, torch::kInt64)},
          {"f.int", torch::arange(3, torch::kInt32)},
          {"g.byte", torch::arange(7, torch::kUInt8)},
          {"h.bool", floats.gt(0)},
          {"i.scalar", torch::tensor(2.5)},
          {"j.empty", torch::empty({0, 4})},
          {"k.strided", floats.t()}};
}

/// A file with this header text and this many zero bytes of data.
void write_raw(const std::string& path, const std::string& header, size_t data_bytes) {
  std::string bytes;
  for (size_t i = 0; i < 8; ++i) bytes += static_cast<char>(header.size() >> (8 * i) & 0xff);
  std::ofstream(path, std::ios::binary) << bytes << header << std::string(data_bytes, '\0');
}

std::string error_of(const std::string& path) {
  try {
    load_tensors(path);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST_F(Checkpoint, RoundTripsEveryDtypeBitForBit) {
  const auto tensors = sample_tensors();
  save_tensors(path("x"), tensors, {{"config", "a: 1\n"}, {"step", "7"}});
  const auto file = load_tensors(path("x"));
  ASSERT_EQ(file.tensors.size(), tensors.size());
  for (const auto& [name, tensor] : tensors) {
    SCOPED_TRACE(name);
    EXPECT_EQ(file.tensors.at(name).scalar_type(), tensor.scalar_type());
    EXPECT_TRUE(torch::equal(file.tensors.at(name), tensor));
  }
  EXPECT_EQ(file.metadata.at("config"), "a: 1\n");
  EXPECT_EQ(load_metadata(path("x")), file.metadata);
}

TEST_F(Checkpoint, WritesTheDocumentedBytes) {
  save_tensors(path("x"), {{"t", torch::tensor({1.0f, 2.0f})}}, {{"k", "v"}});
  const std::string bytes = read_file(path("x"));
  const std::string header =
      R"({"__metadata__":{"k":"v"},"t":{"data_offsets":[0,8],"dtype":"F32","shape":[2]}})";
  const size_t padded = (header.size() + 7) / 8 * 8;
  ASSERT_EQ(bytes.size(), 8 + padded + 8);
  EXPECT_EQ(static_cast<unsigned char>(bytes[0]), padded);
  EXPECT_EQ(bytes.substr(8, header.size()), header);
  EXPECT_EQ(bytes.substr(8 + header.size(), padded - header.size()),
            std::string(padded - header.size(), ' '));
  EXPECT_EQ(bytes.substr(8 + padded), std::string("\0\0\x80\x3f\0\0\0\x40", 8));  // 1 and 2, little-endian
}

TEST_F(Checkpoint, MissingFileIsNamed) {
  EXPECT_EQ(error_of(path("absent")), path("absent") + ": cannot open checkpoint: No such file or directory");
}

struct BadHeader {
  const char* header;
  size_t data_bytes;
  const char* message;
};

TEST_F(Checkpoint, RefusesMalformedHeadersByReason) {
  const BadHeader cases[] = {
      {"[1]", 0, "header is no JSON object"},
      {"{", 0, "header is no JSON: "},
      {R"({"t":{"dtype":"F32","shape":[2]}})", 8, "tensor 't' needs exactly dtype, shape and data_offsets"},
      {R"({"t":{"dtype":"F8","shape":[2],"data_offsets":[0,8]}})", 8, "has dtype \"F8\", expected one of"},
      {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,12]}})", 12,
       "has 12 bytes, its shape and dtype need 8"},
      {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4,
       "lies at bytes 0 to 8, the file has 4"},
      {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}})", 12, "starts at byte 4, expected 0"},
      {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}})", 8, "lies at bytes 8 to 0"},
      {R"({"t":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}})", 8,
       "is -2, expected a non-negative integer"},
      {R"({"t":{"dtype":"F32","shape":[4611686018427387904,8],"data_offsets":[0,0]}})", 0, "overflows"},
      {R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 16, "the file has 16 bytes"},
      {R"({"t":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"u":{"dtype":"U8","shape":[4],"data_offsets":[2,6]}})",
       6, "overlap or gap"},
      {R"({"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"t":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}})",
       1, "gives the name 't' twice"},
      {R"({"__metadata__":{"k":1}})", 0, "__metadata__ 'k' is no string"},
      {R"({"t":[[[[[[1]]]]]]})", 0, "nested deeper"},
  };
  for (const auto& bad : cases) {
    SCOPED_TRACE(bad.header);
    write_raw(path("bad"), bad.header, bad.data_bytes);
    const auto message = error_of(path("bad"));
    EXPECT_EQ(message.rfind(path("bad") + ": ", 0), 0u) << message;
    EXPECT_NE(message.find(bad.message), std::string::npos) << message;
  }
}

TEST_F(Checkpoint, RefusesBoolsOtherThanZeroAndOne) {
  const std::string header = R"({"t":{"dtype":"BOOL","shape":[1],"data_offsets":[0,1]}})";
  std::string bytes(8, '\0');
  bytes[0] = static_cast<char>(header.size());
  std::ofstream(path("bool"), std::ios::binary) << bytes << header << '\x07';
  EXPECT_EQ(error_of(path("bool")), path("bool") + ": tensor 't' is BOOL and has bytes other than 0 and 1");
}

TEST_F(Checkpoint, EveryTruncationIsAnError) {
  save_tensors(path("x"), sample_tensors(), {{"k", "v"}});
  const std::string bytes = read_file(path("x"));
  for (size_t length = 0; length < bytes.size(); length += 13) {
    SCOPED_TRACE(length);
    std::ofstream(path("cut"), std::ios::binary | std::ios::trunc) << bytes.substr(0, length);
    EXPECT_THROW(load_tensors(path("cut")), Error);
    EXPECT_THROW(load_metadata(path("cut")), Error);
  }
}

// Random damage either is refused with clamp::Error or leaves a file that saves and loads as itself.
TEST_F(Checkpoint, SurvivesMutations) {
  save_tensors(path("x"), sample_tensors(), {{"k", "v"}});
  const std::string bytes = read_file(path("x"));
  int refused = 0;
  for (uint64_t seed = 0; seed < 600; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng(seed);
    std::string damaged = bytes;
    for (uint64_t i = 0; i <= rng.below(4); ++i) {
      const size_t at =
          rng.below(rng.uniform() < 0.8 ? std::min<size_t>(damaged.size(), 900) : damaged.size());
      switch (rng.below(4)) {
        case 0:
          damaged[at] = static_cast<char>(rng.below(256));
          break;
        case 1:
          damaged.erase(at, 1 + rng.below(9));
          break;
        case 2:
          damaged.insert(at, 1 + rng.below(9), static_cast<char>(rng.below(256)));
          break;
        default:
          damaged.insert(at, damaged.substr(rng.below(damaged.size()), 1 + rng.below(40)));
      }
    }
    std::ofstream(path("m"), std::ios::binary | std::ios::trunc) << damaged;
    try {
      const auto file = load_tensors(path("m"));
      save_tensors(path("again"), file.tensors, file.metadata);
      const auto again = load_tensors(path("again"));
      EXPECT_EQ(again.metadata, file.metadata);
      EXPECT_EQ(again.tensors.size(), file.tensors.size());
    } catch (const Error&) {
      ++refused;
    }
  }
  EXPECT_GT(refused, 200);
}

TEST_F(Checkpoint, LoadStateRestoresAModule) {
  torch::nn::Linear from(3, 2), to(3, 2);
  load_state(*to, state_of(*from, "m."), "m.", "test");
  EXPECT_TRUE(torch::equal(from->weight, to->weight));
  EXPECT_TRUE(torch::equal(from->bias, to->bias));
}

TEST_F(Checkpoint, LoadStateConvertsToTheModulesDtype) {
  torch::nn::Linear model(3, 2);
  load_state(*model,
             {{"weight", torch::ones({2, 3}, torch::kFloat16)}, {"bias", torch::ones({2}, torch::kFloat64)}},
             "", "test");
  EXPECT_EQ(model->weight.scalar_type(), torch::kFloat32);
  EXPECT_TRUE(torch::equal(model->weight, torch::ones({2, 3})));
}

TEST_F(Checkpoint, LoadStateReportsEveryProblemAtOnce) {
  torch::nn::Linear model(3, 2);
  const TensorMap tensors = {{"m.weight", torch::zeros({2, 4})}, {"m.extra", torch::zeros({1})}};
  try {
    load_state(*model, tensors, "m.", "w.safetensors");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(
        error.what(),
        "w.safetensors: weights do not fit the model; missing: m.bias; unexpected: m.extra; wrong shape: "
        "m.weight [2, 4] (the model has [2, 3])");
  }
}

TEST_F(Checkpoint, RefusedStateLeavesTheModuleAsItWas) {
  torch::nn::Linear model(3, 2);
  const auto before = model->weight.detach().clone();
  EXPECT_THROW(load_state(*model, {{"weight", torch::zeros({2, 3})}}, "", "test"), Error);
  EXPECT_TRUE(torch::equal(model->weight, before));
}

}  // namespace
}  // namespace clamp::nn
