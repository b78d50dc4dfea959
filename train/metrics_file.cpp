#include "train/metrics_file.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/atomic_file.h"
#include "core/error.h"

namespace clamp::train {
namespace {

/// Complete lines of steps up to `last_step`; a line cut by a kill is dropped.
std::string lines_until(const std::string& content, int64_t last_step) {
  std::istringstream lines(content);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const auto value = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (!value.is_object() || !value.contains("step") || !value["step"].is_number_integer()) continue;
    if (value["step"].get<int64_t>() <= last_step) kept += line + "\n";
  }
  return kept;
}

}  // namespace

MetricsFile::MetricsFile(const std::string& path, int64_t resumed_step) : path_(path) {
  std::string kept;
  if (std::filesystem::exists(path)) kept = lines_until(read_file(path), resumed_step);
  write_file_atomically(path, kept);
  out_.open(path, std::ios::app);
  if (!out_) fail(fmt::format("{}: cannot be written: {}", path, std::strerror(errno)));
}

void MetricsFile::write(int64_t step, const nlohmann::json& values) {
  nlohmann::json line = values;
  line["step"] = step;
  out_ << line.dump() << '\n' << std::flush;
  if (!out_) fail(fmt::format("{}: cannot be written: {}", path_, std::strerror(errno)));
}

}  // namespace clamp::train
