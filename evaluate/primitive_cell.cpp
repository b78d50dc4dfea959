#include "evaluate/primitive_cell.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "evaluate/lattice_reduction.h"

namespace clamp::evaluate {
namespace {

constexpr double kSameVolume = 1e-3;  // relative

struct Translation {
  Vec3 shift = Vec3::Zero();    // fractional
  std::vector<int64_t> target;  // atom that each atom is brought to
};

/// Atoms of the rarest element.
std::vector<int64_t> rarest(const std::vector<int>& z) {
  std::map<int, std::vector<int64_t>> by_element;
  for (size_t i = 0; i < z.size(); ++i) by_element[z[i]].push_back(static_cast<int64_t>(i));
  const auto least = std::min_element(by_element.begin(), by_element.end(), [](const auto& p, const auto& q) {
    return p.second.size() < q.second.size();
  });
  return least->second;
}

/// The atom within the tolerance of a place, or -1. The cell is reduced, so rounding gives the nearest image
/// well enough for distances this small.
int64_t atom_at(const Crystal& crystal, int element, const Vec3& place, double tolerance) {
  for (int64_t j = 0; j < crystal.n_atoms(); ++j) {
    if (crystal.atomic_numbers[j] != element) continue;
    Vec3 d = crystal.frac_coords[j] - place;
    d -= d.array().round().matrix();
    if ((crystal.cell.transpose() * d).norm() < tolerance) return j;
  }
  return -1;
}

std::optional<Translation> translation(const Crystal& crystal, const Vec3& shift, double tolerance) {
  Translation found;
  found.shift = shift;
  std::vector<char> taken(crystal.atomic_numbers.size(), 0);
  for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
    const int64_t j = atom_at(crystal, crystal.atomic_numbers[i], crystal.frac_coords[i] + shift, tolerance);
    if (j < 0 || taken[j] != 0) return {};
    taken[j] = 1;
    found.target.push_back(j);
  }
  return found;
}

std::vector<Translation> translations(const Crystal& crystal, double tolerance) {
  const std::vector<int64_t> candidates = rarest(crystal.atomic_numbers);
  std::vector<Translation> found;
  for (const int64_t j : candidates) {
    const Vec3 shift = crystal.frac_coords[j] - crystal.frac_coords[candidates[0]];
    if (auto t = translation(crystal, shift, tolerance)) found.push_back(std::move(*t));
  }
  return found;
}

/// A basis, rows fractional, of the lattice that the unit vectors and the shifts span; nothing where the
/// shifts are no group within the tolerance.
std::optional<Mat3> finer_basis(const Mat3& cell, const std::vector<Translation>& group) {
  std::vector<Vec3> vectors = {Vec3::UnitX(), Vec3::UnitY(), Vec3::UnitZ()};
  const auto order = static_cast<double>(group.size());
  for (const Translation& t : group) {
    Vec3 exact = (t.shift * order).array().round() / order;  // its multiple by the order is a lattice vector
    if ((cell.transpose() * (exact - t.shift)).norm() > 1) return {};
    exact -= exact.array().round().matrix();
    if (exact.norm() > 1e-9) vectors.push_back(exact);
  }
  std::sort(vectors.begin(), vectors.end(), [&](const Vec3& p, const Vec3& q) {
    return (cell.transpose() * p).squaredNorm() < (cell.transpose() * q).squaredNorm();
  });
  Mat3 basis;
  for (size_t i = 0; i < vectors.size(); ++i) {
    for (size_t j = i + 1; j < vectors.size(); ++j) {
      for (size_t k = j + 1; k < vectors.size(); ++k) {
        basis << vectors[i].transpose(), vectors[j].transpose(), vectors[k].transpose();
        if (std::abs(std::abs(basis.determinant()) * order - 1) < kSameVolume) return basis;
      }
    }
  }
  return {};
}

}  // namespace

Crystal primitive_cell(const Crystal& crystal, double tolerance) {
  const Crystal reduced = reduced_cell(crystal);
  if (reduced.n_atoms() < 2) return reduced;
  const std::vector<Translation> group = translations(reduced, tolerance);
  if (group.size() < 2 || reduced.n_atoms() % static_cast<int64_t>(group.size()) != 0) return reduced;
  const auto basis = finer_basis(reduced.cell, group);
  if (!basis) return reduced;
  Crystal primitive;
  primitive.name = reduced.name;
  primitive.cell = *basis * reduced.cell;
  const Mat3 to_primitive = basis->transpose().inverse();
  std::vector<char> used(reduced.atomic_numbers.size(), 0);
  for (int64_t i = 0; i < reduced.n_atoms(); ++i) {
    if (used[i] != 0) continue;
    Vec3 mean = Vec3::Zero();
    for (const Translation& t : group) {
      const int64_t j = t.target[i];
      used[j] = 1;
      Vec3 back = to_primitive * (reduced.frac_coords[j] - reduced.frac_coords[i]);
      back -= back.array().round().matrix();
      mean += back / static_cast<double>(group.size());
    }
    primitive.atomic_numbers.push_back(reduced.atomic_numbers[i]);
    primitive.frac_coords.push_back(to_primitive * reduced.frac_coords[i] + mean);
  }
  if (primitive.n_atoms() * static_cast<int64_t>(group.size()) != reduced.n_atoms()) return reduced;
  return reduced_cell(primitive);
}

}  // namespace clamp::evaluate
