#include <algorithm>
#include <cmath>

#include "evaluate/pore_network.h"

namespace clamp::evaluate {
namespace {

constexpr double kSamePoint = 0.05;  // Å
constexpr double kBoxEdge = 0.8;     // Å

}  // namespace

PointIndex::PointIndex(const PeriodicSpheres& spheres) : spheres_(spheres) {
  for (int k = 0; k < 3; ++k)
    counts_[k] = std::max(1, static_cast<int>(1 / (spheres.frac_reach(kBoxEdge)[k])));
  boxes_.resize(static_cast<size_t>(counts_.prod()));
}

std::pair<int64_t, Vec3i> PointIndex::at(const Vec3& point) {
  Vec3 f = spheres_.to_frac(point);
  const Vec3i shift = f.array().floor().matrix().cast<int>();
  f -= shift.cast<double>();
  const Vec3 reach = spheres_.frac_reach(kSamePoint);
  Vec3i low, high, own;
  for (int k = 0; k < 3; ++k) {
    low[k] = static_cast<int>(std::floor((f[k] - reach[k]) * counts_[k]));
    high[k] = static_cast<int>(std::floor((f[k] + reach[k]) * counts_[k]));
    own[k] = std::min(counts_[k] - 1, static_cast<int>(f[k] * counts_[k]));
  }
  const auto box = [&](const Vec3i& b) -> std::vector<int64_t>& {
    Vec3i w;
    for (int k = 0; k < 3; ++k) w[k] = ((b[k] % counts_[k]) + counts_[k]) % counts_[k];
    return boxes_[static_cast<size_t>((w[0] * counts_[1] + w[1]) * counts_[2] + w[2])];
  };
  Vec3i b;
  for (b[0] = low[0]; b[0] <= high[0]; ++b[0]) {
    for (b[1] = low[1]; b[1] <= high[1]; ++b[1]) {
      for (b[2] = low[2]; b[2] <= high[2]; ++b[2]) {
        for (const int64_t kept : box(b)) {
          const Vec3 difference = f - fracs_[kept];
          const Vec3 whole = difference.array().round();
          if ((spheres_.cell().transpose() * (difference - whole)).norm() < kSamePoint)
            return {kept, shift + whole.cast<int>()};
        }
      }
    }
  }
  fracs_.push_back(f);
  box(own).push_back(size() - 1);
  return {size() - 1, shift};
}

std::pair<int64_t, Vec3i> PeriodicUnion::find(int64_t node) {
  for (auto k = static_cast<int64_t>(parent_.size()); k <= node; ++k) {
    parent_.push_back(k);
    offset_.push_back(Vec3i::Zero());
    passes_.push_back(0);
  }
  Vec3i offset = Vec3i::Zero();
  int64_t root = node;
  while (parent_[root] != root) {
    offset += offset_[root];
    root = parent_[root];
  }
  if (root != node) {
    parent_[node] = root;
    offset_[node] = offset;
  }
  return {root, offset};
}

void PeriodicUnion::join(int64_t from, int64_t to, const Vec3i& shift) {
  const auto [a, at_a] = find(from);
  const auto [b, at_b] = find(to);
  const Vec3i between = at_a + shift - at_b;
  if (a == b) {
    passes_[a] = passes_[a] != 0 || between != Vec3i::Zero() ? 1 : 0;
    return;
  }
  parent_[b] = a;
  offset_[b] = between;
  passes_[a] = passes_[a] != 0 || passes_[b] != 0 ? 1 : 0;
}

bool PeriodicUnion::passes(int64_t node) { return passes_[find(node).first] != 0; }

}  // namespace clamp::evaluate
