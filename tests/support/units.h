// Asymmetric units of the sample structures.
#pragma once

#include <stdexcept>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "tests/support/crystals.h"

namespace clamp::tests {

/// The asymmetric unit of a file of tests/data/qmof in its own space group.
inline AsymmetricUnit qmof_unit(const std::string& id) {
  const Crystal crystal = read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + id + ".cif");
  const auto symmetry = find_symmetry(crystal, 0.01);
  if (!symmetry) throw std::runtime_error(id + ": no symmetry found");
  return make_asymmetric_unit(symmetry->primitive, symmetry->number, perceive_bonds(symmetry->primitive));
}

/// Those of all samples.
inline const std::vector<AsymmetricUnit>& qmof_units() {
  static const std::vector<AsymmetricUnit> kUnits = [] {
    std::vector<AsymmetricUnit> units;
    for (const QmofSample& sample : qmof_samples()) units.push_back(qmof_unit(sample.id));
    return units;
  }();
  return kUnits;
}

}  // namespace clamp::tests
