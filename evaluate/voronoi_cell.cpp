#include "evaluate/voronoi_cell.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <cmath>
#include <map>

namespace clamp::evaluate {
namespace {

constexpr double kOnPlane = 1e-9;  // Å: a vertex this close to a cutting plane stays
constexpr double kFirstReach = 5;  // Å
constexpr double kReachGrowth = 1.5;

struct Face {
  int plane = -1;         // neighbour, -1 for the box that the cutting starts from
  std::vector<int> loop;  // vertices in order
};

/// A convex polyhedron around the origin.
class Polyhedron {
 public:
  explicit Polyhedron(double half_edge) {
    for (int corner = 0; corner < 8; ++corner) {
      vertices_.emplace_back(corner & 1 ? half_edge : -half_edge, corner & 2 ? half_edge : -half_edge,
                             corner & 4 ? half_edge : -half_edge);
    }
    const int loops[6][4] = {{0, 2, 6, 4}, {1, 5, 7, 3}, {0, 4, 5, 1},
                             {2, 3, 7, 6}, {0, 1, 3, 2}, {4, 6, 7, 5}};
    for (const auto& loop : loops) faces_.push_back({-1, {loop, loop + 4}});
    used_.assign(8, 1);
  }

  bool empty() const { return faces_.empty(); }
  const std::vector<Vec3>& vertices() const { return vertices_; }
  const std::vector<Face>& faces() const { return faces_; }

  /// Largest distance of a vertex from the origin.
  double extent() const {
    double largest = 0;
    for (size_t v = 0; v < vertices_.size(); ++v) {
      if (used_[v]) largest = std::max(largest, vertices_[v].squaredNorm());
    }
    return std::sqrt(largest);
  }

  /// Keeps the part with normal . x <= offset. True where something was cut off.
  bool cut(const Vec3& normal, double offset, int plane) {
    std::vector<double> beyond(vertices_.size());
    bool any = false;
    for (size_t v = 0; v < vertices_.size(); ++v) {
      beyond[v] = normal.dot(vertices_[v]) - offset;
      any = any || (used_[v] && beyond[v] > kOnPlane);
    }
    if (!any) return false;
    crossings_.clear();
    std::vector<Face> kept;
    for (Face& face : faces_) {
      Face rest{face.plane, cut_loop(face.loop, beyond)};
      if (rest.loop.size() >= 3) kept.push_back(std::move(rest));
    }
    faces_.swap(kept);
    if (!faces_.empty() && crossings_.size() >= 3) faces_.push_back(cap(normal, plane));
    used_.assign(vertices_.size(), 0);
    for (const Face& face : faces_) {
      for (const int v : face.loop) used_[v] = 1;
    }
    return true;
  }

 private:
  std::vector<int> cut_loop(const std::vector<int>& loop, const std::vector<double>& beyond) {
    std::vector<int> rest;
    for (size_t k = 0; k < loop.size(); ++k) {
      const int u = loop[k];
      const int w = loop[(k + 1) % loop.size()];
      const bool keep_u = beyond[u] <= kOnPlane;
      if (keep_u) rest.push_back(u);
      if (keep_u != (beyond[w] <= kOnPlane)) rest.push_back(crossing(u, w, beyond));
    }
    return rest;
  }

  int crossing(int u, int w, const std::vector<double>& beyond) {
    const auto [entry, fresh] = crossings_.try_emplace({std::min(u, w), std::max(u, w)}, 0);
    if (fresh) {
      const double t = std::clamp(beyond[u] / (beyond[u] - beyond[w]), 0.0, 1.0);
      entry->second = static_cast<int>(vertices_.size());
      const Vec3 point = vertices_[u] + t * (vertices_[w] - vertices_[u]);
      vertices_.push_back(point);
    }
    return entry->second;
  }

  /// The face that the cut leaves: its corners in the order of their angle around the middle.
  Face cap(const Vec3& normal, int plane) const {
    Vec3 middle = Vec3::Zero();
    for (const auto& [edge, v] : crossings_) middle += vertices_[v] / static_cast<double>(crossings_.size());
    const Vec3 x = normal.unitOrthogonal();
    const Vec3 y = normal.cross(x);
    std::vector<std::pair<double, int>> around;
    for (const auto& [edge, v] : crossings_) {
      const Vec3 d = vertices_[v] - middle;
      around.emplace_back(std::atan2(d.dot(y), d.dot(x)), v);
    }
    std::sort(around.begin(), around.end());
    Face face{plane, {}};
    for (const auto& [angle, v] : around) face.loop.push_back(v);
    return face;
  }

  std::vector<Vec3> vertices_;
  std::vector<char> used_;
  std::vector<Face> faces_;
  std::map<std::pair<int, int>, int> crossings_;  // edge -> new vertex
};

VoronoiCell to_cell(const Polyhedron& polyhedron, const Vec3& center,
                    const std::vector<SphereImage>& neighbors) {
  VoronoiCell cell;
  std::vector<int> index(polyhedron.vertices().size(), -1);
  std::map<std::pair<int, int>, std::vector<int>> planes_of_edge;
  for (const Face& face : polyhedron.faces()) {
    for (size_t k = 0; k < face.loop.size(); ++k) {
      const int u = face.loop[k];
      const int w = face.loop[(k + 1) % face.loop.size()];
      planes_of_edge[{std::min(u, w), std::max(u, w)}].push_back(face.plane);
      if (index[u] >= 0) continue;
      index[u] = static_cast<int>(cell.vertices.size());
      cell.vertices.push_back(polyhedron.vertices()[u] + center);
    }
  }
  for (const auto& [edge, planes] : planes_of_edge) {
    const int first = planes.front();
    const int last = planes.back();
    if (first < 0 || last < 0) continue;
    cell.edges.push_back({{index[edge.first], index[edge.second]}, {neighbors[first], neighbors[last]}});
  }
  return cell;
}

}  // namespace

VoronoiCell voronoi_cell(const PeriodicSpheres& spheres, int64_t atom) {
  const Vec3 center = spheres.center(atom);
  const double own = spheres.radii()[atom];
  const double largest = spheres.largest_radius();
  Polyhedron polyhedron(spheres.cell().rowwise().norm().sum());
  std::vector<SphereImage> neighbors;
  double done = 0;
  for (double reach = kFirstReach;; reach *= kReachGrowth) {
    std::vector<std::pair<double, SphereImage>> shell;
    for (const SphereImage& s : spheres.within(center, reach)) {
      const double distance = (s.center - center).norm();
      if (distance >= done && (s.atom != atom || s.shift != Vec3i::Zero())) shell.emplace_back(distance, s);
    }
    std::sort(shell.begin(), shell.end(), [](const auto& p, const auto& q) { return p.first < q.first; });
    double extent = polyhedron.extent();
    for (const auto& [distance, sphere] : shell) {
      if (distance < kOnPlane) continue;
      const double other = spheres.radii()[sphere.atom];
      const double offset = (distance * distance + own * own - other * other) / (2 * distance);
      if (offset > extent) continue;
      const Vec3 normal = (sphere.center - center) / distance;
      if (!polyhedron.cut(normal, offset, static_cast<int>(neighbors.size()))) continue;
      if (polyhedron.empty()) return {};
      neighbors.push_back(sphere);
      extent = polyhedron.extent();
    }
    done = reach;
    if ((reach * reach + own * own - largest * largest) / (2 * reach) > extent) break;
  }
  return to_cell(polyhedron, center, neighbors);
}

}  // namespace clamp::evaluate
