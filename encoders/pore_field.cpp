#include "encoders/pore_field.h"

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "core/elements.h"

namespace clamp::encoders {
namespace {

constexpr double kSpacing = 0.6;        // Å
constexpr int64_t kMaxPoints = 60'000;  // a larger cell gets a coarser grid

struct Grid {
  Vec3i n;
  std::vector<float> distance;  ///< Å to the nearest surface, negative inside an atom
  int64_t size() const { return static_cast<int64_t>(distance.size()); }
  int64_t index(int a, int b, int c) const { return (static_cast<int64_t>(a) * n[1] + b) * n[2] + c; }
};

int wrapped(int i, int n) {
  const int r = i % n;
  return r < 0 ? r + n : r;
}

Grid empty_grid(const Crystal& crystal) {
  double spacing = kSpacing;
  const double points = crystal.volume() / (spacing * spacing * spacing);
  if (points > kMaxPoints) spacing *= std::cbrt(points / kMaxPoints);
  Grid grid;
  for (int k = 0; k < 3; ++k) {
    grid.n[k] = std::clamp(static_cast<int>(std::ceil(crystal.cell.row(k).norm() / spacing)), 1, 400);
  }
  grid.distance.assign(static_cast<size_t>(grid.n[0]) * grid.n[1] * grid.n[2],
                       static_cast<float>(kPoreReach));
  return grid;
}

/// Lowers the distances within `range` (Å) of one atom, in the lines of points that are open.
void place_atom(const Mat3& step, const Vec3& heights, const Vec3& wrapped_frac, double radius, double range,
                const std::vector<char>& open, Grid& grid) {
  Vec3i low, high;
  Vec3 centre;
  for (int k = 0; k < 2; ++k) {
    const double reach = range / heights[k] * grid.n[k];
    centre[k] = wrapped_frac[k] * grid.n[k];
    low[k] = static_cast<int>(std::ceil(centre[k] - reach));
    high[k] = static_cast<int>(std::floor(centre[k] + reach));
  }
  centre[2] = wrapped_frac[2] * grid.n[2];
  const double limit2 = range * range;
  const Vec3 along = step.row(2);
  const double along2 = along.squaredNorm();
  for (int a = low[0]; a <= high[0]; ++a) {
    const Vec3 x = step.row(0).transpose() * (a - centre[0]);
    for (int b = low[1]; b <= high[1]; ++b) {
      const int64_t line = static_cast<int64_t>(wrapped(a, grid.n[0])) * grid.n[1] + wrapped(b, grid.n[1]);
      if (open[static_cast<size_t>(line)] == 0) continue;
      const Vec3 xy = x + step.row(1).transpose() * (b - centre[1]);
      // The points of this line inside the sphere lie within `half` steps of the foot of the perpendicular.
      const double middle = -xy.dot(along) / along2;
      const double height2 = std::max(xy.squaredNorm() - middle * middle * along2, 0.0);
      if (height2 > limit2) continue;
      const double half = std::sqrt((limit2 - height2) / along2);
      const double foot = centre[2] + middle;
      const int begin = static_cast<int>(std::ceil(foot - half));
      const int end = static_cast<int>(std::floor(foot + half));
      float* const row = grid.distance.data() + line * grid.n[2];
      for (int c = begin; c <= end;) {  // in pieces that do not cross the cell's face
        const int at = wrapped(c, grid.n[2]), count = std::min(end - c + 1, grid.n[2] - at);
        Eigen::Map<Eigen::ArrayXf> value(row + at, count);
        const auto from_foot = Eigen::ArrayXf::LinSpaced(count, static_cast<float>(c - foot),
                                                         static_cast<float>(c + count - 1 - foot));
        value =
            value.min((from_foot.square() * static_cast<float>(along2) + static_cast<float>(height2)).sqrt() -
                      static_cast<float>(radius));
        c += count;
      }
    }
  }
}

Grid distance_field(const Crystal& crystal) {
  Grid grid = empty_grid(crystal);
  const double volume = std::abs(crystal.cell.determinant());
  Mat3 step;
  Vec3 heights;
  for (int k = 0; k < 3; ++k) {
    const Vec3 p = crystal.cell.row((k + 1) % 3), q = crystal.cell.row((k + 2) % 3);
    heights[k] = volume / p.cross(q).norm();
    step.row(k) = crystal.cell.row(k) / grid.n[k];
  }
  // Most points are near an atom, and a distance found within the reach is final: only the lines with other
  // points are searched farther.
  std::vector<char> open(static_cast<size_t>(grid.n[0]) * grid.n[1], 1);
  for (const double reach : {2.0, 4.0, kPoreReach}) {
    for (size_t i = 0; i < crystal.atomic_numbers.size(); ++i) {
      const double radius = vdw_radius(crystal.atomic_numbers[i]);
      const Vec3& x = crystal.frac_coords[i];
      place_atom(step, heights, x - Vec3(x.array().floor()), radius, radius + reach, open, grid);
    }
    for (size_t line = 0; line < open.size(); ++line) {
      const auto* const row = grid.distance.data() + line * static_cast<size_t>(grid.n[2]);
      open[line] = *std::max_element(row, row + grid.n[2]) >= static_cast<float>(reach) ? 1 : 0;
    }
  }
  return grid;
}

/// Sets of connected points with the lattice translation between each point and its root.
class PeriodicSets {
 public:
  explicit PeriodicSets(int64_t n)
      : parent_(static_cast<size_t>(n), -1), shift_(static_cast<size_t>(n), Vec3i::Zero()) {}

  void add(int64_t point) { parent_[static_cast<size_t>(point)] = static_cast<int32_t>(point); }
  bool has(int64_t point) const { return parent_[static_cast<size_t>(point)] >= 0; }

  /// Connects p with q displaced by `cross` cells. @return whether that closes a path to a periodic image
  bool join(int64_t p, int64_t q, const Vec3i& cross) {
    const auto [root_p, shift_p] = find(p);
    const auto [root_q, shift_q] = find(q);
    const Vec3i reached = shift_p + cross;  // of q in the frame of p's root
    if (root_p == root_q) return reached != shift_q;
    parent_[static_cast<size_t>(root_q)] = static_cast<int32_t>(root_p);
    shift_[static_cast<size_t>(root_q)] = reached - shift_q;
    return false;
  }

 private:
  struct Root {
    int64_t point;
    Vec3i shift;
  };
  /// Root of a point and the translation of the point relative to it; shortens the path.
  Root find(int64_t point) {
    int64_t root = point;
    Vec3i total = Vec3i::Zero();
    while (parent_[static_cast<size_t>(root)] != root) {
      total += shift_[static_cast<size_t>(root)];
      root = parent_[static_cast<size_t>(root)];
    }
    Vec3i rest = total;
    while (parent_[static_cast<size_t>(point)] != root && point != root) {
      const auto at = static_cast<size_t>(point);
      const int64_t next = parent_[at];
      const Vec3i own = shift_[at];
      parent_[at] = static_cast<int32_t>(root);
      shift_[at] = rest;
      rest -= own;
      point = next;
    }
    return {root, total};
  }
  std::vector<int32_t> parent_;
  std::vector<Vec3i> shift_;
};

/// Adds points from the widest place down until some path leads to its own image.
double percolation_level(const Grid& grid) {
  std::vector<int32_t> order;
  for (int64_t i = 0; i < grid.size(); ++i) {
    if (grid.distance[static_cast<size_t>(i)] > 0) order.push_back(static_cast<int32_t>(i));
  }
  std::stable_sort(order.begin(), order.end(), [&](int32_t p, int32_t q) {
    return grid.distance[static_cast<size_t>(p)] > grid.distance[static_cast<size_t>(q)];
  });
  PeriodicSets sets(grid.size());
  for (const int32_t point : order) {
    sets.add(point);
    const Vec3i at(static_cast<int>(point / (grid.n[1] * grid.n[2])),
                   static_cast<int>(point / grid.n[2] % grid.n[1]), static_cast<int>(point % grid.n[2]));
    for (int k = 0; k < 3; ++k) {
      for (const int way : {-1, 1}) {
        Vec3i next = at, cross = Vec3i::Zero();
        next[k] += way;
        if (next[k] < 0 || next[k] >= grid.n[k]) cross[k] = way;
        next[k] = wrapped(next[k], grid.n[k]);
        const int64_t other = grid.index(next[0], next[1], next[2]);
        if (sets.has(other) && sets.join(point, other, cross))
          return grid.distance[static_cast<size_t>(point)];
      }
    }
  }
  return 0;
}

}  // namespace

PoreSummary pore_summary(const Crystal& crystal) {
  const Grid grid = distance_field(crystal);
  PoreSummary summary;
  float largest = 0;
  for (const float distance : grid.distance) {
    largest = std::max(largest, distance);
    for (size_t k = 0; k < kPoreProbes.size(); ++k)
      summary.void_fractions[k] += distance > kPoreProbes[k] ? 1 : 0;
  }
  for (double& fraction : summary.void_fractions) fraction /= static_cast<double>(grid.size());
  summary.largest_cavity = 2 * static_cast<double>(largest);
  summary.pore_limit = 2 * percolation_level(grid);
  return summary;
}

}  // namespace clamp::encoders
