#include "evaluate/mof_graph.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>

#include "evaluate/bond_cutoffs.h"

namespace clamp::evaluate {
namespace {

constexpr int kConeStarts = 400;   // Fibonacci points that the search begins from
constexpr double kConeStep = 0.2;  // rad, first step of the pattern search
constexpr double kConeEnd = 1e-4;  // rad, last step

double widest(const Vec3& axis, const std::vector<Vec3>& directions, const std::vector<double>& half_angles) {
  double angle = 0;
  for (size_t k = 0; k < directions.size(); ++k) {
    const double off = std::acos(std::clamp(axis.dot(directions[k]), -1.0, 1.0));
    angle = std::max(angle, off + half_angles[k]);
  }
  return angle;
}

Vec3 fibonacci_point(int k) {
  const double z = 1.0 - (2.0 * k + 1.0) / kConeStarts;
  const double phi = k * M_PI * (3.0 - std::sqrt(5.0));
  const double r = std::sqrt(1.0 - z * z);
  return {r * std::cos(phi), r * std::sin(phi), z};
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
  std::vector<std::pair<double, Vec3>> starts;
  for (int k = 0; k < kConeStarts; ++k) {
    const Vec3 axis = fibonacci_point(k);
    starts.emplace_back(widest(axis, directions, half_angles), axis);
  }
  std::partial_sort(starts.begin(), starts.begin() + 5, starts.end(),
                    [](const auto& a, const auto& b) { return a.first < b.first; });
  double best = starts[0].first;
  for (int k = 0; k < 5; ++k) {
    auto [angle, axis] = starts[k];
    for (double step = kConeStep; step > kConeEnd;) {
      bool better = false;
      for (int move = 0; move < 8; ++move) {
        const Vec3 side = axis.unitOrthogonal();
        const double turn = move * M_PI / 4;
        const Vec3 tangent = std::cos(turn) * side + std::sin(turn) * axis.cross(side);
        const Vec3 tried = (axis + step * tangent).normalized();
        const double found = widest(tried, directions, half_angles);
        if (found < angle) {
          angle = found;
          axis = tried;
          better = true;
          break;
        }
      }
      if (!better) step /= 2;
    }
    best = std::min(best, angle);
  }
  return best;
}

}  // namespace clamp::evaluate
