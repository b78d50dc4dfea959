// The bond graph that MOFChecker 0.9.6 judges: pairs under the VESTA cut-offs (evaluate/bond_cutoffs.h),
// neighbours sorted by distance.
#pragma once

#include <vector>

#include "core/bond_graph.h"
#include "core/crystal.h"

namespace clamp::evaluate {

struct Neighbor {
  int64_t atom = 0;
  Vec3i shift = Vec3i::Zero();
  double distance = 0;  ///< Å
};

struct MofGraph {
  std::vector<Bond> bonds;                       ///< every bond once
  std::vector<std::vector<Neighbor>> neighbors;  ///< [n_atoms], nearest first
};

MofGraph mof_graph(const Crystal& crystal);

/// Half angle in radians of the narrowest cone with its apex at the origin that holds every sphere
/// (directions of unit length, `half_angles` asin(radius / distance)); 0 for no sphere. May exceed pi/2.
/// Exact to 1e-4 rad, n^4 in the number of spheres.
double enclosing_cone(const std::vector<Vec3>& directions, const std::vector<double>& half_angles);

}  // namespace clamp::evaluate
