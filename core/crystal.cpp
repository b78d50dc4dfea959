#include "core/crystal.h"

#include <fmt/format.h>

#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

#include "core/elements.h"
#include "core/error.h"

namespace clamp {
namespace {

constexpr double kDegrees = 180.0 / M_PI;
constexpr double kDaltonPerCubicAngstrom = 1.66053906660;  // g/cm^3

// Exact at the angles that crystals have, so that orthogonal cells are exactly orthogonal.
double cos_degrees(double angle) {
  if (angle == 90.0) return 0.0;
  if (angle == 60.0) return 0.5;
  if (angle == 120.0) return -0.5;
  return std::cos(angle / kDegrees);
}

double angle_between(const Vec3& u, const Vec3& v) {
  return std::atan2(u.cross(v).norm(), u.dot(v)) * kDegrees;
}

using Counts = std::vector<std::pair<std::string, int64_t>>;

// Hill order: C, H, then alphabetical; all alphabetical where there is no carbon.
Counts hill_counts(const std::vector<int>& atomic_numbers) {
  std::map<std::string, int64_t> counts;
  for (const int z : atomic_numbers) ++counts[element_symbol(z)];
  Counts ordered;
  if (counts.count("C") != 0) {
    for (const char* symbol : {"C", "H"}) {
      const auto found = counts.find(symbol);
      if (found == counts.end()) continue;
      ordered.emplace_back(*found);
      counts.erase(found);
    }
  }
  ordered.insert(ordered.end(), counts.begin(), counts.end());
  return ordered;
}

std::string join_counts(const Counts& counts, int64_t divisor) {
  std::string text;
  for (const auto& [symbol, count] : counts) {
    if (!text.empty()) text += ' ';
    text += symbol;
    if (count != divisor) text += std::to_string(count / divisor);
  }
  return text;
}

}  // namespace

double Crystal::volume() const { return std::abs(cell.determinant()); }

double Crystal::density() const {
  double mass = 0;
  for (const int z : atomic_numbers) mass += atomic_mass(z);
  return kDaltonPerCubicAngstrom * mass / volume();
}

CellParameters Crystal::cell_parameters() const { return parameters_from_cell(cell); }

Mat3 cell_from_parameters(const CellParameters& p) {
  const double cos_alpha = cos_degrees(p.alpha);
  const double cos_beta = cos_degrees(p.beta);
  const double cos_gamma = cos_degrees(p.gamma);
  const double sin_gamma = std::sqrt(1.0 - cos_gamma * cos_gamma);
  const double c_y = (cos_alpha - cos_beta * cos_gamma) / sin_gamma;
  const double c_z_squared = 1.0 - cos_beta * cos_beta - c_y * c_y;
  if (!(p.a > 0 && p.b > 0 && p.c > 0 && sin_gamma > 0 && c_z_squared > 0))
    fail(fmt::format("cell lengths {} {} {} Å and angles {} {} {} degrees span no volume", p.a, p.b, p.c,
                     p.alpha, p.beta, p.gamma));
  Mat3 cell = Mat3::Zero();
  cell.row(0) << p.a, 0, 0;
  cell.row(1) << p.b * cos_gamma, p.b * sin_gamma, 0;
  cell.row(2) << p.c * cos_beta, p.c * c_y, p.c * std::sqrt(c_z_squared);
  return cell;
}

CellParameters parameters_from_cell(const Mat3& cell) {
  const Vec3 a = cell.row(0);
  const Vec3 b = cell.row(1);
  const Vec3 c = cell.row(2);
  CellParameters p;
  p.a = a.norm();
  p.b = b.norm();
  p.c = c.norm();
  p.alpha = angle_between(b, c);
  p.beta = angle_between(a, c);
  p.gamma = angle_between(a, b);
  return p;
}

std::string formula(const std::vector<int>& atomic_numbers) {
  return join_counts(hill_counts(atomic_numbers), 1);
}

std::string reduced_formula(const std::vector<int>& atomic_numbers) {
  const Counts counts = hill_counts(atomic_numbers);
  int64_t divisor = 0;
  for (const auto& entry : counts) divisor = std::gcd(divisor, entry.second);
  return join_counts(counts, std::max<int64_t>(divisor, 1));
}

}  // namespace clamp
