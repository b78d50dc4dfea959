// One cell of the radical (Laguerre) Voronoi diagram of periodic spheres.
//
// The cell of sphere i holds the points x with |x - x_i|^2 - r_i^2 <= |x - x_j|^2 - r_j^2 for every other
// sphere j; with equal radii that is the ordinary Voronoi cell. Made by cutting a convex polyhedron with one
// plane after another, nearest spheres first.
#pragma once

#include <array>
#include <vector>

#include "evaluate/periodic_spheres.h"

namespace clamp::evaluate {

struct VoronoiEdge {
  std::array<int, 2> vertices{};  ///< into VoronoiCell::vertices
  /// The spheres behind the two faces that meet here; one sphere twice where more than three cells meet and
  /// rounding has parted them.
  std::array<SphereImage, 2> neighbors{};
};

struct VoronoiCell {
  std::vector<Vec3> vertices;  ///< Å, Cartesian; several may coincide where more than three faces meet
  std::vector<VoronoiEdge> edges;
};

/// The cell of sphere `atom` around its centre in the cell; empty where the sphere owns no point.
VoronoiCell voronoi_cell(const PeriodicSpheres& spheres, int64_t atom);

}  // namespace clamp::evaluate
