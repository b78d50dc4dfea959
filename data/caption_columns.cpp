#include "data/caption_columns.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>
#include <utility>

#include "core/elements.h"

namespace clamp::data {

std::string label_of(const Record& record, const std::string& name) {
  const auto it = record.labels.find(name);
  return it == record.labels.end() ? "" : it->second;
}

const double* number_of(const Record& record, const std::string& name) {
  const auto it = record.numbers.find(name);
  return it == record.numbers.end() ? nullptr : &it->second;
}

std::vector<std::string> split_words(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) {
    const size_t first = part.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    parts.push_back(part.substr(first, part.find_last_not_of(' ') - first + 1));
  }
  return parts;
}

std::vector<int> metals_of(const Record& record) {
  std::vector<int> metals;
  for (const std::string& symbol : split_words(label_of(record, "metals"), ' ')) {
    const int z = atomic_number_of(symbol);
    if (z > 0) metals.push_back(z);
  }
  return metals;
}

int dimension_of(const Record& record) {
  const double* value = number_of(record, "framework_dimension");
  return value != nullptr && *value >= 0 && *value <= 3 ? static_cast<int>(*value) : -1;
}

std::string compact_formula(const std::string& spaced, bool metals_first) {
  std::vector<std::pair<std::string, int>> parts;
  for (const std::string& part : split_words(spaced, ' ')) {
    size_t digits = part.find_first_of("0123456789");
    if (digits == std::string::npos) digits = part.size();
    const std::string symbol = part.substr(0, digits);
    const bool number =
        part.find_first_not_of("0123456789", digits) == std::string::npos && part.size() - digits <= 5;
    if (atomic_number_of(symbol) == 0 || !number) return "";
    parts.emplace_back(symbol, digits == part.size() ? 1 : std::atoi(part.c_str() + digits));
  }
  const bool carbon = std::any_of(parts.begin(), parts.end(), [](const auto& p) { return p.first == "C"; });
  const auto rank = [&](const std::string& symbol) {
    if (metals_first && is_metal(atomic_number_of(symbol))) return 0;
    if (carbon && symbol == "C") return 1;
    if (carbon && symbol == "H") return 2;
    return 3;
  };
  std::sort(parts.begin(), parts.end(), [&](const auto& a, const auto& b) {
    return std::make_pair(rank(a.first), a.first) < std::make_pair(rank(b.first), b.first);
  });
  std::string text;
  for (const auto& [symbol, n] : parts) text += n == 1 ? symbol : fmt::format("{}{}", symbol, n);
  return text;
}

}  // namespace clamp::data
