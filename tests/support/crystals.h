// Structures that several tests use.
#pragma once

#include <string>
#include <vector>

#include "core/cif.h"
#include "core/crystal.h"

namespace clamp::tests {

/// Diamond in its primitive cell, a = 3.567 Å.
inline Crystal diamond() {
  Crystal crystal;
  crystal.name = "diamond";
  const double h = 3.567 / 2;
  crystal.cell << 0, h, h, h, 0, h, h, h, 0;
  crystal.atomic_numbers = {6, 6};
  crystal.frac_coords = {Vec3(0, 0, 0), Vec3(0.25, 0.25, 0.25)};
  return crystal;
}

/// A structure of tests/data/qmof with what qmof.csv says of it.
struct QmofSample {
  std::string id;
  int space_group;
  int framework_dimension;
};

/// One structure a lattice system and centring, all kinds of special positions among them.
inline std::vector<QmofSample> qmof_samples() {
  return {
      {"qmof-000512e", 2, 3},   {"qmof-0ca8ad2", 62, 3}, {"qmof-0e5bc0c", 14, 3},  {"qmof-0e62149", 1, 3},
      {"qmof-11b9e62", 15, 3},  {"qmof-2290d6d", 12, 3}, {"qmof-23397f7", 19, 3},  {"qmof-314b33f", 205, 3},
      {"qmof-317320a", 167, 3}, {"qmof-391a076", 88, 3}, {"qmof-47144b2", 176, 3}, {"qmof-6ba5b5d", 148, 3},
      {"qmof-7501cda", 216, 3}, {"qmof-76f719c", 9, 3},  {"qmof-82f44d0", 146, 3}, {"qmof-83a307d", 225, 3},
      {"qmof-8c5c19b", 43, 3},  {"qmof-c26f09c", 82, 3},
  };
}

inline Crystal load_qmof(const std::string& id) {
  return read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + id + ".cif");
}

}  // namespace clamp::tests
