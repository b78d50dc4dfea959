// metrics.jsonl of a training run: one JSON object a line, each with its step.
#pragma once

#include <cstdint>
#include <fstream>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace clamp::train {

class MetricsFile {
 public:
  /// Opens for appending. Lines of steps after `resumed_step` are dropped first: the run will write them
  /// again. Throws clamp::Error where the file cannot be written.
  MetricsFile(const std::string& path, int64_t resumed_step);
  /// Adds {"step": step, ...values} and flushes. Throws clamp::Error on a write failure.
  void write(int64_t step, const nlohmann::json& values);

 private:
  std::string path_;
  std::ofstream out_;
};

}  // namespace clamp::train
