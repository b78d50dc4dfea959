#include "sampler/composer_checks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/elements.h"

namespace clamp::sampler {
namespace {

constexpr double kSamePoint = 1e-6;  // fractional

struct Expanded {
  std::vector<int> numbers;                // [n_atoms]
  std::vector<std::pair<int, int>> bonds;  // i <= j, one a bond class and pair of atoms
  std::vector<int> degree, metal_degree;   // [n_atoms]
};

Expanded expand(const Chemistry& chemistry) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const ExpandedAtoms atoms = expand_atoms(chemistry);
  Expanded out;
  for (const int slot : atoms.slot)
    out.numbers.push_back(chemistry.slots[static_cast<size_t>(slot)].atomic_number);
  out.degree.assign(out.numbers.size(), 0);
  out.metal_degree.assign(out.numbers.size(), 0);
  for (const SlotBond& bond : chemistry.bonds) {
    if (bond.op < 0) continue;
    std::set<std::pair<int, int>> copies;
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const auto m = static_cast<size_t>(group.product[h][static_cast<size_t>(bond.op)]);
      const int i = atoms.atom_of[static_cast<size_t>(bond.i)][h];
      const int j = atoms.atom_of[static_cast<size_t>(bond.j)][m];
      copies.insert({std::min(i, j), std::max(i, j)});
    }
    for (const auto& [i, j] : copies) {
      out.bonds.emplace_back(i, j);
      for (const auto& [a, b] : {std::make_pair(i, j), std::make_pair(j, i)}) {
        ++out.degree[static_cast<size_t>(a)];
        out.metal_degree[static_cast<size_t>(a)] += is_metal(out.numbers[static_cast<size_t>(b)]) ? 1 : 0;
      }
    }
  }
  return out;
}

class Checker {
 public:
  Checker(const Chemistry& chemistry, int dimension)
      : chemistry_(chemistry), dimension_(dimension), graph_(expand(chemistry)) {
    result_.blocks = evaluate::building_blocks(chemistry);
  }

  GraphChecks run() {
    molecules();
    charges();
    attached();
    organic();
    coordination();
    sites();
    bonds();
    dimension();
    return std::move(result_);
  }

 private:
  void fail_check(const char* name, const std::string& reason) {
    if (result_.reason.empty()) result_.reason = reason;
    result_.failures.emplace_back(name);
  }

  void molecules() {
    for (const auto& fragment : result_.blocks.fragments) {
      if (fragment.molecule.sane) continue;
      fail_check("molecules",
                 fmt::format("the molecule {} has {}", fragment.molecule.smiles, fragment.molecule.reason));
      return;
    }
  }

  // All copies of a slot have one oxidation state.
  void charges() {
    int charge = 0;
    for (const auto& fragment : result_.blocks.fragments) charge += fragment.count * fragment.molecule.charge;
    std::set<int> sums = {0};
    const auto order = static_cast<int>(space_group(chemistry_.space_group).operations.size());
    for (const Slot& slot : chemistry_.slots) {
      if (!is_metal(slot.atomic_number)) continue;
      const int copies = order / std::max<int>(1, static_cast<int>(slot.site.operations.size()));
      std::set<int> next;
      for (const int sum : sums) {
        for (const int state : oxidation_states(slot.atomic_number)) next.insert(sum + state * copies);
      }
      sums.swap(next);
    }
    if (sums.count(-charge) > 0) return;
    fail_check("charges", fmt::format("the molecules have charge {}, the metals can have {} to {}", charge,
                                      *sums.begin(), *sums.rbegin()));
  }

  void attached() {
    for (size_t a = 0; a < graph_.numbers.size(); ++a) {
      if (!is_metal(graph_.numbers[a]) || graph_.degree[a] > 0) continue;
      fail_check("attached", fmt::format("a {} atom has no bond", element_symbol(graph_.numbers[a])));
      return;
    }
    const auto& fragments = result_.blocks.fragments;
    const bool any =
        std::any_of(fragments.begin(), fragments.end(), [](const auto& f) { return !f.is_guest(); });
    if (!any) fail_check("attached", "no molecule is bonded to a metal");
  }

  void organic() {
    if (std::find(graph_.numbers.begin(), graph_.numbers.end(), 6) != graph_.numbers.end()) return;
    fail_check("organic", "no molecule has carbon");
  }

  void coordination() {
    for (size_t a = 0; a < graph_.numbers.size(); ++a) {
      const int z = graph_.numbers[a];
      if (graph_.degree[a] <= largest_coordination(z)) continue;
      fail_check("coordination", fmt::format("a {} atom has {} bonds, at most {} are usual",
                                             element_symbol(z), graph_.degree[a], largest_coordination(z)));
      return;
    }
  }

  void sites() {
    const SpaceGroup& group = space_group(chemistry_.space_group);
    const auto whole = [](const Vec3& v) {
      return (v - Vec3(v.array().round())).cwiseAbs().maxCoeff() < kSamePoint;
    };
    for (size_t a = 0; a < chemistry_.slots.size(); ++a) {
      for (size_t b = 0; b < a; ++b) {
        const Site& x = chemistry_.slots[a].site;
        const Site& y = chemistry_.slots[b].site;
        if (x.dimension != 0 || y.dimension != 0) continue;
        for (const auto& op : group.operations) {
          if (!whole(op.rotation.cast<double>() * x.offset + op.translation - y.offset)) continue;
          fail_check("sites", fmt::format("{} and {} share one point",
                                          element_symbol(chemistry_.slots[a].atomic_number),
                                          element_symbol(chemistry_.slots[b].atomic_number)));
          return;
        }
      }
    }
  }

  void bonds() {
    std::set<std::pair<int, int>> seen;
    for (const auto& [i, j] : graph_.bonds) {
      const int zi = graph_.numbers[static_cast<size_t>(i)], zj = graph_.numbers[static_cast<size_t>(j)];
      if (i == j) {
        fail_check("bonds", fmt::format("a {} atom is bonded to itself", element_symbol(zi)));
        return;
      }
      if (is_metal(zi) || is_metal(zj) || seen.insert({i, j}).second) continue;
      fail_check("bonds", fmt::format("{} and {} are bonded twice", element_symbol(zi), element_symbol(zj)));
      return;
    }
  }

  // The rank of the translations of a component is at most its number of independent cycles.
  void dimension() {
    std::vector<int> leader(graph_.numbers.size());
    std::iota(leader.begin(), leader.end(), 0);
    const auto find = [&](int a) {
      while (leader[static_cast<size_t>(a)] != a) a = leader[static_cast<size_t>(a)];
      return a;
    };
    for (const auto& [i, j] : graph_.bonds)
      leader[static_cast<size_t>(std::max(find(i), find(j)))] = std::min(find(i), find(j));
    std::map<int, int> cycles;
    std::set<int> with_metal;
    for (size_t a = 0; a < leader.size(); ++a) {
      const int root = find(static_cast<int>(a));
      --cycles[root];
      if (is_metal(graph_.numbers[a])) with_metal.insert(root);
    }
    for (const auto& bond : graph_.bonds) ++cycles[find(bond.first)];
    int most = 0;
    for (const int root : with_metal) most = std::max(most, cycles[root] + 1);
    if (most >= dimension_) return;
    fail_check("dimension", fmt::format("meant to be {}-dimensional, but its bonds close only {} cycles",
                                        dimension_, most));
  }

  const Chemistry& chemistry_;
  int dimension_;
  Expanded graph_;
  GraphChecks result_;
};

std::map<int, std::vector<int>> make_oxidation_states() {
  std::map<int, std::vector<int>> states;
  const auto set = [&](const std::vector<const char*>& symbols, const std::vector<int>& of) {
    for (const char* symbol : symbols) states[atomic_number_of(symbol)] = of;
  };
  set({"Li", "Na", "K", "Rb", "Cs"}, {1});
  set({"Be", "Mg", "Ca", "Sr", "Ba", "Zn", "Cd"}, {2});
  set({"Al", "Ga", "Sc", "Y", "La", "Pr", "Nd", "Pm", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Lu"}, {3});
  set({"In"}, {1, 3});
  set({"Tl"}, {1, 3});
  set({"Ce"}, {3, 4});
  set({"Eu", "Sm", "Yb"}, {2, 3});
  set({"Ti"}, {3, 4});
  set({"V"}, {2, 3, 4, 5});
  set({"Cr"}, {0, 2, 3, 6});
  set({"Mn"}, {1, 2, 3, 4});
  set({"Fe"}, {0, 2, 3});
  set({"Co"}, {1, 2, 3});
  set({"Ni"}, {0, 2, 3});
  set({"Cu"}, {1, 2});
  set({"Ag"}, {1, 2});
  set({"Au"}, {1, 3});
  set({"Hg"}, {1, 2});
  set({"Zr", "Hf", "Th"}, {4});
  set({"Nb", "Ta"}, {3, 4, 5});
  set({"Mo", "W"}, {0, 2, 3, 4, 5, 6});
  set({"Tc", "Re"}, {1, 3, 4, 5, 7});
  set({"Ru", "Os"}, {0, 2, 3, 4});
  set({"Rh"}, {1, 2, 3});
  set({"Ir"}, {1, 3, 4});
  set({"Pd"}, {0, 2, 4});
  set({"Pt"}, {0, 2, 4});
  set({"Sn", "Pb"}, {2, 4});
  set({"Bi", "Sb"}, {3, 5});
  set({"Po"}, {2, 4});
  set({"U", "Np", "Pu"}, {3, 4, 5, 6});
  set({"Pa"}, {4, 5});
  set({"Ac", "Am", "Cm", "Bk", "Cf"}, {3});
  return states;
}

}  // namespace

const std::vector<std::string>& graph_check_names() {
  static const std::vector<std::string> names = {"molecules",    "charges", "attached", "organic",
                                                 "coordination", "sites",   "bonds",    "dimension"};
  return names;
}

GraphChecks check_chemistry(const Chemistry& chemistry, int framework_dimension) {
  return Checker(chemistry, framework_dimension).run();
}

const std::vector<int>& oxidation_states(int atomic_number) {
  static const auto states = make_oxidation_states();
  static const std::vector<int> any = {1, 2, 3, 4};
  const auto it = states.find(atomic_number);
  return it == states.end() ? any : it->second;
}

std::string composition_key(const evaluate::BuildingBlocks& blocks) {
  std::map<std::string, int> counts;
  for (const auto& metal : blocks.metals) counts[element_symbol(metal.atomic_number)] += metal.count;
  for (const auto& fragment : blocks.fragments) {
    counts[fragment.molecule.smiles.empty() ? "?" : fragment.molecule.smiles] += fragment.count;
  }
  int divisor = 0;
  for (const auto& entry : counts) divisor = std::gcd(divisor, entry.second);
  std::string key;
  for (const auto& [name, count] : counts)
    key += fmt::format("{}{}*{}", key.empty() ? "" : "|", name, count / std::max(1, divisor));
  return key;
}

int64_t composition_hash(const evaluate::BuildingBlocks& blocks) {
  uint64_t hash = 14695981039346656037ULL;  // FNV-1a
  for (const char c : composition_key(blocks)) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1099511628211ULL;
  }
  return static_cast<int64_t>(hash >> 1);
}

}  // namespace clamp::sampler
