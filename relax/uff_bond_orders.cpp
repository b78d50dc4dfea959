#include <Eigen/Core>
#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <set>

#include "core/elements.h"
#include "relax/uff_graph.h"

namespace clamp::relax {
namespace {

constexpr double kLongestAromatic = 1.445;  // Å, of a six-membered ring with terminal O or S
constexpr double kLinearCosine = -0.94;     // 160 degrees
constexpr size_t kMostEdges = 14;           // of a pi system that is enumerated

/// A bond between atoms that want pi bonds.
struct PiEdge {
  int a, b, bond;
};

class PiSystem {
 public:
  PiSystem(const UffGraph& graph, size_t n_bonds) : graph_(graph) {
    const size_t n = graph.n_atoms();
    result_.order.assign(n_bonds, 1);
    result_.aromatic.assign(n, 0);
    result_.planar.assign(n, 0);
    result_.linear.assign(n, 0);
    result_.conjugated.assign(n, 0);
    demand_.assign(n, 0);
    in_aromatic_ring_.assign(n_bonds, 0);
  }

  BondOrders run() {
    for (size_t a = 0; a < graph_.n_atoms(); ++a) demand_[a] = demand_of(a);
    find_aromatic_rings();
    place_pi_bonds();
    spread_unmatched();
    for (size_t a = 0; a < graph_.n_atoms(); ++a) classify(a);
    for (size_t a = 0; a < graph_.n_atoms(); ++a) conjugate(a);
    return std::move(result_);
  }

 private:
  int z(size_t atom) const { return graph_.atomic_numbers[atom]; }

  bool terminal(int atom) const {  // O or S with one covalent bond
    return (z(atom) == 8 || z(atom) == 16) && graph_.covalent[atom] == 1;
  }

  int terminal_neighbors(size_t atom) const {
    const auto& links = graph_.links[atom];
    return static_cast<int>(
        std::count_if(links.begin(), links.end(), [&](const Link& l) { return terminal(l.atom); }));
  }

  bool straight(size_t atom) const {
    std::vector<Vec3> near;
    for (const Link& link : graph_.links[atom]) {
      if (!is_metal(z(link.atom))) near.push_back(link.vector.normalized());
    }
    return near.size() == 2 && near[0].dot(near[1]) < kLinearCosine;
  }

  /// Pi bonds that an atom still wants beside its sigma bonds.
  int demand_of(size_t a) const {
    const int covalent = graph_.covalent[a];
    switch (z(a)) {
      case 6: {
        // A metal takes the fourth bond of an alkyl, not the pi electrons of a flat carbon.
        const bool sigma_metal = graph_.metals[a] > 0 && !(covalent == 3 && is_planar(graph_, a));
        return std::clamp(4 - covalent - (sigma_metal ? 1 : 0), 0, 2);
      }
      case 7:
        if (covalent == 1) return 2;
        if (covalent == 2) return straight(a) ? 2 : 1;
        return covalent == 3 && terminal_neighbors(a) > 0 ? 1 : 0;
      case 8: {
        if (covalent != 1) return 0;
        for (const Link& link : graph_.links[a]) {  // carbon monoxide
          if (z(link.atom) == 6 && graph_.covalent[link.atom] == 1) return 2;
        }
        return 1;
      }
      case 16:
      case 34:
        if (covalent == 1) return 1;
        return covalent == 3 ? 1 : (covalent == 4 ? 2 : 0);
      case 15:
      case 33:
        return covalent == 4 ? 1 : 0;
      case 17:
      case 35:
      case 53:
        return covalent >= 2 ? covalent - 1 : 0;
      default:
        return 0;
    }
  }

  bool may_be_aromatic(size_t a) const {
    const int covalent = graph_.covalent[a];
    switch (z(a)) {
      case 5:
        return covalent == 3;
      case 6:
        return demand_[a] == 1;
      case 7:
        return covalent == 2 ? demand_[a] == 1 : covalent == 3;
      case 8:
      case 16:
      case 34:
        return covalent == 2;
      default:
        return false;
    }
  }

  void find_aromatic_rings() {
    std::set<std::vector<int>> rings;  // by bonds
    for (size_t a = 0; a < graph_.n_atoms(); ++a) {
      if (!may_be_aromatic(a)) continue;
      std::vector<Link> path = {{static_cast<int>(a), Vec3i::Zero(), -1, Vec3::Zero()}};
      extend(path, rings);
    }
    for (const auto& ring : rings) {
      for (const int bond : ring) in_aromatic_ring_[bond] = 1;
    }
    for (size_t a = 0; a < graph_.n_atoms(); ++a) {
      for (const Link& link : graph_.links[a]) {
        if (in_aromatic_ring_[link.bond]) {
          result_.aromatic[a] = 1;
          result_.order[link.bond] = 1.5;
        }
      }
      if (result_.aromatic[a] && !keeps_demand_.count(static_cast<int>(a))) demand_[a] = 0;
    }
  }

  void extend(std::vector<Link>& path, std::set<std::vector<int>>& rings) {
    const Link last = path.back();
    for (const Link& link : graph_.links[last.atom]) {
      if (link.bond == last.bond) continue;
      const Vec3i shift = last.shift + link.shift;
      if (path.size() >= 5 && link.atom == path[0].atom && shift.isZero()) close(path, link, rings);
      if (path.size() == 6 || !may_be_aromatic(link.atom)) continue;
      const auto met = [&](const Link& l) { return l.atom == link.atom && l.shift == shift; };
      if (std::any_of(path.begin(), path.end(), met)) continue;
      path.push_back({link.atom, shift, link.bond, link.vector});
      extend(path, rings);
      path.pop_back();
    }
  }

  void close(const std::vector<Link>& path, const Link& last, std::set<std::vector<int>>& rings) {
    std::vector<int> bonds = {last.bond};
    std::vector<int> atoms;
    double longest = last.vector.norm();
    for (const Link& step : path) {
      atoms.push_back(step.atom);
      if (step.bond >= 0) bonds.push_back(step.bond);
      longest = std::max(longest, step.vector.norm());
    }
    std::sort(bonds.begin(), bonds.end());
    if (rings.count(bonds)) return;
    int electrons = 0;
    int carbonyls = 0;
    int donors = 0;
    for (const int atom : atoms) {
      const bool carbonyl = z(atom) == 6 && terminal_neighbors(atom) > 0;
      const bool donor = z(atom) != 6 && demand_[atom] == 0 && z(atom) != 5;
      carbonyls += carbonyl ? 1 : 0;
      donors += donor ? 1 : 0;
      electrons += donor ? 2 : (carbonyl || z(atom) == 5 ? 0 : 1);
    }
    if (atoms.size() == 5) {
      const bool anion = electrons == 5 && donors == 0 && carbonyls == 0;
      if ((electrons == 6 && carbonyls == 0) || anion) rings.insert(bonds);
      return;
    }
    const bool cation = electrons == 7 && donors == 1 && carbonyls == 0;
    if (electrons == 6 && donors > 0) {  // pyridone keeps its C=O
      for (const int atom : atoms) {
        if (z(atom) == 6 && terminal_neighbors(atom) > 0) keeps_demand_.insert(atom);
      }
    }
    const bool phenolate = electrons + carbonyls == 6 && donors == 0 && longest < kLongestAromatic;
    if (electrons == 6 || cation || (carbonyls > 0 && phenolate)) rings.insert(bonds);
  }

  std::vector<PiEdge> pi_edges() const {
    std::vector<PiEdge> edges;
    for (size_t a = 0; a < graph_.n_atoms(); ++a) {
      for (const Link& link : graph_.links[a]) {
        const bool first = link.atom > static_cast<int>(a);  // a bond of an atom to its own image has no pi
        if (first && demand_[a] > 0 && demand_[link.atom] > 0 && !in_aromatic_ring_[link.bond]) {
          edges.push_back({static_cast<int>(a), link.atom, link.bond});
        }
      }
    }
    return edges;
  }

  void place_pi_bonds() {
    const std::vector<PiEdge> edges = pi_edges();
    std::vector<int> component(graph_.n_atoms());
    std::iota(component.begin(), component.end(), 0);
    const auto root = [&](int a) {
      while (component[a] != a) a = component[a] = component[component[a]];
      return a;
    };
    for (const PiEdge& e : edges) component[root(e.a)] = root(e.b);
    std::vector<std::vector<PiEdge>> systems(graph_.n_atoms());
    for (const PiEdge& e : edges) systems[root(e.a)].push_back(e);
    for (const auto& system : systems) {
      if (system.empty()) continue;
      if (system.size() <= kMostEdges) {
        average_matchings(system);
      } else {
        share_evenly(system);
      }
    }
  }

  /// Mean over all placements of the largest number of pi bonds.
  void average_matchings(const std::vector<PiEdge>& edges) {
    std::vector<int> left = demand_;
    std::vector<int> placed(edges.size(), 0);
    std::vector<double> sum(edges.size(), 0);
    double ways = 0;
    int best = -1;
    const auto visit = [&](auto&& self, size_t k, int total) -> void {
      if (k == edges.size()) {
        if (total < best) return;
        if (total > best) {
          best = total;
          ways = 0;
          std::fill(sum.begin(), sum.end(), 0.0);
        }
        ++ways;
        for (size_t e = 0; e < edges.size(); ++e) sum[e] += placed[e];
        return;
      }
      const PiEdge& e = edges[k];
      for (int n = std::min({left[e.a], left[e.b], 2}); n >= 0; --n) {
        left[e.a] -= n;
        left[e.b] -= n;
        placed[k] = n;
        self(self, k + 1, total + n);
        left[e.a] += n;
        left[e.b] += n;
      }
    };
    visit(visit, 0, 0);
    for (size_t e = 0; e < edges.size(); ++e) result_.order[edges[e].bond] += sum[e] / ways;
    std::vector<double> used(graph_.n_atoms(), 0);
    for (size_t e = 0; e < edges.size(); ++e) {
      used[edges[e].a] += sum[e] / ways;
      used[edges[e].b] += sum[e] / ways;
    }
    for (const PiEdge& e : edges) matched(e, used);
  }

  /// Large systems: atoms with one free neighbour first, what is left evenly over the bonds.
  void share_evenly(std::vector<PiEdge> edges) {
    std::vector<double> used(graph_.n_atoms(), 0);
    std::vector<int> left = demand_;
    const auto free_edges = [&](int a) {
      return std::count_if(edges.begin(), edges.end(), [&](const PiEdge& e) {
        return (e.a == a || e.b == a) && left[e.a] > 0 && left[e.b] > 0;
      });
    };
    bool moved = true;
    while (moved) {
      moved = false;
      for (const PiEdge& e : edges) {
        if (left[e.a] == 0 || left[e.b] == 0 || (free_edges(e.a) > 1 && free_edges(e.b) > 1)) continue;
        const int n = std::min(left[e.a], left[e.b]);
        left[e.a] -= n;
        left[e.b] -= n;
        used[e.a] += n;
        used[e.b] += n;
        result_.order[e.bond] += n;
        moved = true;
      }
    }
    for (const PiEdge& e : edges) {
      if (left[e.a] == 0 || left[e.b] == 0) continue;
      const double share = std::min(static_cast<double>(left[e.a]) / static_cast<double>(free_edges(e.a)),
                                    static_cast<double>(left[e.b]) / static_cast<double>(free_edges(e.b)));
      result_.order[e.bond] += share;
      used[e.a] += share;
      used[e.b] += share;
    }
    for (const PiEdge& e : edges) matched(e, used);
  }

  void matched(const PiEdge& e, const std::vector<double>& used) {
    for (const int a : {e.a, e.b}) {
      if (used[a] > 0) result_.planar[a] = 1;
      if (used[a] > 0.99) demand_[a] = 0;
    }
  }

  /// A flat carbon or nitrogen beside aromatic rings (the bridges of a porphyrin): its pi bond is spread over
  /// them.
  void spread_unmatched() {
    for (size_t a = 0; a < graph_.n_atoms(); ++a) {
      if (demand_[a] != 1 || result_.planar[a] || (z(a) != 6 && z(a) != 7) || graph_.covalent[a] < 2)
        continue;
      std::vector<int> bonds;
      for (const Link& link : graph_.links[a]) {
        if (result_.aromatic[link.atom]) bonds.push_back(link.bond);
      }
      for (const int bond : bonds) result_.order[bond] += 1.0 / static_cast<double>(bonds.size());
      if (!bonds.empty()) result_.planar[a] = 1;
    }
  }

  void classify(size_t a) {
    if (result_.aromatic[a]) result_.planar[a] = 1;
    if (z(a) == 6) {
      const int degree = graph_.covalent[a] + (graph_.metals[a] > 0 && graph_.covalent[a] < 3 ? 1 : 0);
      result_.linear[a] = degree <= 2;
      // A carbon of three neighbours is flat even where no partner for its pi electron is found.
      if (degree == 3 && demand_of(a) == 1) result_.planar[a] = 1;
    }
    if (z(a) == 7) {
      result_.linear[a] = graph_.covalent[a] == 1 || (graph_.covalent[a] == 2 && demand_of(a) == 2);
      for (const Link& link : graph_.links[a]) {
        if (graph_.covalent[a] == 1 && result_.order[link.bond] < 1.75) result_.linear[a] = 0;
      }
    }
    if (result_.linear[a]) result_.planar[a] = 0;
  }

  bool lone_pair(size_t a) const {
    if (result_.planar[a] || result_.linear[a]) return false;
    if (z(a) == 7) return graph_.degree(a) <= 3;
    return z(a) == 8 && graph_.covalent[a] >= 1 && graph_.degree(a) <= 2;
  }

  /// Flat atoms with a pi bond or lone pair on the far side of a single bond.
  void conjugate(size_t a) {
    if (result_.aromatic[a]) result_.conjugated[a] = 1;
    for (const Link& link : graph_.links[a]) {
      const bool pair = result_.planar[a] || lone_pair(a);
      const int b = link.atom;
      if (!pair || result_.order[link.bond] > 1.75) continue;
      const bool far =
          result_.planar[b] || (result_.linear[b] && z(b) == 6) || (result_.planar[a] && lone_pair(b));
      if (!far) continue;
      result_.conjugated[a] = 1;
      // The partner of this atom's double bond is conjugated too.
      for (const Link& other : graph_.links[a]) {
        if (result_.planar[a] && result_.planar[other.atom] && result_.order[other.bond] > 1.2)
          result_.conjugated[other.atom] = 1;
      }
    }
  }

  const UffGraph& graph_;
  BondOrders result_;
  std::vector<int> demand_;
  std::vector<char> in_aromatic_ring_;
  std::set<int> keeps_demand_;
};

}  // namespace

BondOrders find_bond_orders(const UffGraph& graph, size_t n_bonds) { return PiSystem(graph, n_bonds).run(); }

}  // namespace clamp::relax
