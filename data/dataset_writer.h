// Writes dataset files: records one after another, then the cached asymmetric units.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::data {

/// Writes records in order. Atoms and texts are streamed in compressed chunks; numbers stay in memory until
/// finish().
class DatasetWriter {
 public:
  explicit DatasetWriter(const std::string& path);
  DatasetWriter(DatasetWriter&&) noexcept;
  ~DatasetWriter();
  /// Throws clamp::Error for a record without atoms, with an unknown element, or with a cell or coordinates
  /// that are not finite. Ids are not checked for uniqueness here.
  void add(const Record& record);
  /// Unit of a property ("eV"); "" is dimensionless.
  void set_unit(const std::string& property, const std::string& unit);
  int64_t size() const;
  /// Writes what is left and closes. Throws clamp::Error where the disk refuses.
  void finish(const Provenance& provenance);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// An asymmetric unit as it is cached, and how it came about.
struct CachedUnit {
  AsymmetricUnit unit;
  bool fallback = false;  ///< kept in P1 because no exactly symmetric form was found
  double max_move = 0;    ///< Å, the largest displacement that symmetrisation caused
};

/// Adds the group /symmetry to a dataset file that has none: one add() a structure, in order. Units are
/// streamed to
/// `<path>.symmetry` and copied over by finish(), for which the dataset must not be open.
class SymmetryWriter {
 public:
  SymmetryWriter(const std::string& path, double symprec);
  SymmetryWriter(SymmetryWriter&&) noexcept;
  ~SymmetryWriter();
  /// Nothing where a structure has no asymmetric unit.
  void add(const std::optional<CachedUnit>& unit);
  /// Throws clamp::Error where the number of units is not the number of structures, or the disk refuses.
  void finish();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp::data
