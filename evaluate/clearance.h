// Climbing in the clearance: the distance d(x) = min_i |x - x_i| - r_i from a point to the nearest surface.
//
// d is the least of many cones: it has ridges, where several surfaces are equally near, and no gradient
// there. The steepest way up is along the shortest vector of the convex hull of the near surfaces' gradients
// (the epsilon-subgradient method, D. P. Bertsekas & S. K. Mitter, SIAM J. Control 1973, 11, 637). Because
// every |x - x_i| is convex, d never falls along a step.
#pragma once

#include <vector>

#include "evaluate/periodic_spheres.h"

namespace clamp::evaluate {

/// Shortest vector of the convex hull of `vectors` (at least one); its squared length to 1 in 10^4.
Vec3 shortest_in_hull(const std::vector<Vec3>& vectors);

/// From `start` up to a local maximum of the clearance, in space or, where `plane_normal` is not null, in the
/// plane through `start`.
Vec3 climb(const PeriodicSpheres& spheres, const Vec3& start, const Vec3* plane_normal = nullptr);

}  // namespace clamp::evaluate
