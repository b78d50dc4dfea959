#include "evaluate/pore_network.h"

#include <Eigen/Dense>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <set>

#include "evaluate/clearance.h"
#include "evaluate/voronoi_cell.h"

namespace clamp::evaluate {
namespace {

constexpr double kSameRadius = 1e-3;  // Å: windows of one size open together
constexpr double kBeside = 0.5;       // Å: a Voronoi edge that ends this near to the plane may cross it
constexpr double kThrough = 0.3;      // Å, first step out of a window
constexpr double kCornerError = 0.8;  // Å, how much a corner's cavity may be wider than the corner
constexpr double kShortEdge = 1e-3;   // Å: parted by rounding
constexpr double kTouching = 1e-6;    // Å
constexpr double kWayStep = 0.25;     // Å
const Vec3 kJitter(1.1e-3, 0.7e-3, -0.9e-3);  // Å, off the symmetry elements, on which climbing may stop

/// Centre of the circle in the plane of three centres that touches the three spheres from outside (the
/// problem of Apollonius).
std::optional<Vec3> touching_circle(const std::array<SphereImage, 3>& three,
                                    const std::vector<double>& radii) {
  const Vec3 origin = three[0].center;
  const Vec3 p = three[1].center - origin;
  const Vec3 q = three[2].center - origin;
  const Vec3 normal = p.cross(q);
  if (normal.norm() < 1e-6) return {};
  const Vec3 x = p.normalized();
  const Vec3 y = normal.normalized().cross(x);
  Eigen::Matrix2d a;
  a << p.dot(x), p.dot(y), q.dot(x), q.dot(y);
  const double r0 = radii[three[0].atom];
  const double r1 = radii[three[1].atom];
  const double r2 = radii[three[2].atom];
  const Eigen::Vector2d constant((p.squaredNorm() + r0 * r0 - r1 * r1) / 2,
                                 (q.squaredNorm() + r0 * r0 - r2 * r2) / 2);
  // With the circle's radius s: |u| = s + r0 and u = base + s * direction.
  const Eigen::Matrix2d inverse = a.inverse();
  const Eigen::Vector2d base = inverse * constant;
  const Eigen::Vector2d direction = inverse * Eigen::Vector2d(r0 - r1, r0 - r2);
  const double qa = direction.squaredNorm() - 1;
  const double qb = base.dot(direction) - r0;
  const double qc = base.squaredNorm() - r0 * r0;
  const double root = qb * qb - qa * qc;
  if (root < 0 || std::abs(qa) < 1e-12) return {};
  const double least = -std::min({r0, r1, r2});
  double s = std::numeric_limits<double>::infinity();
  for (const double sign : {-1.0, 1.0}) {
    const double solution = (-qb + sign * std::sqrt(root)) / qa;
    if (solution >= least) s = std::min(s, solution);
  }
  if (!std::isfinite(s)) return {};
  const Eigen::Vector2d u = base + s * direction;
  return Vec3(origin + u[0] * x + u[1] * y);
}

Vec3 narrowest_on_line(const PeriodicSpheres& spheres, const Vec3& a, const Vec3& b) {
  constexpr int kPoints = 32;
  Vec3 narrowest = a;
  double least = std::numeric_limits<double>::infinity();
  for (int k = 0; k <= kPoints; ++k) {
    const Vec3 point = a + (b - a) * k / kPoints;
    const double distance = spheres.nearest(point).distance;
    if (distance >= least) continue;
    least = distance;
    narrowest = point;
  }
  return narrowest;
}

/// The window that a Voronoi edge from `a` to `b` between three spheres passes, if it does.
std::optional<PoreWindow> window_on_edge(const PeriodicSpheres& spheres, const Vec3& a, const Vec3& b,
                                         const std::array<SphereImage, 3>& three) {
  const Vec3 origin = three[0].center;
  Vec3 normal = (three[1].center - origin).cross(three[2].center - origin);
  const double area = normal.norm();
  const Vec3 along = b - a;
  PoreWindow window;
  Vec3 start;
  if (along.norm() < kShortEdge) return {};
  if (area < 1e-3) {  // no three spheres, or three in a row: the plane across the edge at its narrowest place
    normal = along.normalized();
    start = narrowest_on_line(spheres, a, b);
  } else {
    normal /= area;
    const double side_a = normal.dot(a - origin);
    const double side_b = normal.dot(b - origin);
    if (side_a * side_b > 0 && std::min(std::abs(side_a), std::abs(side_b)) > kBeside) return {};
    const auto circle = touching_circle(three, spheres.radii());
    const double t = side_a == side_b ? 0.5 : std::clamp(side_a / (side_a - side_b), 0.0, 1.0);
    const Vec3 crossing = a + t * along;
    start = crossing - normal * normal.dot(crossing - origin);
    if (circle && spheres.nearest(*circle).distance > spheres.nearest(start).distance) start = *circle;
  }
  window.position = climb(spheres, start, &normal);
  window.normal = along.norm() > kThrough ? Vec3(along.normalized()) : normal;
  window.ends = {a, b};
  if (window.normal.dot(along) < 0) std::swap(window.ends[0], window.ends[1]);
  window.radius = spheres.nearest(window.position).distance;
  return window;
}

/// Whether the straight way from `start` to `end`, both seen from a sphere's centre, stays outside of it.
bool clear_of(const Vec3& start, const Vec3& end, double radius) {
  const Vec3 way = end - start;
  const double length = way.squaredNorm();
  const double t = length > 0 ? std::clamp(-start.dot(way) / length, 0.0, 1.0) : 0;
  return (start + t * way).norm() >= radius - kTouching;
}

bool first_nonzero_negative(const Vec3i& s) {
  for (int k = 0; k < 3; ++k) {
    if (s[k] != 0) return s[k] < 0;
  }
  return false;
}

}  // namespace

PoreNetwork::PoreNetwork(const PeriodicSpheres& spheres)
    : spheres_(spheres), corner_index_(spheres), places_(spheres) {
  find_windows();
  find_diameters();
}

void PoreNetwork::find_windows() {
  corners_.resize(static_cast<size_t>(spheres_.size()));
  std::set<std::array<int64_t, 5>> seen;  // edges: two corners and the lattice vector between them
  for (int64_t atom = 0; atom < spheres_.size(); ++atom) {
    const VoronoiCell cell = voronoi_cell(spheres_, atom);
    for (const Vec3& vertex : cell.vertices)
      corners_[atom].push_back({corner_index_.at(vertex).first, vertex - spheres_.center(atom)});
    for (const VoronoiEdge& edge : cell.edges) {
      const Vec3& a = cell.vertices[edge.vertices[0]];
      const Vec3& b = cell.vertices[edge.vertices[1]];
      auto [from, at_from] = corner_index_.at(a);
      auto [to, at_to] = corner_index_.at(b);
      Vec3i shift = at_to - at_from;
      if (from > to || (from == to && first_nonzero_negative(shift))) {
        std::swap(from, to);
        shift = -shift;
      }
      if (!seen.insert({from, to, shift[0], shift[1], shift[2]}).second)
        continue;  // from another atom's cell
      if (from == to && shift == Vec3i::Zero()) continue;
      const SphereImage own = {atom, Vec3i::Zero(), spheres_.center(atom)};
      const auto window = window_on_edge(spheres_, a, b, {own, edge.neighbors[0], edge.neighbors[1]});
      if (window) windows_.push_back(*window);
    }
  }
  std::stable_sort(windows_.begin(), windows_.end(),
                   [](const PoreWindow& p, const PoreWindow& q) { return p.radius > q.radius; });
}

std::pair<int64_t, Vec3i> PoreNetwork::cavity_of(const Vec3& point) {
  return places_.at(climb(spheres_, point + kJitter));
}

/// Climbing out of a window may end in a dimple. Where the edge's own corner belongs to another cavity, the
/// way along the edge is followed, each of its points moved to the middle of the channel.
void PoreNetwork::link_corner(const PoreWindow& window, int side, int64_t here, const Vec3i& at_here) {
  const Vec3& end = window.ends[side];
  const Vec3 way = end - window.position;
  const double length = way.norm();
  const auto [corner, at_corner] = cavity_of(end);
  if (length < kWayStep || parts_.part(corner) == parts_.part(here)) return;
  const Vec3 direction = way / length;
  const int n = static_cast<int>(std::ceil(length / kWayStep));
  double radius = window.radius;
  Vec3 last = window.position;
  for (int k = 1; k <= n; ++k) {
    const Vec3 point = climb(spheres_, window.position + way * k / n, &direction);
    radius =
        std::min({radius, spheres_.nearest(point).distance, spheres_.nearest((point + last) / 2).distance});
    last = point;
  }
  if (places_.at(last).first != corner && cavity_of(last) != std::pair(corner, at_corner)) return;
  if (radius >= window.radius - kTouching) {
    parts_.join(here, corner, at_corner - at_here);
  } else {
    links_.push({radius, here, corner, at_corner - at_here});
  }
}

void PoreNetwork::open_window(const PoreWindow& window) {
  const auto [here, at_here] = places_.at(window.position);
  for (const int side : {0, 1}) {
    const Vec3 beyond = window.position + (side == 0 ? -kThrough : kThrough) * window.normal;
    const auto [cavity, at_cavity] = cavity_of(beyond);
    parts_.join(here, cavity, at_cavity - at_here);
    link_corner(window, side, here, at_here);
  }
}

double PoreNetwork::next_radius() const {
  const double none = -std::numeric_limits<double>::infinity();
  return std::max(opened_ < windows_.size() ? windows_[opened_].radius : none,
                  links_.empty() ? none : links_.top().radius);
}

/// Opens the widest window or link that is still closed; a place that it connects.
int64_t PoreNetwork::open_next() {
  if (!links_.empty() && links_.top().radius >= next_radius()) {
    const Link link = links_.top();
    links_.pop();
    parts_.join(link.from, link.to, link.shift);
    return link.from;
  }
  const PoreWindow& window = windows_[opened_++];
  open_window(window);
  return places_.at(window.position).first;
}

void PoreNetwork::find_diameters() {
  double largest = -std::numeric_limits<double>::infinity();
  std::vector<std::pair<double, int64_t>> corners;
  for (int64_t k = 0; k < corner_index_.size(); ++k)
    corners.emplace_back(spheres_.nearest(corner_index_.position(k)).distance, k);
  std::sort(corners.rbegin(), corners.rend());
  for (const auto& [radius, k] : corners) {
    if (radius < largest - kCornerError) break;
    largest =
        std::max(largest, spheres_.nearest(climb(spheres_, corner_index_.position(k) + kJitter)).distance);
  }
  diameters_.cavity = 2 * largest;
  diameters_.free = diameters_.path = std::numeric_limits<double>::quiet_NaN();
  double first = 0;
  bool found = false;
  for (double radius = next_radius(); std::isfinite(radius); radius = next_radius()) {
    if (found && radius < first - kSameRadius) break;
    const int64_t place = open_next();
    if (found || !parts_.passes(place)) continue;
    found = true;
    first = radius;
  }
  if (!found) return;
  double path = first;
  for (int64_t k = 0; k < places_.size(); ++k) {
    if (parts_.passes(k)) path = std::max(path, spheres_.nearest(places_.position(k)).distance);
  }
  diameters_.free = 2 * first;
  diameters_.path = 2 * path;
}

void PoreNetwork::open_for(double probe_radius) {
  probe_ = probe_radius;
  while (next_radius() >= probe_radius) open_next();
  corner_access_.assign(static_cast<size_t>(corner_index_.size()), -1);
}

int PoreNetwork::access_of_point(const Vec3& point) { return parts_.passes(cavity_of(point).first) ? 2 : 1; }

int PoreNetwork::access(int64_t atom, const Vec3& offset) {
  if (!(diameters_.free >= 2 * probe_)) return 1;
  // Inside an atom's cell only that atom can be in the way to a corner.
  const double closest = spheres_.radii()[atom] + probe_;
  double best = std::numeric_limits<double>::infinity();
  int64_t seen = -1;
  for (const Corner& corner : corners_[atom]) {
    if (corner_access_[corner.corner] == 0) continue;
    const double distance = (corner.offset - offset).squaredNorm();
    if (distance >= best || !clear_of(offset, corner.offset, closest)) continue;
    const Vec3 position = corner_index_.position(corner.corner);
    if (corner_access_[corner.corner] < 0) {
      const bool wide = spheres_.nearest(position).distance >= probe_;
      corner_access_[corner.corner] = wide ? access_of_point(position) : 0;
      if (!wide) continue;
    }
    best = distance;
    seen = corner.corner;
  }
  return seen >= 0 ? corner_access_[seen] : access_of_point(spheres_.center(atom) + offset);
}

}  // namespace clamp::evaluate
