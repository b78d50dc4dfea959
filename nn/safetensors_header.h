// Header of a safetensors file: parsing that trusts nothing, and writing.
//
// Format: https://github.com/huggingface/safetensors. Stricter than its text: the tensors must cover the data
// exactly, without gaps or overlap, and a name given twice is refused.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clamp::nn {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;

struct TensorEntry {
  std::string name;
  std::string dtype;  ///< "F32" ...
  std::vector<int64_t> shape;
  uint64_t begin = 0;  ///< byte offsets in the data that follows the header
  uint64_t end = 0;
};

struct SafetensorsHeader {
  std::vector<TensorEntry> entries;  ///< sorted by offset
  std::map<std::string, std::string> metadata;
};

/// Bytes an element of a dtype takes, or 0 where the dtype is not one of F64 F32 F16 BF16 I64 I32 U8 BOOL.
uint64_t dtype_width(const std::string& dtype);

/// Parses header JSON of a file whose data part has `data_bytes` bytes. Throws clamp::Error naming `source`.
SafetensorsHeader parse_safetensors_header(const std::string& json_text, uint64_t data_bytes,
                                           const std::string& source);

/// Header JSON padded with spaces to a multiple of 8 bytes.
std::string write_safetensors_header(const SafetensorsHeader& header);

}  // namespace clamp::nn
