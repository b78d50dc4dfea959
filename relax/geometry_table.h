// Typical bond lengths and 1-3 distances by element, degree and neighbours, measured on training data.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/asymmetric_unit.h"

namespace clamp::relax {

/// Mean and standard deviation in Å.
struct Typical {
  double mean = 0;
  double spread = 0;
};

class GeometryTable {
 public:
  /// Gathers statistics over fully bonded structures (expanded bonds of each unit).
  static GeometryTable measure(const std::vector<AsymmetricUnit>& units);
  /// JSON text, version-tagged; load throws clamp::Error for anything malformed.
  std::string to_json() const;
  static GeometryTable from_json(const std::string& text, const std::string& source);

  /// Bond between elements `za`, `zb` of degrees `da`, `db`; falls back to less specific keys, at last to covalent radii.
  Typical bond(int za, int da, int zb, int db) const;
  /// Distance a...b across the centre c. spread is large where the distribution is broad or has several peaks.
  Typical one_three(int za, int zc, int dc, int zb) const;

 private:
  std::unordered_map<uint64_t, Typical> entries_;
};

}  // namespace clamp::relax
