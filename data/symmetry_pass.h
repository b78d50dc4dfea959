// The second pass of an import: space group, bonds and asymmetric unit of every structure, cached in the
// dataset.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "data/dataset_writer.h"

namespace clamp::data {

/// Called with (done, total) from one thread at a time; false asks to stop.
using ProgressCallback = std::function<bool(int64_t done, int64_t total)>;

/// The asymmetric unit of a structure at `symprec` (Å): symmetry, bonds of the symmetrised primitive cell,
/// slots, and a check that expanding gives the same atoms and bonds. Where no exact form is found, all atoms
/// in P1
/// (`fallback`); nothing where that fails too, with the reason in `reason`.
std::optional<CachedUnit> compute_unit(const Crystal& crystal, double symprec, std::string& reason);

struct SymmetrySummary {
  int64_t n_exact = 0;     ///< in the space group found
  int64_t n_fallback = 0;  ///< kept in P1
  int64_t n_missing = 0;   ///< without an asymmetric unit
};

/// Computes and adds /symmetry to the dataset at `path`. `n_threads` workers; spglib itself runs one call at
/// a time.
SymmetrySummary cache_symmetry(const std::string& path, double symprec, int n_threads,
                               const ProgressCallback& progress);

}  // namespace clamp::data
