#include "relax/uff_graph.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "core/elements.h"

namespace clamp::relax {
namespace {

constexpr double kPlanarSum = 350;  // degrees

}  // namespace

UffGraph make_uff_graph(const Crystal& crystal, const std::vector<Bond>& bonds) {
  UffGraph graph;
  const size_t n = crystal.atomic_numbers.size();
  graph.atomic_numbers = crystal.atomic_numbers;
  graph.links.resize(n);
  graph.covalent.assign(n, 0);
  graph.metals.assign(n, 0);
  for (size_t k = 0; k < bonds.size(); ++k) {
    const Bond& b = bonds[k];
    const Vec3 vector = crystal.cell.transpose() *
                        (crystal.frac_coords[b.j] + b.shift.cast<double>() - crystal.frac_coords[b.i]);
    graph.links[b.i].push_back({static_cast<int>(b.j), b.shift, static_cast<int>(k), vector});
    graph.links[b.j].push_back({static_cast<int>(b.i), -b.shift, static_cast<int>(k), -vector});
  }
  for (size_t a = 0; a < n; ++a) {
    for (const Link& link : graph.links[a]) {
      ++(is_metal(graph.atomic_numbers[link.atom]) ? graph.metals : graph.covalent)[a];
    }
  }
  return graph;
}

bool is_planar(const UffGraph& graph, size_t atom) {
  std::vector<Vec3> near;
  for (const Link& link : graph.links[atom]) {
    if (!is_metal(graph.atomic_numbers[link.atom])) near.push_back(link.vector.normalized());
  }
  if (near.size() != 3) return false;
  double sum = 0;
  for (size_t i = 0; i < 3; ++i) {
    sum += std::acos(std::clamp(near[i].dot(near[(i + 1) % 3]), -1.0, 1.0));
  }
  return sum * 180 / M_PI >= kPlanarSum;
}

}  // namespace clamp::relax
