#include "nn/safetensors_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"

namespace clamp::nn {
namespace {

using nlohmann::json;

constexpr int kMaxDepth = 3;  // {name: {shape: [..]}} opens three levels
constexpr size_t kMaxDims = 16;

/// JSON text as a tree; deep nesting and names given twice are refused.
json parse_strictly(const std::string& text, const std::string& source) {
  std::vector<std::set<std::string>> keys;
  const auto watch = [&](int depth, json::parse_event_t event, json& value) {
    if (event == json::parse_event_t::object_start) {
      keys.emplace_back();
    } else if (event == json::parse_event_t::object_end) {
      keys.pop_back();
    } else if (event == json::parse_event_t::key && !keys.back().insert(value.get<std::string>()).second) {
      fail(fmt::format("{}: header gives the name '{}' twice", source, value.get<std::string>()));
    }
    if (depth > kMaxDepth) fail(fmt::format("{}: header is nested deeper than a safetensors header", source));
    return true;
  };
  try {
    return json::parse(text, watch);
  } catch (const json::exception& error) {
    fail(fmt::format("{}: header is no JSON: {}", source, error.what()));
  }
}

uint64_t non_negative(const json& value, const std::string& what, const std::string& source) {
  if (!value.is_number_unsigned()) {
    fail(fmt::format("{}: {} is {}, expected a non-negative integer", source, what, value.dump()));
  }
  return value.get<uint64_t>();
}

std::vector<int64_t> parse_shape(const json& value, const std::string& what, const std::string& source) {
  if (!value.is_array() || value.size() > kMaxDims) {
    fail(fmt::format("{}: {} has no shape of at most {} dimensions", source, what, kMaxDims));
  }
  std::vector<int64_t> shape;
  for (const auto& size : value) {
    const uint64_t n = non_negative(size, "a size in the shape of " + what, source);
    if (n > static_cast<uint64_t>(INT64_MAX)) fail(fmt::format("{}: {} has a size of {}", source, what, n));
    shape.push_back(static_cast<int64_t>(n));
  }
  return shape;
}

/// Bytes of a tensor of this shape, checked for overflow (of the product of the non-zero sizes too, as
/// strides are computed from them).
uint64_t byte_size(const TensorEntry& entry, const std::string& what, const std::string& source) {
  uint64_t bytes = dtype_width(entry.dtype);
  bool empty = false;
  for (const int64_t n : entry.shape) {
    empty = empty || n == 0;
    if (n != 0 && (__builtin_mul_overflow(bytes, static_cast<uint64_t>(n), &bytes) || bytes > INT64_MAX)) {
      fail(fmt::format("{}: the shape of {} overflows", source, what));
    }
  }
  return empty ? 0 : bytes;
}

TensorEntry parse_entry(const std::string& name, const json& value, uint64_t data_bytes,
                        const std::string& source) {
  const std::string what = fmt::format("tensor '{}'", name);
  if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
      !value.contains("data_offsets") || value.size() != 3) {
    fail(fmt::format("{}: {} needs exactly dtype, shape and data_offsets", source, what));
  }
  TensorEntry entry;
  entry.name = name;
  if (!value["dtype"].is_string() || dtype_width(value["dtype"].get<std::string>()) == 0) {
    fail(fmt::format("{}: {} has dtype {}, expected one of F64 F32 F16 BF16 I64 I32 U8 BOOL", source, what,
                     value["dtype"].dump()));
  }
  entry.dtype = value["dtype"].get<std::string>();
  entry.shape = parse_shape(value["shape"], what, source);
  const auto& offsets = value["data_offsets"];
  if (!offsets.is_array() || offsets.size() != 2) {
    fail(fmt::format("{}: {} needs two data_offsets", source, what));
  }
  entry.begin = non_negative(offsets[0], "an offset of " + what, source);
  entry.end = non_negative(offsets[1], "an offset of " + what, source);
  if (entry.begin > entry.end || entry.end > data_bytes) {
    fail(fmt::format("{}: {} lies at bytes {} to {}, the file has {} bytes of data (truncated?)", source,
                     what, entry.begin, entry.end, data_bytes));
  }
  const uint64_t expected = byte_size(entry, what, source);
  if (entry.end - entry.begin != expected) {
    fail(fmt::format("{}: {} has {} bytes, its shape and dtype need {}", source, what,
                     entry.end - entry.begin, expected));
  }
  return entry;
}

void require_exact_cover(const std::vector<TensorEntry>& entries, uint64_t data_bytes,
                         const std::string& source) {
  uint64_t position = 0;
  for (const auto& entry : entries) {
    if (entry.begin != position) {
      fail(fmt::format("{}: tensor '{}' starts at byte {}, expected {} (overlap or gap)", source, entry.name,
                       entry.begin, position));
    }
    position = entry.end;
  }
  if (position != data_bytes) {
    fail(fmt::format("{}: tensors end at byte {} of the data, the file has {} bytes", source, position,
                     data_bytes));
  }
}

}  // namespace

uint64_t dtype_width(const std::string& dtype) {
  static const std::map<std::string, uint64_t> widths = {{"F64", 8}, {"F32", 4}, {"F16", 2}, {"BF16", 2},
                                                         {"I64", 8}, {"I32", 4}, {"U8", 1},  {"BOOL", 1}};
  const auto found = widths.find(dtype);
  return found == widths.end() ? 0 : found->second;
}

SafetensorsHeader parse_safetensors_header(const std::string& json_text, uint64_t data_bytes,
                                           const std::string& source) {
  const json tree = parse_strictly(json_text, source);
  if (!tree.is_object()) fail(fmt::format("{}: header is no JSON object", source));
  SafetensorsHeader header;
  for (const auto& [name, value] : tree.items()) {
    if (name != "__metadata__") {
      header.entries.push_back(parse_entry(name, value, data_bytes, source));
      continue;
    }
    if (!value.is_object()) fail(fmt::format("{}: __metadata__ is no JSON object", source));
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("{}: __metadata__ '{}' is no string", source, key));
      header.metadata[key] = text.get<std::string>();
    }
  }
  std::sort(header.entries.begin(), header.entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
  });
  require_exact_cover(header.entries, data_bytes, source);
  return header;
}

std::string write_safetensors_header(const SafetensorsHeader& header) {
  json tree = json::object();
  if (!header.metadata.empty()) tree["__metadata__"] = header.metadata;
  for (const auto& entry : header.entries) {
    tree[entry.name] = {
        {"dtype", entry.dtype}, {"shape", entry.shape}, {"data_offsets", {entry.begin, entry.end}}};
  }
  std::string text = tree.dump(-1, ' ', false, json::error_handler_t::replace);
  text.append((8 - text.size() % 8) % 8, ' ');
  return text;
}

}  // namespace clamp::nn
