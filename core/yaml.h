// Strict YAML reading: unknown keys, wrong types and values out of range are errors with file, line and key
// path.
//
// One read function per config struct:
//   void read(YamlMap& map, FooConfig& config) { map.get("dim", config.dim, 1, 4096); map.get("name",
//   config.name); }
// and `map.finish()` (called by the reader that opened the map) refuses keys that nobody asked for.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <vector>

namespace clamp {

class YamlMap {
 public:
  /// Reads a file whose top level is a map. Throws clamp::UsageError.
  static YamlMap from_file(const std::string& path);
  /// Reads text; `source` stands for the file name in messages.
  static YamlMap from_text(const std::string& text, const std::string& source);
  YamlMap(YamlMap&&) noexcept;
  YamlMap& operator=(YamlMap&&) noexcept;
  ~YamlMap();

  /// Each leaves `value` alone where the key is absent.
  void get(const std::string& key, int64_t& value, int64_t min = std::numeric_limits<int64_t>::min(),
           int64_t max = std::numeric_limits<int64_t>::max());
  void get(const std::string& key, double& value, double min = -std::numeric_limits<double>::infinity(),
           double max = std::numeric_limits<double>::infinity());
  void get(const std::string& key, bool& value);
  void get(const std::string& key, std::string& value);
  /// One of `choices`.
  void get_choice(const std::string& key, std::string& value, const std::vector<std::string>& choices);
  void get(const std::string& key, std::vector<std::string>& value);
  void get(const std::string& key, std::vector<double>& value);
  /// A nested map, read by `read` and then checked for unknown keys. Nothing happens where the key is absent.
  void section(const std::string& key, const std::function<void(YamlMap&)>& read);
  bool has(const std::string& key) const;
  /// Throws clamp::UsageError for keys that were never asked for ("configs/x.yaml:14: train.n_step: unknown
  /// key; did you mean n_steps?").
  void finish() const;

 private:
  struct Impl;
  explicit YamlMap(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp
