#include "evaluate/mof_graph.h"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "evaluate/bond_cutoffs.h"

namespace clamp::evaluate {
namespace {

double widest(const Vec3& axis, const std::vector<Vec3>& directions, const std::vector<double>& half_angles) {
  double angle = 0;
  for (size_t k = 0; k < directions.size(); ++k) {
    const double off = std::acos(std::clamp(axis.dot(directions[k]), -1.0, 1.0));
    angle = std::max(angle, off + half_angles[k]);
  }
  return angle;
}

/// Keeps directions off common planes, where three of them would not determine an axis.
std::vector<Vec3> in_general_position(std::vector<Vec3> directions) {
  constexpr double kNudge = 1e-5;  // rad
  for (size_t k = 0; k < directions.size(); ++k) {
    const auto at = static_cast<double>(k);
    const Vec3 nudge(std::sin(1 + 3 * at), std::sin(2 + 5 * at), std::sin(3 + 7 * at));
    directions[k] = (directions[k] + kNudge * nudge).normalized();
  }
  return directions;
}

/// Axes of the cones that touch three caps: axis . d_k = cos(angle - h_k).
std::vector<Vec3> axes_touching(const Mat3& directions, const Vec3& half_angles) {
  const Eigen::PartialPivLU<Mat3> solver(directions);
  const Vec3 u = solver.solve(Vec3(half_angles.array().cos()));
  const Vec3 v = solver.solve(Vec3(half_angles.array().sin()));
  // |u cos(angle) + v sin(angle)| = 1, in the double angle.
  const double p = (u.squaredNorm() - v.squaredNorm()) / 2, q = u.dot(v);
  const double rest = (1 - (u.squaredNorm() + v.squaredNorm()) / 2) / std::hypot(p, q);
  if (!(std::abs(rest) <= 1)) return {};
  std::vector<Vec3> axes;
  for (const double side : {-1.0, 1.0}) {
    const double angle = (std::atan2(q, p) + side * std::acos(rest)) / 2;
    const Vec3 axis = (u * std::cos(angle) + v * std::sin(angle)).normalized();
    axes.push_back(axis);
    axes.push_back(-axis);
  }
  return axes;
}

/// Axis halfway, half-angles included, between two caps.
Vec3 axis_between(const Vec3& a, const Vec3& b, double half_a, double half_b) {
  const Vec3 side = (b - a.dot(b) * a).normalized();
  const double between = std::acos(std::clamp(a.dot(b), -1.0, 1.0));
  const double turn = std::clamp((between + half_b - half_a) / 2, 0.0, between);
  return std::cos(turn) * a + std::sin(turn) * side;
}

}  // namespace

MofGraph mof_graph(const Crystal& crystal) {
  const auto& z = crystal.atomic_numbers;
  double largest = 0;
  std::vector<int> elements(z.begin(), z.end());
  std::sort(elements.begin(), elements.end());
  elements.erase(std::unique(elements.begin(), elements.end()), elements.end());
  for (const int a : elements) {
    for (const int b : elements) largest = std::max(largest, bond_cutoff(a, b));
  }
  MofGraph graph;
  graph.neighbors.resize(z.size());
  if (largest == 0) return graph;
  for (const Bond& pair : neighbor_pairs(crystal, largest)) {
    if (pair.length >= bond_cutoff(z[pair.i], z[pair.j])) continue;
    graph.bonds.push_back(pair);
    graph.neighbors[pair.i].push_back({pair.j, pair.shift, pair.length});
    graph.neighbors[pair.j].push_back({pair.i, -pair.shift, pair.length});
  }
  for (auto& list : graph.neighbors) {
    std::stable_sort(list.begin(), list.end(),
                     [](const Neighbor& a, const Neighbor& b) { return a.distance < b.distance; });
  }
  return graph;
}

double enclosing_cone(const std::vector<Vec3>& directions, const std::vector<double>& half_angles) {
  if (directions.empty()) return 0;
  // The least of a maximum: one cap alone decides it, or two, or three.
  const auto d = in_general_position(directions);
  double best = 2 * M_PI;
  const auto try_axis = [&](const Vec3& axis) {
    best = std::min(best, widest(axis, directions, half_angles));
  };
  for (size_t i = 0; i < d.size(); ++i) {
    try_axis(d[i]);
    for (size_t j = 0; j < i; ++j) {
      try_axis(axis_between(d[i], d[j], half_angles[i], half_angles[j]));
      for (size_t k = 0; k < j; ++k) {
        Mat3 rows;
        rows << d[i].transpose(), d[j].transpose(), d[k].transpose();
        for (const Vec3& axis : axes_touching(rows, {half_angles[i], half_angles[j], half_angles[k]}))
          try_axis(axis);
      }
    }
  }
  return best;
}

}  // namespace clamp::evaluate
