// Structure files one after another, out of files, folders and archives, without unpacking to disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace clamp::data {

struct SourceLimits {
  int64_t max_file_bytes = int64_t{32} << 20;    ///< of one structure file, unpacked
  int64_t max_entries = 20'000'000;              ///< of one archive
  int64_t max_archive_bytes = int64_t{1} << 40;  ///< of one archive, unpacked
};

/// A CIF's bytes, or why there are none, or the path of an HDF5 dataset.
struct SourceFile {
  std::string path;    ///< as given, or inside its folder or archive
  std::string origin;  ///< the argument that it came from
  std::string content;
  std::string skip_reason;  ///< not empty: not read, and why
  bool is_dataset = false;  ///< an HDF5 file, to be read by the caller
};

/// What a path is: told by its first bytes, not by its name (but for CIF, which is any other text).
bool is_hdf5_path(const std::string& path);

class SourceFiles {
 public:
  /// `paths` are CIF files, folders (searched through, in sorted order), archives (tar, zip, compressed or
  /// not) and HDF5 datasets. Throws clamp::UsageError where one does not exist.
  SourceFiles(std::vector<std::string> paths, SourceLimits limits = {});
  SourceFiles(SourceFiles&&) noexcept;
  ~SourceFiles();
  /// Fills `file` with the next one; false at the end. Throws clamp::Error for an archive that is truncated,
  /// damaged or beyond the limits. Entries that are no CIF (readme, tables) are passed over and counted.
  bool next(SourceFile& file);
  int64_t n_other() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp::data
