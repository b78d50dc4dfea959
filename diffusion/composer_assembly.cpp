// to_chemistry: blocks put together again. Each block is moved by the lattice vector that brings the sites of
// the atoms bonded to it inside the asymmetric unit nearest to each other.
#include <fmt/format.h>

#include <Eigen/QR>
#include <algorithm>
#include <queue>
#include <tuple>

#include "core/elements.h"
#include "core/error.h"
#include "diffusion/composer_blocks.h"
#include "diffusion/composer_canonical.h"

namespace clamp::diffusion {
namespace {

constexpr int kReach = 2;  // lattice vectors tried on each side
constexpr int kHydrogen = 1;

Site site_of(const SpaceGroup& group, const SiteKey& key) {
  std::vector<int> operations = {0};
  std::vector<Vec3i> shifts = {Vec3i::Zero()};
  for (size_t k = 0; k < key.size(); k += 4) {
    operations.push_back(key[k]);
    shifts.emplace_back(key[k + 1], key[k + 2], key[k + 3]);
  }
  return make_site(group, std::move(operations), std::move(shifts));
}

// Squared distance of two sites as affine subspaces, in fractional coordinates.
double squared_gap(const Site& a, const Site& b) {
  Eigen::Matrix<double, 3, 6> spanned = Eigen::Matrix<double, 3, 6>::Zero();
  spanned.leftCols(a.dimension) = a.basis.leftCols(a.dimension);
  spanned.middleCols(a.dimension, b.dimension) = b.basis.leftCols(b.dimension);
  const Vec3 apart = a.offset - b.offset;
  const Eigen::ColPivHouseholderQR<Eigen::Matrix<double, 3, 6>> solver(spanned);
  return (apart - spanned * solver.solve(apart)).squaredNorm();
}

class Assembly {
 public:
  explicit Assembly(const Blocks& blocks) : group_(space_group(blocks.space_group)) {
    for (const BlockAtom& metal : blocks.metals) add_atom(metal, n_units_++);
    std::vector<int> first_atom;
    for (const MoleculeBlock& molecule : blocks.molecules) {
      first_atom.push_back(static_cast<int>(keys_.size()));
      for (const BlockAtom& atom : molecule.form.atoms) add_atom(atom, n_units_);
      ++n_units_;
    }
    const int n_metals = static_cast<int>(blocks.metals.size());
    for (const BlockBond& bond : blocks.metal_bonds) add_bond(bond, 0, n_metals, 0, n_metals);
    for (size_t m = 0; m < blocks.molecules.size(); ++m) {
      const int n_atoms = static_cast<int>(blocks.molecules[m].form.atoms.size());
      for (const BlockBond& bond : blocks.molecules[m].form.bonds)
        add_bond(bond, first_atom[m], n_atoms, first_atom[m], n_atoms);
      for (const BlockBond& grip : blocks.molecules[m].grips)
        add_bond(grip, first_atom[m], n_atoms, 0, n_metals);
    }
    place_units();
  }

  Chemistry chemistry() {
    walk();
    Chemistry result;
    result.space_group = group_.number;
    std::vector<int> slot(keys_.size());
    for (size_t k = 0; k < order_.size(); ++k) slot[static_cast<size_t>(order_[k])] = static_cast<int>(k);
    for (size_t k = 0; k < order_.size(); ++k) {
      const auto atom = static_cast<size_t>(order_[k]);
      const int parent = parent_[atom];
      result.slots.push_back({numbers_[atom], site_of(group_, keys_[atom]),
                              parent < 0 ? -1 : slot[static_cast<size_t>(parent)]});
    }
    for (const BlockBond& bond : bonds_) {
      SlotBond copy;
      copy.i = slot[static_cast<size_t>(bond.from)];
      copy.j = slot[static_cast<size_t>(bond.to)];
      copy.op = std::max(0, bond.op);
      copy.intra = bond.op < 0;
      result.bonds.push_back(copy);
    }
    std::stable_sort(result.bonds.begin(), result.bonds.end(), [](const SlotBond& a, const SlotBond& b) {
      return std::make_tuple(!a.intra, a.i, a.j, a.op) < std::make_tuple(!b.intra, b.i, b.j, b.op);
    });
    return result;
  }

 private:
  void add_atom(const BlockAtom& atom, int unit) {
    const int operations = static_cast<int>(group_.operations.size());
    for (size_t k = 0; k < atom.site.size(); k += 4) {
      if (atom.site[k] < 1 || atom.site[k] >= operations)
        fail(fmt::format("site with operation {} in space group {}, which has {}", atom.site[k],
                         group_.number, operations));
    }
    keys_.push_back(atom.site);
    numbers_.push_back(atom.atomic_number);
    unit_.push_back(unit);
    near_.emplace_back();
  }

  void add_bond(const BlockBond& bond, int from_base, int from_size, int to_base, int to_size) {
    if (bond.from < 0 || bond.from >= from_size || bond.to < 0 || bond.to >= to_size || bond.op < -1 ||
        bond.op >= static_cast<int>(group_.operations.size())) {
      fail(fmt::format("bond {}-{} by operation {} does not exist", bond.from, bond.to, bond.op));
    }
    bonds_.push_back({from_base + bond.from, to_base + bond.to, bond.op});
    if (bond.op >= 0) return;
    near_[static_cast<size_t>(bonds_.back().from)].push_back(bonds_.back().to);
    near_[static_cast<size_t>(bonds_.back().to)].push_back(bonds_.back().from);
  }

  void place_units() {
    std::vector<char> placed(static_cast<size_t>(n_units_), 0);
    for (int root = 0; root < n_units_; ++root) {
      if (placed[static_cast<size_t>(root)]) continue;
      std::queue<int> queue;
      queue.push(root);
      placed[static_cast<size_t>(root)] = 1;
      while (!queue.empty()) {
        const int unit = queue.front();
        queue.pop();
        for (size_t a = 0; a < keys_.size(); ++a) {
          if (unit_[a] != unit) continue;
          for (const int other : near_[a]) {
            const int next = unit_[static_cast<size_t>(other)];
            if (placed[static_cast<size_t>(next)]) continue;
            move_unit(next, placed);
            placed[static_cast<size_t>(next)] = 1;
            queue.push(next);
          }
        }
      }
    }
  }

  void move_unit(int unit, const std::vector<char>& placed) {
    std::vector<std::pair<size_t, Site>> holds;  // atom of the unit, site of a placed neighbour
    bool special = false;
    for (size_t a = 0; a < keys_.size(); ++a) {
      if (unit_[a] != unit) continue;
      special |= !keys_[a].empty();
      for (const int other : near_[a]) {
        const auto o = static_cast<size_t>(other);
        if (placed[static_cast<size_t>(unit_[o])] && !keys_[a].empty() && !keys_[o].empty())
          holds.emplace_back(a, site_of(group_, keys_[o]));
      }
    }
    if (!special || holds.empty()) return;
    auto best = std::make_tuple(1e300, 0, Vec3i(0, 0, 0));
    for (int x = -kReach; x <= kReach; ++x) {
      for (int y = -kReach; y <= kReach; ++y) {
        for (int z = -kReach; z <= kReach; ++z) {
          const Vec3i w(x, y, z);
          double gap = 0;
          for (const auto& [atom, site] : holds)
            gap += squared_gap(site_of(group_, translated(group_, keys_[atom], w)), site);
          const double rounded = std::round(gap * 1e6) / 1e6;
          const int length = w.squaredNorm();
          if (std::tie(rounded, length) < std::tie(std::get<0>(best), std::get<1>(best)))
            best = {rounded, length, w};
        }
      }
    }
    for (size_t a = 0; a < keys_.size(); ++a) {
      if (unit_[a] == unit) keys_[a] = translated(group_, keys_[a], std::get<2>(best));
    }
  }

  // As core/asymmetric_unit.cpp walks: metals first, each molecule depth first, hydrogen after its parent.
  void walk() {
    parent_.assign(keys_.size(), -1);
    seen_.assign(keys_.size(), 0);
    for (int root = 0; root < static_cast<int>(keys_.size()); ++root) {
      if (seen_[static_cast<size_t>(root)]) continue;
      const size_t begin = order_.size();
      visit(root, -1);
      for (size_t k = begin; k < order_.size(); ++k) {
        if (k == begin || is_metal(numbers_[static_cast<size_t>(order_[k])])) expand(order_[k]);
      }
    }
  }

  void visit(int atom, int parent) {
    seen_[static_cast<size_t>(atom)] = 1;
    parent_[static_cast<size_t>(atom)] = parent;
    order_.push_back(atom);
  }

  void expand(int atom) {
    auto next = near_[static_cast<size_t>(atom)];
    std::stable_sort(next.begin(), next.end(), [&](int a, int b) {
      return (numbers_[static_cast<size_t>(a)] != kHydrogen) <
             (numbers_[static_cast<size_t>(b)] != kHydrogen);
    });
    for (const int other : next) {
      if (seen_[static_cast<size_t>(other)]) continue;
      visit(other, atom);
      if (!is_metal(numbers_[static_cast<size_t>(other)])) expand(other);
    }
  }

  const SpaceGroup& group_;
  int n_units_ = 0;
  std::vector<SiteKey> keys_;  // [n_atoms]
  std::vector<int> numbers_, unit_;
  std::vector<std::vector<int>> near_;  // neighbours inside the asymmetric unit
  std::vector<BlockBond> bonds_;
  std::vector<int> parent_, order_;
  std::vector<char> seen_;
};

}  // namespace

Chemistry to_chemistry(const Blocks& blocks) {
  if (blocks.metals.empty() && blocks.molecules.empty()) fail("a chemistry without atoms");
  return Assembly(blocks).chemistry();
}

}  // namespace clamp::diffusion
