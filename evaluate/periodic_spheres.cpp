#include "evaluate/periodic_spheres.h"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>

namespace clamp::evaluate {
namespace {

constexpr double kBinEdge = 2.5;    // Å
constexpr double kVoxelEdge = 1.2;  // Å
constexpr double kMostVoxels = 60000;
constexpr double kFirstReach = 4;   // Å
constexpr double kMostSlack = 0.3;  // Å, of surroundings()

Vec3 heights_of(const Mat3& cell) {
  const double volume = std::abs(cell.determinant());
  Vec3 heights;
  for (int k = 0; k < 3; ++k) {
    const Vec3 p = cell.row((k + 1) % 3);
    const Vec3 q = cell.row((k + 2) % 3);
    heights[k] = volume / p.cross(q).norm();
  }
  return heights;
}

int floor_divide(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

/// Distance from the centre to the farthest corner of a voxel, Å.
double half_diagonal(const Mat3& edges) {
  double longest = 0;
  for (const double y : {-1.0, 1.0}) {
    for (const double z : {-1.0, 1.0}) {
      const Vec3 diagonal = edges.row(0) + y * edges.row(1) + z * edges.row(2);
      longest = std::max(longest, diagonal.norm() / 2);
    }
  }
  return longest;
}

}  // namespace

PeriodicSpheres::PeriodicSpheres(const Mat3& cell, const std::vector<Vec3>& frac_coords,
                                 std::vector<double> radii)
    : cell_(cell),
      to_frac_(cell.transpose().inverse()),
      heights_(heights_of(cell)),
      wrapped_(frac_coords),
      radii_(std::move(radii)) {
  for (Vec3& f : wrapped_) {
    f -= f.array().floor().matrix();
    for (int k = 0; k < 3; ++k) f[k] = f[k] < 1 ? f[k] : 0;  // -1e-17 wraps to 1
  }
  largest_radius_ = *std::max_element(radii_.begin(), radii_.end());
  fill_bins();
  fill_voxels();
}

void PeriodicSpheres::fill_bins() {
  // Not more bins than spheres, about: empty ones cost time too.
  const double edge =
      std::max(kBinEdge, std::cbrt(std::abs(cell_.determinant()) / static_cast<double>(radii_.size())));
  for (int k = 0; k < 3; ++k) bin_counts_[k] = std::max(1, static_cast<int>(heights_[k] / edge));
  bins_.resize(static_cast<size_t>(bin_counts_.prod()));
  for (size_t i = 0; i < wrapped_.size(); ++i) {
    Vec3i b;
    for (int k = 0; k < 3; ++k)
      b[k] = std::min(bin_counts_[k] - 1, static_cast<int>(wrapped_[i][k] * bin_counts_[k]));
    bins_[(b[0] * bin_counts_[1] + b[1]) * bin_counts_[2] + b[2]].push_back(static_cast<int64_t>(i));
  }
}

std::vector<SphereImage> PeriodicSpheres::within(const Vec3& point, double reach) const {
  const Vec3 f = to_frac_ * point;
  Vec3i low, high;
  for (int k = 0; k < 3; ++k) {
    low[k] = static_cast<int>(std::floor((f[k] - reach / heights_[k]) * bin_counts_[k]));
    high[k] = static_cast<int>(std::floor((f[k] + reach / heights_[k]) * bin_counts_[k]));
  }
  std::vector<SphereImage> found;
  Vec3i b;
  for (b[0] = low[0]; b[0] <= high[0]; ++b[0]) {
    for (b[1] = low[1]; b[1] <= high[1]; ++b[1]) {
      for (b[2] = low[2]; b[2] <= high[2]; ++b[2]) {
        Vec3i shift, wrapped;
        for (int k = 0; k < 3; ++k) {
          shift[k] = floor_divide(b[k], bin_counts_[k]);
          wrapped[k] = b[k] - shift[k] * bin_counts_[k];
        }
        const Vec3 origin = cell_.transpose() * shift.cast<double>();
        const int index = (wrapped[0] * bin_counts_[1] + wrapped[1]) * bin_counts_[2] + wrapped[2];
        for (const int64_t atom : bins_[index]) {
          const Vec3 at = center(atom) + origin;
          if ((at - point).squaredNorm() <= reach * reach) found.push_back({atom, shift, at});
        }
      }
    }
  }
  return found;
}

void PeriodicSpheres::fill_voxels() {
  const double edge = std::max(kVoxelEdge, std::cbrt(std::abs(cell_.determinant()) / kMostVoxels));
  for (int k = 0; k < 3; ++k)
    voxel_counts_[k] = std::max(1, static_cast<int>(std::ceil(cell_.row(k).norm() / edge)));
  Mat3 edges = cell_;
  for (int k = 0; k < 3; ++k) edges.row(k) /= voxel_counts_[k];
  const double span = 2 * half_diagonal(edges) + kMostSlack;
  voxel_begin_.push_back(0);
  Vec3i v;
  for (v[0] = 0; v[0] < voxel_counts_[0]; ++v[0]) {
    for (v[1] = 0; v[1] < voxel_counts_[1]; ++v[1]) {
      for (v[2] = 0; v[2] < voxel_counts_[2]; ++v[2]) {
        const Vec3 middle = edges.transpose() * (v.cast<double>() + Vec3::Constant(0.5));
        double least = std::numeric_limits<double>::infinity();
        std::vector<SphereImage> near;
        double reach = 0;
        while (least + span + largest_radius_ > reach) {
          reach = reach > 0 ? 1.6 * reach : kFirstReach;
          near = within(middle, reach);
          for (const SphereImage& s : near)
            least = std::min(least, (s.center - middle).norm() - radii_[s.atom]);
        }
        for (const SphereImage& s : near) {
          if ((s.center - middle).norm() - radii_[s.atom] > least + span) continue;
          candidates_.push_back({s.center - middle, radii_[s.atom], s.atom, s.shift});
        }
        voxel_begin_.push_back(static_cast<int64_t>(candidates_.size()));
      }
    }
  }
}

PeriodicSpheres::Place PeriodicSpheres::place(const Vec3& point) const {
  const Vec3 f = to_frac_ * point;
  Place place;
  Vec3i v;
  Vec3 middle;
  for (int k = 0; k < 3; ++k) {
    place.shift[k] = static_cast<int>(std::floor(f[k]));
    v[k] = std::min(voxel_counts_[k] - 1, static_cast<int>((f[k] - place.shift[k]) * voxel_counts_[k]));
    middle[k] = (v[k] + 0.5) / voxel_counts_[k] + place.shift[k];
  }
  place.origin = cell_.transpose() * middle;
  place.voxel = static_cast<size_t>((v[0] * voxel_counts_[1] + v[1]) * voxel_counts_[2] + v[2]);
  return place;
}

PeriodicSpheres::Nearest PeriodicSpheres::nearest(const Vec3& point) const {
  const Place at = place(point);
  const Vec3 local = point - at.origin;
  double least = std::numeric_limits<double>::infinity();
  const Candidate* best = nullptr;
  for (int64_t c = voxel_begin_[at.voxel]; c < voxel_begin_[at.voxel + 1]; ++c) {
    const Candidate& candidate = candidates_[static_cast<size_t>(c)];
    const double bound = least + candidate.radius;
    const double squared = (candidate.center - local).squaredNorm();
    if (bound <= 0 || squared >= bound * bound) continue;
    least = std::sqrt(squared) - candidate.radius;
    best = &candidate;
  }
  return {least, {best->atom, best->shift + at.shift, best->center + at.origin}};
}

double PeriodicSpheres::surroundings(const Vec3& point, double slack, std::vector<Vec3>& away) const {
  const double least = nearest(point).distance;
  const Place at = place(point);
  const Vec3 local = point - at.origin;
  away.clear();
  for (int64_t c = voxel_begin_[at.voxel]; c < voxel_begin_[at.voxel + 1]; ++c) {
    const Candidate& candidate = candidates_[static_cast<size_t>(c)];
    const Vec3 from = local - candidate.center;
    const double bound = least + slack + candidate.radius;
    const double squared = from.squaredNorm();
    if (bound <= 0 || squared > bound * bound || squared == 0) continue;
    away.push_back(from / std::sqrt(squared));
  }
  return least;
}

}  // namespace clamp::evaluate
