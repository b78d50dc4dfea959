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

/// Where a dataset comes from; stored in it.
struct Provenance {
  std::string command;               ///< command line that made the file
  std::string version;               ///< of the program
  std::vector<std::string> sources;  ///< files read
  int64_t n_skipped = 0;             ///< records of the sources that are not in the file
  bool complete = true;              ///< false: the import was interrupted
};

/// Symmetry of all structures as it is cached.
struct SymmetryColumns {
  double symprec = 0;             ///< Å
  std::vector<int> space_group;   ///< [n] 1..230, 0 where there is no asymmetric unit
  std::vector<uint8_t> fallback;  ///< [n] 1: kept in P1 because no exactly symmetric form was found
};

/// Read access. Structures are read on demand; thread-safe (one lock).
class Dataset {
 public:
  /// Throws clamp::Error for a file that is no dataset of a known format version, is truncated or corrupt.
  static Dataset open(const std::string& path);
  Dataset(Dataset&&) noexcept;
  ~Dataset();

  int64_t size() const;
  /// With the label `space_group`, "P2_1/c (14)", from the cached symmetry where no column says it and the
  /// structure was not kept in P1 for want of an exact form.
  Record read(int64_t index) const;
  /// Only the structure of a record.
  Crystal read_crystal(int64_t index) const;
  /// Without reading the whole record.
  int64_t n_atoms(int64_t index) const;
  const std::string& id(int64_t index) const;
  const std::string& split(int64_t index) const;
  std::vector<int64_t> indices(const std::string& split, int64_t max_atoms) const;
  std::map<std::string, std::string> units() const;
  const std::string& source(int64_t index) const;
  int64_t n_texts(int64_t index) const;
  /// A property of all structures, [n], NaN where it is missing. Throws clamp::Error for an unknown name.
  const std::vector<double>& numbers(const std::string& property) const;
  std::vector<std::string> label_names() const;
  /// A text column of all structures, [n], "" where it is missing. Throws clamp::Error for an unknown name.
  std::vector<std::string> labels(const std::string& name) const;
  Provenance provenance() const;
  /// Nothing where no symmetry is cached.
  std::optional<SymmetryColumns> symmetry() const;
  /// The cached asymmetric unit with bonds (clamp-data import computes it), nothing where it could not be
  /// made.
  std::optional<AsymmetricUnit> asymmetric_unit(int64_t index) const;

 private:
  struct Impl;
  explicit Dataset(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp::data
