// Pairs within a cutoff by a cell list: atoms are sorted into bins at least a cutoff wide along each lattice
// direction (one bin where the cell is smaller), so that only bins next to an atom's own, or the images that
// the cutoff reaches in small cells, are searched. The work grows with the number of atoms, not its square.
#include <Eigen/Geometry>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include "core/bond_graph.h"

namespace clamp {
namespace {

constexpr int kMostBins = 64;  // along one direction: more would be empty

/// Heights of the cell over its three faces, Å.
Vec3 cell_heights(const Mat3& cell) {
  const double volume = std::abs(cell.determinant());
  Vec3 heights;
  for (int k = 0; k < 3; ++k) {
    const Vec3 p = cell.row((k + 1) % 3);
    const Vec3 q = cell.row((k + 2) % 3);
    heights[k] = volume / p.cross(q).norm();
  }
  return heights;
}

bool is_positive(const Vec3i& shift) {
  return std::make_tuple(shift[0], shift[1], shift[2]) > std::make_tuple(0, 0, 0);
}

int floor_of_division(int a, int b) { return a >= 0 ? a / b : -((b - 1 - a) / b); }

class CellList {
 public:
  CellList(const Crystal& crystal, double cutoff) : crystal_(crystal), cutoff_(cutoff) {
    const Vec3 heights = cell_heights(crystal.cell);
    for (int k = 0; k < 3; ++k) {
      bins_[k] = std::clamp(static_cast<int>(heights[k] / cutoff), 1, kMostBins);
      reach_[k] = static_cast<int>(std::ceil(cutoff * bins_[k] / heights[k]));
    }
    members_.resize(static_cast<size_t>(bins_[0]) * bins_[1] * bins_[2]);
    for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
      Vec3i whole, bin;
      for (int k = 0; k < 3; ++k) {
        const double x = crystal.frac_coords[static_cast<size_t>(i)][k];
        whole[k] = static_cast<int>(std::floor(x));
        bin[k] = std::clamp(static_cast<int>((x - whole[k]) * bins_[k]), 0, bins_[k] - 1);
      }
      whole_.push_back(whole);
      bin_.push_back(bin);
      members_[index(bin)].push_back(i);
    }
  }

  /// Appends the pairs of `i` with itself and with later atoms, sorted by atom and shift.
  void append_pairs_of(int64_t i, std::vector<Bond>& pairs) const {
    const auto first = static_cast<int64_t>(pairs.size());
    const Vec3i& home = bin_[static_cast<size_t>(i)];
    for (int a = home[0] - reach_[0]; a <= home[0] + reach_[0]; ++a) {
      for (int b = home[1] - reach_[1]; b <= home[1] + reach_[1]; ++b) {
        for (int c = home[2] - reach_[2]; c <= home[2] + reach_[2]; ++c) {
          const Vec3i image(floor_of_division(a, bins_[0]), floor_of_division(b, bins_[1]),
                            floor_of_division(c, bins_[2]));
          const Vec3i bin = Vec3i(a, b, c) - image.cwiseProduct(bins_);
          for (const int64_t j : members_[index(bin)]) add(i, j, image, pairs);
        }
      }
    }
    std::sort(pairs.begin() + first, pairs.end(), [](const Bond& p, const Bond& q) {
      return std::make_tuple(p.j, p.shift[0], p.shift[1], p.shift[2]) <
             std::make_tuple(q.j, q.shift[0], q.shift[1], q.shift[2]);
    });
  }

 private:
  size_t index(const Vec3i& bin) const {
    return (static_cast<size_t>(bin[0]) * bins_[1] + bin[1]) * bins_[2] + bin[2];
  }

  void add(int64_t i, int64_t j, const Vec3i& image, std::vector<Bond>& pairs) const {
    if (j < i) return;
    const auto from = static_cast<size_t>(i), to = static_cast<size_t>(j);
    const Vec3i shift = image - whole_[to] + whole_[from];
    if (i == j && !is_positive(shift)) return;
    const Vec3 delta = crystal_.frac_coords[to] - crystal_.frac_coords[from] + shift.cast<double>();
    const double d2 = (crystal_.cell.transpose() * delta).squaredNorm();
    if (d2 < cutoff_ * cutoff_) pairs.push_back({i, j, shift, std::sqrt(d2)});
  }

  const Crystal& crystal_;
  double cutoff_;
  Vec3i bins_, reach_;
  std::vector<std::vector<int64_t>> members_;  ///< [bins] atoms
  std::vector<Vec3i> whole_, bin_;             ///< [n] integer part of the coordinates, bin of the rest
};

}  // namespace

std::vector<Bond> neighbor_pairs(const Crystal& crystal, double cutoff) {
  std::vector<Bond> pairs;
  if (crystal.n_atoms() == 0 || !(cutoff > 0)) return pairs;
  const CellList list(crystal, cutoff);
  for (int64_t i = 0; i < crystal.n_atoms(); ++i) list.append_pairs_of(i, pairs);
  return pairs;
}

}  // namespace clamp
