#include "evaluate/structure_match.h"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <numeric>

#include "evaluate/assignment.h"
#include "evaluate/lattice_reduction.h"
#include "evaluate/primitive_cell.h"

namespace clamp::evaluate {
namespace {

constexpr double kTooFar = 1e6;  // cost of a pair that is out of reach, Å^2
constexpr double kExact = 1e-5;  // relative rms at which the search ends
constexpr double kLeastDeterminant = 0.5;

double angle_deg(const Vec3& p, const Vec3& q) {
  return std::acos(std::clamp(p.dot(q) / (p.norm() * q.norm()), -1.0, 1.0)) * 180 / M_PI;
}

/// Heights over the faces are 1 / |reciprocal vectors|.
Vec3 reciprocal_lengths(const Mat3& cell) {
  const Mat3 inverse = cell.inverse();  // columns are the reciprocal vectors
  return inverse.colwise().norm().transpose();
}

/// Atoms of one element in both crystals.
struct Kind {
  std::vector<int> in_a;
  std::vector<int> in_b;
};

/// The same elements with the same numbers of atoms, the rarest first; empty where they differ.
std::vector<Kind> kinds_of(const Crystal& a, const Crystal& b) {
  std::map<int, Kind> by_element;
  for (int64_t i = 0; i < a.n_atoms(); ++i)
    by_element[a.atomic_numbers[i]].in_a.push_back(static_cast<int>(i));
  for (int64_t i = 0; i < b.n_atoms(); ++i)
    by_element[b.atomic_numbers[i]].in_b.push_back(static_cast<int>(i));
  std::vector<Kind> kinds;
  for (auto& [element, kind] : by_element) {
    if (kind.in_a.size() != kind.in_b.size()) return {};
    kinds.push_back(std::move(kind));
  }
  std::stable_sort(kinds.begin(), kinds.end(),
                   [](const Kind& p, const Kind& q) { return p.in_a.size() < q.in_a.size(); });
  return kinds;
}

/// Vectors of the lattice with a length in [l / (1 + tolerance), l (1 + tolerance)].
std::vector<Vec3> vectors_as_long_as(const std::vector<Vec3>& vectors, double length, double tolerance) {
  std::vector<Vec3> found;
  for (const Vec3& v : vectors) {
    const double ratio = v.norm() / length;
    if (ratio < 1 + tolerance && ratio > 1 / (1 + tolerance)) found.push_back(v);
  }
  return found;
}

/// Bases (rows, Å) of the lattice `from` that look like the basis `to`.
std::vector<Mat3> similar_bases(const Mat3& from, const Mat3& to, const MatchTolerances& tolerances) {
  const double longest = to.rowwise().norm().maxCoeff() * (1 + tolerances.length);
  const Vec3 reach = longest * reciprocal_lengths(from);
  std::vector<Vec3> vectors;
  Vec3i n;
  for (int k = 0; k < 3; ++k) n[k] = static_cast<int>(std::floor(reach[k] + 1e-9));
  for (int x = -n[0]; x <= n[0]; ++x) {
    for (int y = -n[1]; y <= n[1]; ++y) {
      for (int z = -n[2]; z <= n[2]; ++z) {
        const Vec3 v = from.transpose() * Vec3(x, y, z);
        if ((x != 0 || y != 0 || z != 0) && v.norm() <= longest) vectors.push_back(v);
      }
    }
  }
  std::array<std::vector<Vec3>, 3> like;
  for (int k = 0; k < 3; ++k) like[k] = vectors_as_long_as(vectors, to.row(k).norm(), tolerances.length);
  const double alpha = angle_deg(to.row(1), to.row(2));
  const double beta = angle_deg(to.row(0), to.row(2));
  const double gamma = angle_deg(to.row(0), to.row(1));
  const double volume = std::abs(from.determinant());
  std::vector<Mat3> bases;
  for (const Vec3& a : like[0]) {
    for (const Vec3& b : like[1]) {
      if (std::abs(angle_deg(a, b) - gamma) >= tolerances.angle_deg) continue;
      for (const Vec3& c : like[2]) {
        if (std::abs(angle_deg(b, c) - alpha) >= tolerances.angle_deg ||
            std::abs(angle_deg(a, c) - beta) >= tolerances.angle_deg) {
          continue;
        }
        Mat3 basis;
        basis << a.transpose(), b.transpose(), c.transpose();
        const double times = std::abs(basis.determinant()) / volume;
        if (std::abs(times - 1) < kLeastDeterminant) bases.push_back(basis);
      }
    }
  }
  return bases;
}

Mat3 mean_cell(const Mat3& p, const Mat3& q) {
  const CellParameters s = parameters_from_cell(p);
  const CellParameters t = parameters_from_cell(q);
  return cell_from_parameters({(s.a + t.a) / 2, (s.b + t.b) / 2, (s.c + t.c) / 2, (s.alpha + t.alpha) / 2,
                               (s.beta + t.beta) / 2, (s.gamma + t.gamma) / 2});
}

/// Pairs the atoms of two crystals in one cell.
class Pairing {
 public:
  Pairing(const Mat3& cell, const std::vector<Kind>& kinds, int64_t n_atoms, double site_tolerance)
      : cell_(cell),
        kinds_(kinds),
        scale_(std::cbrt(static_cast<double>(n_atoms) / std::abs(cell.determinant()))) {
    const ReducedLattice reduced = minkowski_reduce(cell);
    reduced_ = reduced.cell;
    to_reduced_ = reduced.transform.cast<double>().inverse().transpose();
    // The translation is found from one atom pair: a pair may be twice as far as after it is adjusted.
    window_ = 2 * site_tolerance / scale_ * reciprocal_lengths(cell);
    reduced_window_ = 2 * site_tolerance / scale_ * reciprocal_lengths(reduced_);
  }

  /// Root mean square distance over (V / N)^(1/3), b moved by `shift` and then by the mean of the
  /// differences; nothing where an atom of b has none of a near.
  std::optional<double> rms(const std::vector<Vec3>& a, const std::vector<Vec3>& b, const Vec3& shift) const {
    for (const Kind& kind : kinds_) {
      for (const int j : kind.in_b) {
        const Vec3 moved = b[j] + shift;
        const bool near = std::any_of(kind.in_a.begin(), kind.in_a.end(),
                                      [&](int i) { return inside(a[i] - moved, window_); });
        if (!near) return {};
      }
    }
    std::vector<Vec3> differences;
    for (const Kind& kind : kinds_) {
      const auto n = static_cast<int>(kind.in_b.size());
      std::vector<double> cost(static_cast<size_t>(n) * n);
      std::vector<Vec3> vectors(cost.size());
      for (int r = 0; r < n; ++r) {
        for (int c = 0; c < n; ++c) {
          vectors[r * n + c] = shortest(a[kind.in_a[c]] - b[kind.in_b[r]] - shift);
          cost[r * n + c] = std::min(kTooFar, vectors[r * n + c].squaredNorm());
        }
      }
      const std::vector<int> partner = assign(cost, n);
      for (int r = 0; r < n; ++r) {
        if (cost[r * n + partner[r]] >= kTooFar) return {};
        differences.push_back(vectors[r * n + partner[r]]);
      }
    }
    Vec3 mean = Vec3::Zero();
    for (const Vec3& d : differences) mean += d / static_cast<double>(differences.size());
    double sum = 0;
    for (const Vec3& d : differences) sum += (d - mean).squaredNorm();
    return std::sqrt(sum / static_cast<double>(differences.size())) * scale_;
  }

 private:
  static bool inside(Vec3 d, const Vec3& window) {
    d -= d.array().round().matrix();
    return (d.array().abs() < window.array()).all();
  }

  /// The shortest image of a fractional difference, Å; beyond all bounds where it is outside of the window.
  Vec3 shortest(const Vec3& difference) const {
    Vec3 f = to_reduced_ * difference;
    f -= f.array().round().matrix();
    if (!(f.array().abs() < reduced_window_.array()).all()) return Vec3::Constant(std::sqrt(kTooFar));
    Vec3 best = reduced_.transpose() * f;
    for (int k = 0; k < 27; ++k) {
      const Vec3 image = reduced_.transpose() * (f + Vec3(k / 9 - 1, k / 3 % 3 - 1, k % 3 - 1));
      if (image.squaredNorm() < best.squaredNorm()) best = image;
    }
    return best;
  }

  Mat3 cell_, reduced_, to_reduced_;
  const std::vector<Kind>& kinds_;
  double scale_;  // (N / V)^(1/3)
  Vec3 window_, reduced_window_;
};

}  // namespace

std::optional<double> match_rms_primitive(const Crystal& a, const Crystal& b,
                                          const MatchTolerances& tolerances) {
  if (a.n_atoms() != b.n_atoms() || a.n_atoms() == 0) return {};
  const std::vector<Kind> kinds = kinds_of(a, b);
  if (kinds.empty()) return {};
  const double ratio = std::pow(b.volume() / a.volume(), 1.0 / 6);
  const Mat3 cell_a = a.cell * ratio;
  const Mat3 cell_b = b.cell / ratio;
  std::vector<Vec3> cart_a;
  for (const Vec3& f : a.frac_coords) cart_a.emplace_back(cell_a.transpose() * f);
  std::optional<double> best;
  for (const Mat3& basis : similar_bases(cell_a, cell_b, tolerances)) {
    const Mat3 to_frac = basis.transpose().inverse();
    std::vector<Vec3> frac_a;
    for (const Vec3& x : cart_a) frac_a.emplace_back(to_frac * x);
    const Pairing pairing(mean_cell(basis, cell_b), kinds, a.n_atoms(), tolerances.site);
    const Vec3& anchor = b.frac_coords[kinds[0].in_b[0]];
    for (const int i : kinds[0].in_a) {
      const auto rms = pairing.rms(frac_a, b.frac_coords, frac_a[i] - anchor);
      if (!rms || (best && *rms >= *best)) continue;
      best = rms;
      if (*best < kExact) return best;
    }
  }
  if (best && *best < tolerances.site) return best;
  return {};
}

std::optional<double> match_rms(const Crystal& a, const Crystal& b, const MatchTolerances& tolerances) {
  std::vector<int> za = a.atomic_numbers, zb = b.atomic_numbers;
  if (reduced_formula(za) != reduced_formula(zb)) return {};
  return match_rms_primitive(primitive_cell(a), primitive_cell(b), tolerances);
}

}  // namespace clamp::evaluate
