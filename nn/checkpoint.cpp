#include "nn/checkpoint.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/utils.h>

#include <array>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <vector>

#include "core/atomic_file.h"
#include "core/error.h"
#include "nn/safetensors_header.h"

namespace clamp::nn {
namespace {

constexpr size_t kLengthBytes = 8;

const std::map<std::string, torch::Dtype>& dtypes() {
  static const std::map<std::string, torch::Dtype> table = {
      {"F64", torch::kFloat64},   {"F32", torch::kFloat32}, {"F16", torch::kFloat16},
      {"BF16", torch::kBFloat16}, {"I64", torch::kInt64},   {"I32", torch::kInt32},
      {"U8", torch::kUInt8},      {"BOOL", torch::kBool}};
  return table;
}

std::string dtype_name(torch::Dtype dtype, const std::string& tensor) {
  for (const auto& [name, value] : dtypes()) {
    if (value == dtype) return name;
  }
  fail(fmt::format("tensor '{}' has a type that checkpoints do not hold: {}", tensor, c10::toString(dtype)));
}

uint64_t decode_length(const std::array<unsigned char, kLengthBytes>& bytes) {
  uint64_t length = 0;
  for (size_t i = kLengthBytes; i-- > 0;) length = length << 8 | bytes[i];
  return length;
}

struct OpenFile {
  std::ifstream stream;  ///< at the first byte of data
  SafetensorsHeader header;
};

OpenFile open_checked(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_directory(path, error))
    fail(fmt::format("{}: is a folder, expected a checkpoint", path));
  const uint64_t file_bytes = std::filesystem::file_size(path, error);
  if (error) fail(fmt::format("{}: cannot open checkpoint: {}", path, error.message()));
  OpenFile file;
  file.stream.open(path, std::ios::binary);
  if (!file.stream) fail(fmt::format("{}: cannot open checkpoint: {}", path, std::strerror(errno)));
  std::array<unsigned char, kLengthBytes> length_bytes{};
  file.stream.read(reinterpret_cast<char*>(length_bytes.data()), kLengthBytes);
  if (!file.stream) {
    fail(fmt::format("{}: {} bytes, too short for a safetensors checkpoint", path, file_bytes));
  }
  const uint64_t length = decode_length(length_bytes);
  if (length > kMaxHeaderBytes || length > file_bytes - kLengthBytes) {
    fail(fmt::format("{}: no safetensors checkpoint, or truncated: header of {} bytes in a file of {}", path,
                     length, file_bytes));
  }
  std::string text(length, '\0');
  file.stream.read(text.data(), static_cast<std::streamsize>(length));
  if (!file.stream) fail(fmt::format("{}: header cannot be read", path));
  file.header = parse_safetensors_header(text, file_bytes - kLengthBytes - length, path);
  return file;
}

torch::Tensor read_tensor(std::ifstream& stream, const TensorEntry& entry, const std::string& path) {
  const auto dtype = dtypes().at(entry.dtype);
  // BOOL is read as bytes: any other value than 0 and 1 in a bool is undefined behaviour.
  const auto storage = dtype == torch::kBool ? torch::kUInt8 : dtype;
  auto tensor = torch::empty(entry.shape, torch::TensorOptions().dtype(storage));
  stream.read(static_cast<char*>(tensor.data_ptr()), static_cast<std::streamsize>(entry.end - entry.begin));
  if (!stream) fail(fmt::format("{}: tensor '{}' cannot be read", path, entry.name));
  if (dtype != torch::kBool) return tensor;
  if (tensor.numel() > 0 && tensor.max().item<uint8_t>() > 1) {
    fail(fmt::format("{}: tensor '{}' is BOOL and has bytes other than 0 and 1", path, entry.name));
  }
  return tensor.to(torch::kBool);
}

/// "a, b, c and 12 more"
std::string listed(const std::vector<std::string>& names) {
  constexpr size_t kShown = 10;
  const size_t shown = std::min(kShown, names.size());
  const std::string text =
      fmt::format("{}", fmt::join(names.begin(), names.begin() + static_cast<int64_t>(shown), ", "));
  return names.size() > shown ? fmt::format("{} and {} more", text, names.size() - shown) : text;
}

/// Every parameter and buffer with its name.
TensorMap tensors_of(const torch::nn::Module& module) {
  TensorMap tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

}  // namespace

void save_tensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata) {
  SafetensorsHeader header;
  header.metadata = metadata;
  std::vector<torch::Tensor> contents;
  uint64_t position = 0;
  for (const auto& [name, tensor] : tensors) {
    TensorEntry entry;
    entry.name = name;
    entry.dtype = dtype_name(tensor.scalar_type(), name);
    entry.shape = tensor.sizes().vec();
    entry.begin = position;
    position += tensor.nbytes();
    entry.end = position;
    header.entries.push_back(entry);
    contents.push_back(tensor.detach().to(torch::kCPU).contiguous());
  }
  const std::string text = write_safetensors_header(header);
  std::string length;
  for (size_t i = 0; i < kLengthBytes; ++i) length += static_cast<char>(text.size() >> (8 * i) & 0xff);

  write_file_atomically(path, [&](const std::string& temporary) {
    std::ofstream out(temporary, std::ios::binary | std::ios::trunc);
    out << length << text;
    for (const auto& tensor : contents) {
      out.write(static_cast<const char*>(tensor.data_ptr()), static_cast<std::streamsize>(tensor.nbytes()));
    }
    out.close();
    if (!out) fail(fmt::format("{}: cannot write checkpoint: {}", path, std::strerror(errno)));
  });
}

TensorFile load_tensors(const std::string& path) {
  OpenFile file = open_checked(path);
  TensorFile result;
  result.metadata = std::move(file.header.metadata);
  for (const auto& entry : file.header.entries) {
    result.tensors[entry.name] = read_tensor(file.stream, entry, path);
  }
  return result;
}

Metadata load_metadata(const std::string& path) { return open_checked(path).header.metadata; }

TensorMap state_of(const torch::nn::Module& module, const std::string& prefix) {
  TensorMap state;
  for (const auto& [name, tensor] : tensors_of(module)) {
    state[prefix + name] = tensor.detach().to(torch::kCPU).clone(torch::MemoryFormat::Contiguous);
  }
  return state;
}

void load_state(torch::nn::Module& module, const TensorMap& tensors, const std::string& prefix,
                const std::string& source) {
  TensorMap targets = tensors_of(module);
  std::vector<std::string> missing, unexpected, wrong_shape;
  for (const auto& [name, target] : targets) {
    const auto found = tensors.find(prefix + name);
    if (found == tensors.end()) {
      missing.push_back(prefix + name);
    } else if (found->second.sizes() != target.sizes()) {
      wrong_shape.push_back(fmt::format("{} [{}] (the model has [{}])", prefix + name,
                                        fmt::join(found->second.sizes(), ", "),
                                        fmt::join(target.sizes(), ", ")));
    }
  }
  for (auto it = tensors.lower_bound(prefix); it != tensors.end() && it->first.rfind(prefix, 0) == 0; ++it) {
    if (targets.count(it->first.substr(prefix.size())) == 0) unexpected.push_back(it->first);
  }
  std::string problems;
  if (!missing.empty()) problems += "; missing: " + listed(missing);
  if (!unexpected.empty()) problems += "; unexpected: " + listed(unexpected);
  if (!wrong_shape.empty()) problems += "; wrong shape: " + listed(wrong_shape);
  if (!problems.empty()) fail(fmt::format("{}: weights do not fit the model{}", source, problems));

  const torch::NoGradGuard no_grad;
  for (auto& [name, target] : targets) target.copy_(tensors.at(prefix + name));
}

}  // namespace clamp::nn
