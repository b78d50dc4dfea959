// Atoms of the cell from listed sites and symmetry operations.
#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <unordered_map>

#include "core/cif_symmetry.h"
#include "core/elements.h"
#include "core/error.h"

namespace clamp::cif {
namespace {

constexpr double kMergeDistance = 0.05;  // Å, between atoms of different sites
constexpr size_t kMaxAtoms = 100000;

double wrap(double x) {
  const double wrapped = x - std::floor(x);
  return wrapped < 1.0 ? wrapped : 0.0;
}

Vec3 wrap(const Vec3& x) { return {wrap(x[0]), wrap(x[1]), wrap(x[2])}; }

Vec3 apply(const SymmetryOperation& op, const Vec3& x) {
  return op.rotation.cast<double>() * x + op.translation;
}

// Displacement from `from` to the nearest lattice image of `to`, correct for displacements far shorter than
// the cell.
Vec3 nearest_delta(const Vec3& from, const Vec3& to) {
  Vec3 delta = to - from;
  for (int i = 0; i < 3; ++i) delta[i] -= std::round(delta[i]);
  return delta;
}

// Indices of the operations that map `x` to within `distance` of itself.
std::vector<size_t> stabiliser(const std::vector<SymmetryOperation>& operations, const Mat3& cell,
                               const Vec3& x, double distance) {
  std::vector<size_t> found;
  for (size_t i = 0; i < operations.size(); ++i)
    if ((nearest_delta(x, apply(operations[i], x)).transpose() * cell).norm() <= distance) found.push_back(i);
  return found;
}

// The site moved exactly onto the symmetry elements near it: the mean of its images under their operations.
// Distances are tried from the longest, until the operations found are exactly those that leave the mean in
// place.
Vec3 project_to_site(const std::vector<SymmetryOperation>& operations, const Mat3& cell, const Vec3& x) {
  for (const double distance : {0.2, 0.1, 0.03}) {
    const std::vector<size_t> near = stabiliser(operations, cell, x, distance);
    if (near.size() == 1) return x;
    Vec3 shift = Vec3::Zero();
    for (const size_t i : near) shift += nearest_delta(x, apply(operations[i], x));
    const Vec3 mean = x + shift / static_cast<double>(near.size());
    if (stabiliser(operations, cell, mean, 1e-3) == near) return mean;
  }
  return x;
}

// Finds atoms within kMergeDistance of a point: bins of the unit cell of about 1 Å.
class CoincidenceIndex {
 public:
  explicit CoincidenceIndex(const Mat3& cell) : cell_(cell) {
    const Mat3 inverse = cell.inverse();
    for (int k = 0; k < 3; ++k) {
      const double height = 1.0 / inverse.col(k).norm();
      margin_[k] = kMergeDistance / height;
      bins_[k] = std::clamp(static_cast<int>(height), 1, 1000);
    }
  }

  // Index of the atom that coincides with `x`, or -1.
  int find(const Vec3& x) const {
    std::array<std::array<int, 3>, 3> candidates{};
    std::array<int, 3> counts{};
    for (int k = 0; k < 3; ++k) {
      const auto axis = static_cast<size_t>(k);
      for (const double offset : {0.0, -margin_[k], margin_[k]}) {
        const int bin = bin_of(x[k] + offset, k);
        const auto end = candidates[axis].begin() + counts[axis];
        if (std::find(candidates[axis].begin(), end, bin) == end)
          candidates[axis][static_cast<size_t>(counts[axis]++)] = bin;
      }
    }
    for (int a = 0; a < counts[0]; ++a)
      for (int b = 0; b < counts[1]; ++b)
        for (int c = 0; c < counts[2]; ++c) {
          const auto found =
              atoms_.find(key({candidates[0][static_cast<size_t>(a)], candidates[1][static_cast<size_t>(b)],
                               candidates[2][static_cast<size_t>(c)]}));
          if (found == atoms_.end()) continue;
          for (const auto& [index, position] : found->second)
            if ((nearest_delta(x, position).transpose() * cell_).norm() <= kMergeDistance) return index;
        }
    return -1;
  }

  void insert(const Vec3& x, int index) {
    atoms_[key({bin_of(x[0], 0), bin_of(x[1], 1), bin_of(x[2], 2)})].emplace_back(index, x);
  }

 private:
  int bin_of(double x, int axis) const {
    return std::min(static_cast<int>(wrap(x) * bins_[axis]), bins_[axis] - 1);
  }
  int64_t key(const Vec3i& bin) const {
    return (static_cast<int64_t>(bin[0]) * bins_[1] + bin[1]) * bins_[2] + bin[2];
  }

  Mat3 cell_;
  Vec3 margin_;
  Vec3i bins_;
  std::unordered_map<int64_t, std::vector<std::pair<int, Vec3>>> atoms_;
};

}  // namespace

void expand_sites(const std::vector<ListedSite>& sites, const std::vector<SymmetryOperation>& operations,
                  Crystal& crystal) {
  CoincidenceIndex index(crystal.cell);
  std::vector<const ListedSite*> origin;
  for (const ListedSite& site : sites) {
    const Vec3 position = project_to_site(operations, crystal.cell, site.frac);
    for (const SymmetryOperation& op : operations) {
      const bool identity = &op == &operations.front();
      const Vec3 image = identity ? position : wrap(apply(op, position));
      const int same = index.find(image);
      if (same >= 0) {
        const ListedSite& other = *origin[static_cast<size_t>(same)];
        if (other.atomic_number != site.atomic_number)
          fail(fmt::format("sites '{}' ({}) and '{}' ({}) share a position: mixed occupancy", other.label,
                           element_symbol(other.atomic_number), site.label,
                           element_symbol(site.atomic_number)));
        continue;
      }
      if (origin.size() == kMaxAtoms) fail(fmt::format("more than {} atoms in the cell", kMaxAtoms));
      index.insert(image, static_cast<int>(origin.size()));
      origin.push_back(&site);
      crystal.atomic_numbers.push_back(site.atomic_number);
      crystal.frac_coords.push_back(image);
    }
  }
}

}  // namespace clamp::cif
