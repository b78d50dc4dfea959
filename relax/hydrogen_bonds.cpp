#include "relax/hydrogen_bonds.h"

#include <algorithm>
#include <cmath>

#include "relax/images.h"
#include "relax/uff_terms.h"

namespace clamp::relax {

HydrogenBonds::HydrogenBonds(const HydrogenBondConfig& config, std::vector<Donor> donors,
                             std::vector<int> acceptors, std::vector<std::vector<uint64_t>> excluded)
    : config_(config),
      donors_(std::move(donors)),
      acceptors_(std::move(acceptors)),
      excluded_(std::move(excluded)) {}

double HydrogenBonds::add(const Mat3& cell, const std::vector<Vec3>& cart_coords, std::vector<Vec3>& gradient,
                          Mat3& virial) const {
  const Vec3 heights = cell_heights(cell);
  const Mat3 to_cart = cell.transpose();
  const Mat3 to_frac = to_cart.inverse();
  const double inner2 = config_.inner * config_.inner;
  const double outer2 = config_.outer * config_.outer;
  const double width = std::pow(outer2 - inner2, 3);
  const double r02 = config_.distance * config_.distance;
  const double depth = config_.depth * kEvPerKcal;
  double energy = 0;
  for (const Donor& donor : donors_) {
    const auto& excluded = excluded_[donor.hydrogen];
    const Vec3 d = cart_coords[donor.heavy.atom] + to_cart * donor.heavy.shift.cast<double>();
    const Vec3 u = d - cart_coords[donor.hydrogen];  // H -> D
    for (const int acceptor : acceptors_) {
      const Vec3 from_donor = cart_coords[acceptor] - d;
      for_each_image(cell, heights, to_frac * from_donor, config_.outer, [&](const Vec3i& shift, double r2) {
        // `shift` counts from the acceptor's copy in cell 0.
        if (std::binary_search(excluded.begin(), excluded.end(), image_key({acceptor, shift}))) return;
        const Vec3 r = from_donor + to_cart * shift.cast<double>();  // D -> A
        const Vec3 v = u + r;                                        // H -> A
        const double lu = u.norm();
        const double lv = v.norm();
        const double cosine = u.dot(v) / (lu * lv);
        if (cosine >= 0) return;
        const double ratio = r02 / r2;
        const double tenth = std::pow(ratio, 5);
        double radial = depth * (5 * tenth * ratio - 6 * tenth);
        double slope = depth * (-30 * tenth * ratio + 30 * tenth) / r2;  // d/d(r^2)
        if (r2 > inner2) {
          const double left = outer2 - r2;
          const double s = left * left * (outer2 + 2 * r2 - 3 * inner2) / width;
          slope = slope * s - radial * 6 * left * (r2 - inner2) / width;
          radial *= s;
        }
        const double cube = cosine * cosine * cosine;
        energy += radial * cube * cosine;
        const Vec3 gr = 2 * slope * cube * cosine * r;
        const double by_cosine = 4 * radial * cube;
        const Vec3 gu = by_cosine * (v / (lu * lv) - cosine / (lu * lu) * u);
        const Vec3 gv = by_cosine * (u / (lu * lv) - cosine / (lv * lv) * v);
        virial += gr * r.transpose() + gu * u.transpose() + gv * v.transpose();
        gradient[acceptor] += gr + gv;
        gradient[donor.heavy.atom] += gu - gr;
        gradient[donor.hydrogen] -= gu + gv;
      });
    }
  }
  return energy;
}

}  // namespace clamp::relax
