#include "evaluate/building_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <tuple>

#include "core/elements.h"

namespace clamp::evaluate {
namespace {

constexpr int kHydrogen = 1;
constexpr int kCarbon = 6;
constexpr int kNitrogen = 7;
constexpr int kChelate = 4;  // bonds between donors of a chelate ring of at most six atoms

using Indices = std::vector<int64_t>;

// The bond graph of an atom subset with indices of its own.
struct Subgraph {
  Indices atoms;
  std::vector<int> numbers;
  std::vector<Bond> bonds;
};

template <class Keep>
Subgraph subgraph(const std::vector<int>& numbers, const std::vector<Bond>& bonds, const Keep& keep) {
  Subgraph part;
  std::vector<int64_t> index(numbers.size(), -1);
  for (size_t a = 0; a < numbers.size(); ++a) {
    if (!keep(static_cast<int64_t>(a))) continue;
    index[a] = static_cast<int64_t>(part.atoms.size());
    part.atoms.push_back(static_cast<int64_t>(a));
    part.numbers.push_back(numbers[a]);
  }
  for (Bond bond : bonds) {
    bond.i = index[static_cast<size_t>(bond.i)];
    bond.j = index[static_cast<size_t>(bond.j)];
    if (bond.i >= 0 && bond.j >= 0) part.bonds.push_back(bond);
  }
  return part;
}

class Analysis {
 public:
  Analysis(const std::vector<int>& numbers, const std::vector<Bond>& bonds, bool images_known)
      : numbers_(numbers),
        bonds_(bonds),
        images_known_(images_known),
        metal_bonds_(numbers.size(), 0),
        metals_of_(numbers.size()) {
    for (const Bond& bond : bonds) {
      if (metal(bond.j)) add_metal(bond.i, bond.j, bond.shift);
      if (metal(bond.i)) add_metal(bond.j, bond.i, -bond.shift);
    }
  }

  std::vector<Fragment> fragments() {
    const auto organic = subgraph(numbers_, bonds_, [&](int64_t a) { return !metal(a); });
    std::map<std::string, Fragment> by_kind;
    for (const Component& component : components(organic.numbers, organic.bonds)) {
      const auto fragment = describe(organic, component);
      const auto key = fmt::format("{}|{}|{}|{}|{}", fragment.molecule.smiles, fragment.molecule.reason,
                                   fragment.metal_bonds, fragment.dimension, fragment.n_atoms);
      auto [it, is_new] = by_kind.emplace(key, fragment);
      ++it->second.count;
      if (fragment.n_atoms == 1 || heavy_.size() == 1)
        single_.insert(single_.end(), heavy_.begin(), heavy_.end());
    }
    std::vector<Fragment> found;
    for (auto& entry : by_kind) found.push_back(std::move(entry.second));
    std::stable_sort(found.begin(), found.end(), [](const Fragment& a, const Fragment& b) {
      return std::make_tuple(!a.is_linker, -a.n_atoms) < std::make_tuple(!b.is_linker, -b.n_atoms);
    });
    return found;
  }

  std::vector<MetalSite> metals() const {
    std::map<std::pair<int, std::string>, int> counts;
    std::vector<std::map<std::string, int>> donors(numbers_.size());
    for (const Bond& bond : bonds_) {
      if (metal(bond.i)) ++donors[static_cast<size_t>(bond.i)][element_symbol(number(bond.j))];
      if (metal(bond.j)) ++donors[static_cast<size_t>(bond.j)][element_symbol(number(bond.i))];
    }
    for (size_t a = 0; a < numbers_.size(); ++a) {
      if (!is_metal(numbers_[a])) continue;
      std::string coordination;
      for (const auto& [symbol, count] : donors[a]) coordination += fmt::format("{}{}", symbol, count);
      ++counts[{numbers_[a], coordination}];
    }
    std::vector<MetalSite> sites;
    for (const auto& [key, count] : counts) sites.push_back({key.first, key.second, count});
    return sites;
  }

  // After fragments(): the heavy atoms of one-atom fragments join metals into nodes.
  std::vector<MetalNode> nodes() const {
    std::vector<char> in(numbers_.size(), 0);
    for (size_t a = 0; a < numbers_.size(); ++a) in[a] = is_metal(numbers_[a]) ? 1 : 0;
    for (const auto atom : single_)
      in[static_cast<size_t>(atom)] = metals_of_[static_cast<size_t>(atom)].size() > 1;
    const auto part = subgraph(numbers_, bonds_, [&](int64_t a) { return in[static_cast<size_t>(a)] != 0; });
    std::map<std::pair<std::string, int>, int> counts;
    for (const Component& component : components(part.numbers, part.bonds)) {
      if (!component.has_metal) continue;
      std::vector<int> elements;
      for (const auto atom : component.atoms) elements.push_back(part.numbers[static_cast<size_t>(atom)]);
      std::stable_partition(elements.begin(), elements.end(), [](int z) { return is_metal(z); });
      ++counts[{node_formula(elements), component.dimension}];
    }
    std::vector<MetalNode> found;
    for (const auto& [key, count] : counts) found.push_back({key.first, count, key.second});
    return found;
  }

 private:
  int number(int64_t atom) const { return numbers_[static_cast<size_t>(atom)]; }
  bool metal(int64_t atom) const { return is_metal(number(atom)); }

  void add_metal(int64_t atom, int64_t other, const Vec3i& shift) {
    ++metal_bonds_[static_cast<size_t>(atom)];
    metals_of_[static_cast<size_t>(atom)].insert({other, shift[0], shift[1], shift[2]});
  }

  static std::string node_formula(const std::vector<int>& elements) {
    std::map<int, int> metals, others;
    for (const int z : elements) ++(is_metal(z) ? metals : others)[z];
    std::string text;
    for (const auto* group : {&metals, &others}) {
      for (const auto& [z, count] : *group) {
        text += fmt::format("{}{}{}", text.empty() ? "" : " ", element_symbol(z),
                            count == 1 ? "" : std::to_string(count));
      }
    }
    return text;
  }

  // Different metals around one molecule. Images of a metal are different; where they are not known, two
  // donors bonded to one metal chelate the same image if they are at most kChelate bonds apart.
  int count_metals(const Subgraph& organic, const Component& component, const MolecularGraph& graph) const {
    std::set<std::tuple<int64_t, int, int, int>> distinct;
    std::vector<std::pair<int, int64_t>> grips;  // (atom of the molecule, metal)
    for (size_t k = 0; k < component.atoms.size(); ++k) {
      const auto global = organic.atoms[static_cast<size_t>(component.atoms[k])];
      for (const auto& metal_image : metals_of_[static_cast<size_t>(global)]) {
        distinct.insert(metal_image);
        grips.emplace_back(static_cast<int>(k), std::get<0>(metal_image));
      }
    }
    if (images_known_) return static_cast<int>(distinct.size());
    int groups = 0;
    for (size_t g = 0; g < grips.size(); ++g) {
      const auto near = within(graph, grips[g].first, kChelate);
      const bool chelates =
          std::any_of(grips.begin(), grips.begin() + static_cast<std::ptrdiff_t>(g), [&](const auto& other) {
            return other.second == grips[g].second && near[static_cast<size_t>(other.first)] != 0;
          });
      groups += chelates ? 0 : 1;
    }
    return groups;
  }

  // Which atoms are at most `reach` bonds from `from`.
  static std::vector<char> within(const MolecularGraph& graph, int from, int reach) {
    std::vector<char> near(graph.atomic_numbers.size(), 0);
    near[static_cast<size_t>(from)] = 1;
    for (int step = 0; step < reach; ++step) {
      auto wider = near;
      for (const auto& [i, j] : graph.bonds) {
        if (near[static_cast<size_t>(i)]) wider[static_cast<size_t>(j)] = 1;
        if (near[static_cast<size_t>(j)]) wider[static_cast<size_t>(i)] = 1;
      }
      near.swap(wider);
    }
    return near;
  }

  Fragment describe(const Subgraph& organic, const Component& component) {
    Fragment fragment;
    fragment.dimension = component.dimension;
    fragment.n_atoms = static_cast<int>(component.atoms.size());
    std::map<int64_t, int> index;
    MolecularGraph graph;
    heavy_.clear();
    bool organic_atom = false;
    for (const auto atom : component.atoms) {
      const auto global = organic.atoms[static_cast<size_t>(atom)];
      index[atom] = static_cast<int>(index.size());
      graph.atomic_numbers.push_back(number(global));
      graph.metal_bonds.push_back(metal_bonds_[static_cast<size_t>(global)]);
      fragment.metal_bonds += graph.metal_bonds.back();
      if (number(global) != kHydrogen) heavy_.push_back(global);
      organic_atom |= number(global) == kCarbon || number(global) == kNitrogen;
    }
    for (const Bond& bond : organic.bonds) {
      const auto it = index.find(bond.i);
      if (it != index.end()) graph.bonds.emplace_back(it->second, index.at(bond.j));
    }
    fragment.metals = count_metals(organic, component, graph);
    fragment.is_linker =
        organic_atom && fragment.metal_bonds >= 2 && fragment.metals >= 2 && heavy_.size() > 1;
    if (component.dimension > 0) {
      fragment.molecule.reason =
          fmt::format("the organic part repeats without end in {} directions", component.dimension);
    } else {
      std::sort(graph.bonds.begin(), graph.bonds.end());
      graph.bonds.erase(std::unique(graph.bonds.begin(), graph.bonds.end()), graph.bonds.end());
      fragment.molecule = perceive_molecule(graph);
    }
    return fragment;
  }

  const std::vector<int>& numbers_;
  const std::vector<Bond>& bonds_;
  bool images_known_;
  std::vector<int> metal_bonds_;
  std::vector<std::set<std::tuple<int64_t, int, int, int>>> metals_of_;
  Indices heavy_;   // of the fragment at hand
  Indices single_;  // heavy atoms of fragments that have one
};

BuildingBlocks analyse(const std::vector<int>& numbers, const std::vector<Bond>& bonds, bool images_known) {
  Analysis analysis(numbers, bonds, images_known);
  BuildingBlocks blocks;
  blocks.fragments = analysis.fragments();
  blocks.metals = analysis.metals();
  blocks.nodes = analysis.nodes();
  return blocks;
}

}  // namespace

BuildingBlocks building_blocks(const std::vector<int>& numbers, const std::vector<Bond>& bonds) {
  auto blocks = analyse(numbers, bonds, true);
  const auto parts = components(numbers, bonds);
  blocks.framework_dimension = framework_dimension(numbers, bonds);
  for (const Component& part : parts) {
    if (part.has_metal && part.dimension == blocks.framework_dimension) ++blocks.catenation;
  }
  return blocks;
}

BuildingBlocks building_blocks(const Chemistry& chemistry) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const ExpandedAtoms atoms = expand_atoms(chemistry);
  std::vector<int> numbers;
  for (const int slot : atoms.slot)
    numbers.push_back(chemistry.slots[static_cast<size_t>(slot)].atomic_number);
  std::vector<Bond> bonds;
  for (const SlotBond& bond : chemistry.bonds) {
    if (bond.op < 0) continue;
    std::set<std::pair<int, int>> copies;
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const int m = group.product[h][static_cast<size_t>(bond.op)];
      const int i = atoms.atom_of[static_cast<size_t>(bond.i)][h];
      const int j = atoms.atom_of[static_cast<size_t>(bond.j)][static_cast<size_t>(m)];
      copies.insert({std::min(i, j), std::max(i, j)});
    }
    for (const auto& [i, j] : copies) bonds.push_back({i, j, Vec3i::Zero(), 0});
  }
  return analyse(numbers, bonds, false);
}

std::string fragment_list(const BuildingBlocks& blocks, bool linkers_only) {
  std::string text;
  for (const Fragment& fragment : blocks.fragments) {
    if (fragment.molecule.smiles.empty() || (linkers_only && !fragment.is_linker)) continue;
    text += fmt::format("{}{}*{}", text.empty() ? "" : "; ", fragment.molecule.smiles, fragment.count);
  }
  return text;
}

}  // namespace clamp::evaluate
