#include "evaluate/clearance.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace clamp::evaluate {
namespace {

constexpr double kFirstSlack = 0.25;  // Å: surfaces at most this much farther take part in a step
constexpr double kLastSlack = 5e-4;   // Å
constexpr double kFlat = 1e-3;        // slope, Å per Å, under which there is no way up
constexpr int kMostSteps = 500;
constexpr int kMostExchanges = 2000;
constexpr double kHullAccuracy = 1e-4;  // relative, of the squared length
constexpr double kHullZero = 1e-14;     // squared length that counts as none

}  // namespace

Vec3 shortest_in_hull(const std::vector<Vec3>& vectors) {
  // Frank-Wolfe with pairwise steps: weight moves from the vector that helps least to the one that helps
  // most.
  std::vector<double> weight(vectors.size(), 0);
  weight[0] = 1;
  Vec3 sum = vectors[0];
  for (int k = 0; k < kMostExchanges; ++k) {
    size_t most = 0, least = 0;
    double low = std::numeric_limits<double>::infinity(), high = -low;
    for (size_t i = 0; i < vectors.size(); ++i) {
      const double along = vectors[i].dot(sum);
      if (along < low) {
        low = along;
        most = i;
      }
      if (weight[i] > 0 && along > high) {
        high = along;
        least = i;
      }
    }
    // |sum|^2 - low bounds how much shorter (squared) the shortest vector can be.
    if (sum.squaredNorm() - low <= kHullAccuracy * sum.squaredNorm() + kHullZero || high <= low) break;
    const Vec3 change = vectors[most] - vectors[least];
    const double step = std::min(weight[least], (high - low) / change.squaredNorm());
    weight[most] += step;
    weight[least] = step < weight[least] ? weight[least] - step : 0;
    sum += step * change;
  }
  return sum;
}

Vec3 climb(const PeriodicSpheres& spheres, const Vec3& start, const Vec3* plane_normal) {
  Vec3 x = start;
  double slack = kFirstSlack;
  std::vector<Vec3> away;
  for (int step = 0; step < kMostSteps; ++step) {
    const double here = spheres.surroundings(x, slack, away);
    if (plane_normal != nullptr) {
      for (Vec3& v : away) v -= v.dot(*plane_normal) * *plane_normal;
    }
    const Vec3 up = away.empty() ? Vec3(Vec3::Zero()) : shortest_in_hull(away);
    const double slope = up.norm();
    if (slope >= kFlat) {
      // Surfaces left out are farther by the slack and come nearer by at most the step.
      const Vec3 next = x + up * (slack / (slope * (1 + slope)));
      if (spheres.nearest(next).distance > here) {
        x = next;
        slack = std::min(kFirstSlack, 1.5 * slack);
        continue;
      }
    }
    if (slack < kLastSlack) break;
    slack /= 2.5;
  }
  return x;
}

}  // namespace clamp::evaluate
