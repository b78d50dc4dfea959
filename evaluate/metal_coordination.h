// Are the metals of a structure coordinated as real ones are?
#pragma once

#include <vector>

#include "core/bond_graph.h"
#include "core/crystal.h"

namespace clamp::evaluate {

/// How many bonds to other than metals the atoms of an element have in real frameworks.
struct CoordinationRange {
  int low = 0;
  int high = 0;
};
/// Measured on the training split of QMOF (17,695 structures; bonds of perceive_bonds()): 99.6 % of the
/// element's atoms or more lie within. {0, 0} for elements with fewer than 50 atoms there, and for what is no
/// metal.
CoordinationRange coordination_range(int atomic_number);

/// Metal atoms outside of their element's range, ascending; metals without a range are not judged.
std::vector<int64_t> unusual_coordination(const Crystal& crystal, const std::vector<Bond>& bonds);

}  // namespace clamp::evaluate
