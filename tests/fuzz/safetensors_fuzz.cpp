// libFuzzer target for checkpoint reading: any bytes give a TensorFile or clamp::Error, and what is accepted
// is written and read back as itself.
//
// clang++ -std=c++17 -g -O1 -fsanitize=fuzzer,address,undefined -I<root> tests/fuzz/safetensors_fuzz.cpp
//   core/error.cpp nn/safetensors_header.cpp -lfmt && ./a.out
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "nn/safetensors_header.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  if (size < 2) return 0;
  // The first two bytes stand for the size of the data part, so that headers can match it.
  const uint64_t data_bytes = static_cast<uint64_t>(bytes[0]) << 8 | bytes[1];
  const std::string text(reinterpret_cast<const char*>(bytes + 2), size - 2);
  try {
    const auto header = clamp::nn::parse_safetensors_header(text, data_bytes, "fuzz");
    const auto again =
        clamp::nn::parse_safetensors_header(clamp::nn::write_safetensors_header(header), data_bytes, "fuzz");
    if (again.metadata != header.metadata || again.entries.size() != header.entries.size()) std::abort();
    for (size_t i = 0; i < header.entries.size(); ++i) {
      const auto &a = header.entries[i], &b = again.entries[i];
      if (a.name != b.name || a.begin != b.begin || a.end != b.end || a.shape != b.shape) std::abort();
    }
  } catch (const clamp::Error&) {
  }
  return 0;
}
