#include "evaluate/lattice_reduction.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <array>
#include <cmath>

#include "core/error.h"

namespace clamp::evaluate {
namespace {

constexpr double kShorter = 1 - 1e-12;  // a vector is replaced only by one clearly shorter
constexpr int kMostPasses = 1000;
constexpr double kLeastVolume = 1e-6;  // Å^3

using Rows = std::array<Vec3, 3>;
using Steps = std::array<Vec3i, 3>;

void sort_by_length(Rows& rows, Steps& steps) {
  for (const auto& [i, j] : {std::pair{0, 1}, std::pair{1, 2}, std::pair{0, 1}}) {
    if (rows[j].squaredNorm() >= rows[i].squaredNorm() * kShorter) continue;
    std::swap(rows[i], rows[j]);
    std::swap(steps[i], steps[j]);
  }
}

/// Shortens row k by whole multiples of the shorter rows; true where it became shorter.
bool shorten(Rows& rows, Steps& steps, int k) {
  const Vec3 start = rows[k];
  Vec3 best = start;
  Vec3i best_step = steps[k];
  double x = std::round(start.dot(rows[0]) / rows[0].squaredNorm());
  double y = 0;
  if (k == 2) {
    Eigen::Matrix2d gram;
    gram << rows[0].dot(rows[0]), rows[0].dot(rows[1]), rows[0].dot(rows[1]), rows[1].dot(rows[1]);
    const Eigen::Vector2d nearest = gram.inverse() * Eigen::Vector2d(start.dot(rows[0]), start.dot(rows[1]));
    x = std::round(nearest[0]);
    y = std::round(nearest[1]);
  }
  for (int dx = -1; dx <= 1; ++dx) {
    for (int dy = k == 2 ? -1 : 0; dy <= (k == 2 ? 1 : 0); ++dy) {
      const Vec3 tried = start - (x + dx) * rows[0] - (y + dy) * rows[1];
      if (tried.squaredNorm() >= best.squaredNorm() * kShorter) continue;
      best = tried;
      best_step = steps[k] - static_cast<int>(x + dx) * steps[0] - static_cast<int>(y + dy) * steps[1];
    }
  }
  const bool shorter = best.squaredNorm() < start.squaredNorm() * kShorter;
  rows[k] = best;
  steps[k] = best_step;
  return shorter;
}

}  // namespace

ReducedLattice minkowski_reduce(const Mat3& cell) {
  Rows rows = {cell.row(0), cell.row(1), cell.row(2)};
  Steps steps = {Vec3i(1, 0, 0), Vec3i(0, 1, 0), Vec3i(0, 0, 1)};
  for (int pass = 0; pass < kMostPasses; ++pass) {
    sort_by_length(rows, steps);
    const bool second = shorten(rows, steps, 1);
    sort_by_length(rows, steps);
    const bool third = shorten(rows, steps, 2);
    if (!second && !third) break;
  }
  sort_by_length(rows, steps);
  ReducedLattice reduced;
  for (int k = 0; k < 3; ++k) {
    reduced.cell.row(k) = rows[k];
    reduced.transform.row(k) = steps[k];
  }
  return reduced;
}

Crystal reduced_cell(const Crystal& crystal) {
  if (!crystal.cell.allFinite() || !(crystal.volume() > kLeastVolume)) {
    fail(fmt::format("{}: the cell has a volume of {:.3g} Å^3, a crystal needs a positive one", crystal.name,
                     crystal.volume()));
  }
  const ReducedLattice lattice = minkowski_reduce(crystal.cell);
  const Mat3 to_reduced = lattice.transform.cast<double>().inverse().transpose();
  Crystal result = crystal;
  result.cell = lattice.cell;
  for (Vec3& f : result.frac_coords) {
    if (!f.allFinite()) fail(fmt::format("{}: a coordinate is not a finite number", crystal.name));
    f = to_reduced * f;
    f -= f.array().floor().matrix();
  }
  return result;
}

}  // namespace clamp::evaluate
