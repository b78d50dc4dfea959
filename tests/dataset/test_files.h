// Temporary folders and small datasets for the tests of data/.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "core/error.h"
#include "data/import.h"

namespace clamp::data {

/// A folder that goes away with the object.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "clamp_data_XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

inline std::string sample(const std::string& name) {
  return std::string(CLAMP_TEST_DATA) + "/dataset/" + name;
}

inline std::string read_bytes(const std::string& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_bytes(const std::string& path, const std::string& bytes) {
  std::ofstream stream(path, std::ios::binary);
  stream.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

inline bool go_on(int64_t, int64_t) { return true; }

/// Imports without symmetry. The folder of the checkout stays out of the file: the same bytes everywhere.
inline ImportSummary import_paths(std::vector<std::string> paths, std::vector<std::string> tables,
                                  const std::string& out, int n_threads = 2) {
  ImportConfig config;
  config.paths = std::move(paths);
  config.tables = std::move(tables);
  config.n_threads = n_threads;
  Provenance provenance;
  provenance.command = "test";
  provenance.version = "0";
  provenance.sources = {"test"};
  return import_dataset(config, out, provenance, go_on);
}

/// The eight small structures of tests/data/dataset/cifs with their table and symmetry.
inline std::string small_dataset(const TemporaryFolder& folder) {
  const std::string path = folder / "small.h5";
  import_paths({sample("cifs")}, {sample("cifs.csv")}, path);
  cache_symmetry(path, 0.01, 2, go_on);
  return path;
}

/// Text of the clamp::Error that `f` throws, "" where it throws none.
template <class F>
std::string error_of(const F& f) {
  try {
    f();
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

inline bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace clamp::data
