// The network of cavities and windows between periodic spheres.
//
// Cavities are the local maxima of the clearance (evaluate/clearance.h), windows its saddles: the narrowest
// place between three spheres. Where they can be is read from the radical Voronoi diagram: corners of its
// cells and edges, as in Zeo++ (T. F. Willems et al., Microporous Mesoporous Mater. 2012, 149, 134). From
// there we climb to the exact places, because with unequal radii a radical corner lies beside them; Zeo++'s
// -ha approaches the same by filling large atoms with small spheres.
#pragma once

#include <array>
#include <queue>
#include <utility>
#include <vector>

#include "evaluate/periodic_spheres.h"

namespace clamp::evaluate {

/// Points with their periodic images as one; points at most 0.05 Å apart are one.
class PointIndex {
 public:
  explicit PointIndex(const PeriodicSpheres& spheres);
  /// The number of a point, and the lattice vector from the kept point to this one.
  std::pair<int64_t, Vec3i> at(const Vec3& point);
  int64_t size() const { return static_cast<int64_t>(fracs_.size()); }
  Vec3 position(int64_t k) const { return spheres_.cell().transpose() * fracs_[static_cast<size_t>(k)]; }

 private:
  const PeriodicSpheres& spheres_;
  std::vector<Vec3> fracs_;
  Vec3i counts_;
  std::vector<std::vector<int64_t>> boxes_;
};

/// Parts of a periodic network, and whether a part passes through the crystal.
class PeriodicUnion {
 public:
  /// Node `to` moved by `shift` lattice vectors is connected with node `from`.
  void join(int64_t from, int64_t to, const Vec3i& shift);
  bool passes(int64_t node);
  /// A node that stands for the node's part.
  int64_t part(int64_t node) { return find(node).first; }

 private:
  std::pair<int64_t, Vec3i> find(int64_t node);
  std::vector<int64_t> parent_;
  std::vector<Vec3i> offset_;  // of a node relative to its parent
  std::vector<char> passes_;
};

/// The narrowest place between three spheres.
struct PoreWindow {
  Vec3 position = Vec3::Zero();
  Vec3 normal = Vec3::UnitX();
  double radius = 0;         ///< Å, of the largest sphere that passes
  std::array<Vec3, 2> ends;  ///< corners of the Voronoi edge that passes it: against and along the normal
};

/// Sizes of spheres, Å, as diameters; free and path are NaN where no sphere of any size passes.
struct PoreDiameters {
  double cavity = 0;  ///< largest sphere that fits anywhere (Di)
  double free = 0;    ///< largest sphere that can pass through the crystal (Df)
  double path = 0;    ///< largest sphere that fits somewhere along the way of that one (Dif)
};

class PoreNetwork {
 public:
  explicit PoreNetwork(const PeriodicSpheres& spheres);

  const PoreDiameters& diameters() const { return diameters_; }
  /// Widest first.
  const std::vector<PoreWindow>& windows() const { return windows_; }

  /// Prepares access() for a probe of this radius (Å).
  void open_for(double probe_radius);
  /// 1 where the probe, its centre at the point, is in a closed pocket; 2 where it is in a channel. `offset`:
  /// Å, from the centre of the sphere `atom`, whose surface must be the nearest and at least the probe's
  /// radius away.
  int access(int64_t atom, const Vec3& offset);

 private:
  struct Corner {
    int64_t corner;
    Vec3 offset;  // Å, from the atom's centre
  };
  void find_windows();
  void find_diameters();
  double next_radius() const;
  int64_t open_next();
  void open_window(const PoreWindow& window);
  void link_corner(const PoreWindow& window, int side, int64_t here, const Vec3i& at_here);
  std::pair<int64_t, Vec3i> cavity_of(const Vec3& point);
  int access_of_point(const Vec3& point);

  const PeriodicSpheres& spheres_;
  PointIndex corner_index_;
  std::vector<std::vector<Corner>> corners_;  // of each atom's cell
  std::vector<PoreWindow> windows_;           // widest first
  size_t opened_ = 0;
  struct Link {  // narrower than the window that it starts from
    double radius;
    int64_t from, to;
    Vec3i shift;
    bool operator<(const Link& other) const { return radius < other.radius; }
  };
  std::priority_queue<Link> links_;
  PointIndex places_;  // cavities and opened windows
  PeriodicUnion parts_;
  double probe_ = 0;
  std::vector<int> corner_access_;  // 0 too narrow, -1 not asked yet
  PoreDiameters diameters_;
};

}  // namespace clamp::evaluate
