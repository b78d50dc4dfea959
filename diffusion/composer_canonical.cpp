#include "diffusion/composer_canonical.h"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>
#include <set>
#include <tuple>

#include "core/elements.h"

namespace clamp::diffusion {
namespace {

constexpr int kReach = 2;      // lattice vectors tried on each side
constexpr size_t kTrials = 8;  // atoms tried first where refinement leaves a tie

using Color = std::vector<int>;

// Replaces colours by their ranks.
std::vector<int> ranks_of(const std::vector<Color>& colors) {
  const std::set<Color> distinct(colors.begin(), colors.end());
  std::map<Color, int> rank;
  for (const Color& color : distinct) rank.emplace(color, static_cast<int>(rank.size()));
  std::vector<int> ranks;
  for (const Color& color : colors) ranks.push_back(rank[color]);
  return ranks;
}

// Colour refinement over labelled, directed bonds until nothing changes.
std::vector<int> refine(std::vector<int> ranks,
                        const std::vector<std::vector<std::array<int, 2>>>& neighbors) {
  size_t classes = 0;
  while (true) {
    std::vector<Color> colors(ranks.size());
    for (size_t a = 0; a < ranks.size(); ++a) {
      std::vector<std::array<int, 2>> around;
      for (const auto& [other, label] : neighbors[a])
        around.push_back({label, ranks[static_cast<size_t>(other)]});
      std::sort(around.begin(), around.end());
      colors[a].push_back(ranks[a]);
      for (const auto& [label, rank] : around) colors[a].insert(colors[a].end(), {label, rank});
    }
    ranks = ranks_of(colors);
    const size_t now = std::set<int>(ranks.begin(), ranks.end()).size();
    if (now == classes) return ranks;
    classes = now;
  }
}

class MoleculeOrder {
 public:
  MoleculeOrder(const SpaceGroup& group, const MoleculeBlock& molecule)
      : group_(group), molecule_(molecule), neighbors_(molecule.form.atoms.size()) {
    for (const BlockBond& bond : molecule.form.bonds) {
      const int back = bond.op < 0 ? -1 : inverse(bond);
      neighbors_[static_cast<size_t>(bond.from)].push_back({bond.to, bond.op});
      neighbors_[static_cast<size_t>(bond.to)].push_back({bond.from, back});
    }
  }

  // order[k]: the atom that comes k-th.
  std::vector<int> best() const {
    auto ranks = refine(first_ranks(), neighbors_);
    std::vector<int> chosen;
    std::vector<int> best_content;
    const auto tie = first_tie(ranks);
    const size_t n_trials = tie.empty() ? 1 : std::min(tie.size(), kTrials);
    for (size_t trial = 0; trial < n_trials; ++trial) {
      auto settled = ranks;
      if (!tie.empty()) settled = refine(individualised(settled, tie[trial]), neighbors_);
      for (auto rest = first_tie(settled); !rest.empty(); rest = first_tie(settled))
        settled = refine(individualised(settled, rest[0]), neighbors_);
      const auto order = walk(settled);
      const auto content = reordered(order).form.content();
      if (chosen.empty() || content < best_content) {
        chosen = order;
        best_content = content;
      }
    }
    return chosen;
  }

  MoleculeBlock reordered(const std::vector<int>& order) const {
    std::vector<int> place(order.size());
    for (size_t k = 0; k < order.size(); ++k) place[static_cast<size_t>(order[k])] = static_cast<int>(k);
    MoleculeBlock result;
    result.form.space_group = molecule_.form.space_group;
    for (const int a : order) result.form.atoms.push_back(molecule_.form.atoms[static_cast<size_t>(a)]);
    for (const BlockBond& bond : molecule_.form.bonds) {
      BlockBond moved{place[static_cast<size_t>(bond.from)], place[static_cast<size_t>(bond.to)], bond.op};
      if (moved.from < moved.to) {
        std::swap(moved.from, moved.to);
        if (moved.op >= 0) moved.op = inverse(bond);
      }
      result.form.bonds.push_back(moved);
    }
    for (const BlockBond& grip : molecule_.grips)
      result.grips.push_back({place[static_cast<size_t>(grip.from)], grip.to, grip.op});
    std::sort(result.form.bonds.begin(), result.form.bonds.end());
    std::sort(result.grips.begin(), result.grips.end());
    return result;
  }

 private:
  const SiteKey& site(int atom) const { return molecule_.form.atoms[static_cast<size_t>(atom)].site; }

  int inverse(const BlockBond& bond) const {
    return smallest_operation(group_, site(bond.to), inverse_operation(group_, bond.op), site(bond.from),
                              bond.from == bond.to);
  }

  std::vector<int> first_ranks() const {
    std::vector<Color> colors;
    for (size_t a = 0; a < molecule_.form.atoms.size(); ++a) {
      const BlockAtom& atom = molecule_.form.atoms[a];
      Color color = {atom.atomic_number == 1 ? 1 : 0, -atom.atomic_number,
                     static_cast<int>(neighbors_[a].size())};
      color.insert(color.end(), atom.site.begin(), atom.site.end());
      colors.push_back(std::move(color));
    }
    return ranks_of(colors);
  }

  static std::vector<int> first_tie(const std::vector<int>& ranks) {
    std::map<int, std::vector<int>> classes;
    for (size_t a = 0; a < ranks.size(); ++a) classes[ranks[a]].push_back(static_cast<int>(a));
    for (const auto& [rank, atoms] : classes) {
      if (atoms.size() > 1) return atoms;
    }
    return {};
  }

  static std::vector<int> individualised(std::vector<int> ranks, int atom) {
    for (int& rank : ranks) rank *= 2;
    --ranks[static_cast<size_t>(atom)];
    return ranks;
  }

  // Depth first from the smallest rank, so that each atom follows one that it is bonded to in the unit.
  std::vector<int> walk(const std::vector<int>& ranks) const {
    std::vector<int> by_rank(ranks.size());
    std::iota(by_rank.begin(), by_rank.end(), 0);
    std::sort(by_rank.begin(), by_rank.end(),
              [&](int a, int b) { return ranks[static_cast<size_t>(a)] < ranks[static_cast<size_t>(b)]; });
    std::vector<int> order;
    std::vector<char> seen(ranks.size(), 0);
    for (const int root : by_rank) visit(root, ranks, seen, order);
    return order;
  }

  void visit(int root, const std::vector<int>& ranks, std::vector<char>& seen,
             std::vector<int>& order) const {
    std::vector<int> stack = {root};
    while (!stack.empty()) {
      const int atom = stack.back();
      stack.pop_back();
      if (seen[static_cast<size_t>(atom)]) continue;
      seen[static_cast<size_t>(atom)] = 1;
      order.push_back(atom);
      std::vector<int> next;
      for (const auto& [other, label] : neighbors_[static_cast<size_t>(atom)]) {
        if (label == -1 && !seen[static_cast<size_t>(other)]) next.push_back(other);
      }
      // The last pushed is visited first: hydrogen, then small ranks.
      std::sort(next.begin(), next.end(), [&](int a, int b) {
        const auto key = [&](int x) {
          return std::make_tuple(molecule_.form.atoms[static_cast<size_t>(x)].atomic_number == 1 ? 0 : 1,
                                 ranks[static_cast<size_t>(x)]);
        };
        return key(b) < key(a);
      });
      stack.insert(stack.end(), next.begin(), next.end());
    }
  }

  const SpaceGroup& group_;
  const MoleculeBlock& molecule_;
  std::vector<std::vector<std::array<int, 2>>> neighbors_;  // (other, operation or -1)
};

}  // namespace

std::vector<int> operations_of(const SiteKey& site) {
  std::vector<int> operations = {0};
  for (size_t k = 0; k < site.size(); k += 4) operations.push_back(site[k]);
  return operations;
}

int inverse_operation(const SpaceGroup& group, int op) {
  const auto& row = group.product[static_cast<size_t>(op)];
  return static_cast<int>(std::distance(row.begin(), std::find(row.begin(), row.end(), 0)));
}

int smallest_operation(const SpaceGroup& group, const SiteKey& from, int op, const SiteKey& to, bool self) {
  int smallest = op;
  for (const int start : {op, self ? inverse_operation(group, op) : op}) {
    for (const int left : operations_of(from)) {
      const int moved = group.product[static_cast<size_t>(left)][static_cast<size_t>(start)];
      for (const int right : operations_of(to))
        smallest = std::min(smallest, group.product[static_cast<size_t>(moved)][static_cast<size_t>(right)]);
    }
  }
  return smallest;
}

SiteKey translated(const SpaceGroup& group, const SiteKey& site, const Vec3i& w) {
  SiteKey moved = site;
  for (size_t k = 0; k < site.size(); k += 4) {
    const Vec3i change = w - group.operations[static_cast<size_t>(site[k])].rotation * w;
    for (int c = 0; c < 3; ++c) moved[k + 1 + static_cast<size_t>(c)] += change[c];
  }
  return moved;
}

void reduce_sites(const SpaceGroup& group, const std::vector<SiteKey*>& sites) {
  const auto cost = [](const std::vector<SiteKey>& keys) {
    int size = 0;
    for (const SiteKey& key : keys) {
      for (size_t k = 0; k < key.size(); ++k) size += k % 4 == 0 ? 0 : std::abs(key[k]);
    }
    return size;
  };
  std::vector<SiteKey> start;
  for (const SiteKey* site : sites) start.push_back(*site);
  // Far shifts are walked down in steps of kReach.
  for (int round = 0; round < 8; ++round) {
    auto best = std::make_tuple(cost(start), start);
    for (int a = -kReach; a <= kReach; ++a) {
      for (int b = -kReach; b <= kReach; ++b) {
        for (int c = -kReach; c <= kReach; ++c) {
          std::vector<SiteKey> moved;
          for (const SiteKey& site : start) moved.push_back(translated(group, site, {a, b, c}));
          best = std::min(best, std::make_tuple(cost(moved), moved));
        }
      }
    }
    if (std::get<1>(best) == start) break;
    start = std::get<1>(best);
  }
  for (size_t k = 0; k < sites.size(); ++k) *sites[k] = start[k];
}

void canonicalise(const SpaceGroup& group, MoleculeBlock& molecule) {
  const MoleculeOrder order(group, molecule);
  molecule = order.reordered(order.best());
}

void order_blocks(Blocks& blocks) {
  // Metals: element (heavy first), site, and the sorted contents of the molecules that grip them.
  std::vector<std::vector<std::vector<int>>> held(blocks.metals.size());
  for (const MoleculeBlock& molecule : blocks.molecules) {
    const auto content = molecule.form.content();
    for (const BlockBond& grip : molecule.grips) {
      auto entry = content;
      entry.insert(entry.begin(), {grip.from, grip.op});
      held[static_cast<size_t>(grip.to)].push_back(std::move(entry));
    }
  }
  for (auto& list : held) std::sort(list.begin(), list.end());
  std::vector<int> order(blocks.metals.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](int a, int b) {
    const auto& x = blocks.metals[static_cast<size_t>(a)];
    const auto& y = blocks.metals[static_cast<size_t>(b)];
    const int zx = -x.atomic_number, zy = -y.atomic_number;
    return std::tie(zx, x.site, held[static_cast<size_t>(a)]) <
           std::tie(zy, y.site, held[static_cast<size_t>(b)]);
  });
  std::vector<int> place(order.size());
  std::vector<BlockAtom> metals;
  for (size_t k = 0; k < order.size(); ++k) {
    place[static_cast<size_t>(order[k])] = static_cast<int>(k);
    metals.push_back(blocks.metals[static_cast<size_t>(order[k])]);
  }
  const SpaceGroup& group = space_group(blocks.space_group);
  for (BlockBond& bond : blocks.metal_bonds) {
    bond.from = place[static_cast<size_t>(bond.from)];
    bond.to = place[static_cast<size_t>(bond.to)];
    if (bond.from >= bond.to) continue;
    std::swap(bond.from, bond.to);
    if (bond.op >= 0) {
      bond.op = smallest_operation(group, metals[static_cast<size_t>(bond.from)].site,
                                   inverse_operation(group, bond.op),
                                   metals[static_cast<size_t>(bond.to)].site, false);
    }
  }
  blocks.metals = std::move(metals);
  std::sort(blocks.metal_bonds.begin(), blocks.metal_bonds.end());
  for (MoleculeBlock& molecule : blocks.molecules) {
    for (BlockBond& grip : molecule.grips) grip.to = place[static_cast<size_t>(grip.to)];
    std::sort(molecule.grips.begin(), molecule.grips.end());
  }
  std::stable_sort(blocks.molecules.begin(), blocks.molecules.end(),
                   [](const MoleculeBlock& a, const MoleculeBlock& b) {
                     const auto key = [](const MoleculeBlock& m) {
                       return std::make_tuple(m.grips.empty(), -static_cast<int>(m.form.atoms.size()),
                                              m.form.content(), m.grips);
                     };
                     return key(a) < key(b);
                   });
}

}  // namespace clamp::diffusion
