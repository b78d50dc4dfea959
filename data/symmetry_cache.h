// Reads the asymmetric units that a dataset file caches in /symmetry.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "data/dataset.h"
#include "data/hdf5_file.h"
#include "data/ragged.h"

namespace clamp::data {

class SymmetryCache {
 public:
  /// Throws clamp::Error where the arrays do not fit each other or `n` structures.
  SymmetryCache(const Hdf5File& file, int64_t n);
  /// [n] 0 where there is no unit.
  const std::vector<int32_t>& space_group() const { return space_group_; }
  bool is_fallback(int64_t index) const { return fallback_[static_cast<size_t>(index)] != 0; }
  SymmetryColumns columns() const;
  /// Throws clamp::Error, beginning with `what`, for numbers that make no asymmetric unit.
  AsymmetricUnit read(int64_t index, const std::string& what) const;

 private:
  void read_slots(int64_t index, const SpaceGroup& group, const std::string& what,
                  AsymmetricUnit& unit) const;
  void read_bonds(int64_t index, const SpaceGroup& group, const std::string& what,
                  AsymmetricUnit& unit) const;

  double symprec_;
  std::vector<int32_t> space_group_;
  std::vector<uint8_t> fallback_;
  std::vector<double> cells_;
  Hdf5Array atomic_number_, parent_, frac_coords_, operation_, shift_;
  Hdf5Array bond_slots_, bond_operation_, bond_shift_, bond_intra_;
  Offsets slot_offsets_, bond_offsets_, stabiliser_offsets_;
};

}  // namespace clamp::data
