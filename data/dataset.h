// A dataset of structures with texts and properties in one HDF5 file (docs/formats.md gives the schema).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "core/crystal.h"

namespace clamp::data {

/// One structure. `numbers` are properties with units (Dataset::units), `labels` are text columns.
struct Record {
  std::string id;
  std::string split;   ///< "train", "val", "test" or ""
  std::string source;  ///< data set or file that it came from
  Crystal crystal;     ///< as imported
  std::vector<std::string> texts;
  std::map<std::string, double> numbers;
  std::map<std::string, std::string> labels;
};

/// Read access. Structures are read on demand; thread-safe (one lock).
class Dataset {
 public:
  /// Throws clamp::Error for a file that is no dataset of a known format version, is truncated or corrupt.
  static Dataset open(const std::string& path);
  Dataset(Dataset&&) noexcept;
  ~Dataset();

  int64_t size() const;
  Record read(int64_t index) const;
  /// Only the structure of a record.
  Crystal read_crystal(int64_t index) const;
  /// Without reading the whole record.
  int64_t n_atoms(int64_t index) const;
  const std::string& id(int64_t index) const;
  const std::string& split(int64_t index) const;
  std::vector<int64_t> indices(const std::string& split, int64_t max_atoms) const;
  std::map<std::string, std::string> units() const;
  /// The cached asymmetric unit with bonds (clamp-data import computes it), nothing where it could not be
  /// made.
  std::optional<AsymmetricUnit> asymmetric_unit(int64_t index) const;

 private:
  struct Impl;
  explicit Dataset(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp::data
