// Spheres repeated on a lattice: which lie near a point, and which surface is nearest.
#pragma once

#include <vector>

#include "core/crystal.h"

namespace clamp::evaluate {

/// An image of a sphere: sphere `atom` moved by `shift` lattice vectors.
struct SphereImage {
  int64_t atom = 0;
  Vec3i shift = Vec3i::Zero();
  Vec3 center = Vec3::Zero();  ///< Å, Cartesian
};

class PeriodicSpheres {
 public:
  /// `cell`: rows in Å, best reduced (evaluate/lattice_reduction.h); `radii` in Å. At least one sphere.
  PeriodicSpheres(const Mat3& cell, const std::vector<Vec3>& frac_coords, std::vector<double> radii);

  /// Centres within `reach` Å of the Cartesian point, the point's own sphere included, in no order.
  std::vector<SphereImage> within(const Vec3& point, double reach) const;

  struct Nearest {
    double distance = 0;  ///< Å from the point to the surface; negative inside the sphere
    SphereImage sphere;
  };
  /// The sphere whose surface is nearest to the point.
  Nearest nearest(const Vec3& point) const;

  /// Distance to the nearest surface, and the directions away from all spheres that are at most `slack` Å
  /// (0 to 0.3) farther, nearest sphere or not first. `away` is overwritten.
  double surroundings(const Vec3& point, double slack, std::vector<Vec3>& away) const;

  const Mat3& cell() const { return cell_; }
  const std::vector<double>& radii() const { return radii_; }
  double largest_radius() const { return largest_radius_; }
  /// Cartesian centre of a sphere in the cell.
  Vec3 center(int64_t atom) const { return cell_.transpose() * wrapped_[static_cast<size_t>(atom)]; }
  int64_t size() const { return static_cast<int64_t>(radii_.size()); }
  Vec3 to_frac(const Vec3& cart) const { return to_frac_ * cart; }
  /// Largest change of the fractional coordinates within `reach` Å.
  Vec3 frac_reach(double reach) const { return reach * heights_.cwiseInverse(); }

 private:
  void fill_bins();
  void fill_voxels();

  Mat3 cell_;
  Mat3 to_frac_;
  Vec3 heights_;  // Å, of the cell over its faces
  std::vector<Vec3> wrapped_;
  std::vector<double> radii_;
  double largest_radius_ = 0;

  Vec3i bin_counts_;
  std::vector<std::vector<int64_t>> bins_;  // spheres of each bin

  // For each voxel the spheres that can be nearest to one of its points, relative to its centre.
  struct Candidate {
    Vec3 center;
    double radius;
    int64_t atom;
    Vec3i shift;
  };
  struct Place {
    size_t voxel;
    Vec3i shift;
    Vec3 origin;  // centre of the voxel's image that holds the point
  };
  Place place(const Vec3& point) const;

  Vec3i voxel_counts_;
  std::vector<int64_t> voxel_begin_;
  std::vector<Candidate> candidates_;
};

}  // namespace clamp::evaluate
