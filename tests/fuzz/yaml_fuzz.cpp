// libFuzzer target for configuration reading: any bytes give values or clamp::UsageError.
#include <cstdint>
#include <string>
#include <vector>

#include "core/error.h"
#include "core/yaml.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  try {
    clamp::YamlMap map =
        clamp::YamlMap::from_text(std::string(reinterpret_cast<const char*>(bytes), size), "fuzz");
    int64_t integer = 0;
    double number = 0;
    bool flag = false;
    std::string text;
    std::vector<std::string> texts;
    std::vector<double> numbers;
    map.get("i", integer, -5, 5);
    map.get("d", number);
    map.get("b", flag);
    map.get("s", text);
    map.get("ss", texts);
    map.get("ds", numbers);
    map.section("m", [&](clamp::YamlMap& section) { section.get("i", integer); });
    map.finish();
  } catch (const clamp::UsageError&) {
  }
  return 0;
}
