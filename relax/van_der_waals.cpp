#include "relax/van_der_waals.h"

#include <algorithm>
#include <cmath>

#include "relax/images.h"
#include "relax/topology.h"

namespace clamp::relax {
namespace {

bool counted_once(int i, int j, const Vec3i& s) {
  if (i != j) return true;
  for (int k = 0; k < 3; ++k) {
    if (s[k] != 0) return s[k] > 0;
  }
  return false;
}

bool hydrogen_bonded(char a, char b) {
  return (a == VanDerWaals::kDonorHydrogen && b == VanDerWaals::kAcceptor) ||
         (b == VanDerWaals::kDonorHydrogen && a == VanDerWaals::kAcceptor);
}

}  // namespace

VanDerWaals::VanDerWaals(const VanDerWaalsConfig& config, Atoms atoms,
                         std::vector<std::vector<uint64_t>> excluded)
    : config_(config), atoms_(std::move(atoms)), excluded_(std::move(excluded)) {}

bool VanDerWaals::outdated(const Mat3& cell, const std::vector<Vec3>& cart_coords) const {
  if (listed_coords_.size() != cart_coords.size()) return true;
  const double reach = config_.outer + config_.margin;
  // A pair's distance changes by both atoms' moves and by the strain over its length.
  const Mat3 strain = (listed_cell_.inverse() * cell).transpose() - Mat3::Identity();
  double left = config_.margin - strain.norm() * reach;
  if (left <= 0) return true;
  left *= 0.5;
  for (size_t a = 0; a < cart_coords.size(); ++a) {
    const Vec3 expected = listed_coords_[a] + strain * listed_coords_[a];
    if ((cart_coords[a] - expected).squaredNorm() > left * left) return true;
  }
  return false;
}

void VanDerWaals::list_pairs(const Mat3& cell, const std::vector<Vec3>& cart_coords) {
  pairs_.clear();
  listed_coords_ = cart_coords;
  listed_cell_ = cell;
  const double reach = config_.outer + config_.margin;
  const Vec3 heights = cell_heights(cell);
  const Mat3 to_frac = cell.transpose().inverse();
  const int n = static_cast<int>(cart_coords.size());
  std::vector<Vec3> frac;
  for (const Vec3& r : cart_coords) frac.push_back(to_frac * r);
  for (int i = 0; i < n; ++i) {
    const auto& excluded = excluded_[i];
    for (int j = i; j < n; ++j) {
      if (hydrogen_bonded(atoms_.kind[i], atoms_.kind[j])) continue;
      const double x2 = atoms_.distance[i] * atoms_.distance[j];
      const double well = std::sqrt(atoms_.well[i] * atoms_.well[j]);
      for_each_image(cell, heights, frac[j] - frac[i], reach, [&](const Vec3i& shift, double) {
        if (!counted_once(i, j, shift)) return;
        if (std::binary_search(excluded.begin(), excluded.end(), image_key({j, shift}))) return;
        pairs_.push_back({i, j, shift.cast<double>(), x2, well});
      });
    }
  }
}

double VanDerWaals::add(const Mat3& cell, const std::vector<Vec3>& cart_coords, std::vector<Vec3>& gradient,
                        Mat3& virial) {
  if (outdated(cell, cart_coords)) list_pairs(cell, cart_coords);
  const Mat3 to_cart = cell.transpose();
  const double inner2 = config_.inner * config_.inner;
  const double outer2 = config_.outer * config_.outer;
  const double width = std::pow(outer2 - inner2, 3);
  double energy = 0;
  for (const Pair& p : pairs_) {
    const Vec3 r = cart_coords[p.j] - cart_coords[p.i] + to_cart * p.shift;
    const double r2 = r.squaredNorm();
    if (r2 >= outer2) continue;
    const double ratio = p.x2 / r2;
    const double sixth = ratio * ratio * ratio;
    double value = p.well * (sixth * sixth - 2 * sixth);
    double slope = -6 * p.well * (sixth * sixth - sixth) / r2;  // dE/d(r^2)
    if (r2 > inner2) {
      const double left = outer2 - r2;
      const double s = left * left * (outer2 + 2 * r2 - 3 * inner2) / width;
      const double ds = -6 * left * (r2 - inner2) / width;
      slope = slope * s + value * ds;
      value *= s;
    }
    energy += value;
    const Vec3 g = 2 * slope * r;
    gradient[p.j] += g;
    gradient[p.i] -= g;
    virial += g * r.transpose();
  }
  return energy;
}

}  // namespace clamp::relax
