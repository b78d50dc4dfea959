#include "evaluate/bond_orders.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <queue>

#include "core/elements.h"
#include "evaluate/valence_states.h"

namespace clamp::evaluate {
namespace {

constexpr int kMaxExtra = 2;  // of one bond: a triple bond
constexpr int kBitsPerAtom = 3;
constexpr int kMaxFrontier = 20;
constexpr int kFavoured = 3;   // cost of an anion that is preferred
constexpr int kExocyclic = 8;  // of a double bond from a ring atom out of the ring
constexpr int kCarbon = 6, kNitrogen = 7, kOxygen = 8, kSulfur = 16;

struct Edge {
  int other = 0;
  int bond = 0;
};

// One way to have used extra units so far. `previous` is an index into the states of the step before.
struct State {
  uint64_t used = 0;
  int cost = 0;
  int previous = -1;
  int8_t extra = 0;  // given to the bond of this step
};

// A step of the programme: decide a bond's extra units, or close an atom.
struct Step {
  int bond = -1;  // to decide, -1: close `a`
  int a = 0, b = 0;
};

class Solver {
 public:
  Solver(const MolecularGraph& graph, DonorCharge donors)
      : graph_(graph),
        exocyclic_(graph.bonds.size(), 0),
        favoured_(graph.atomic_numbers.size(), 0),
        degree_(graph.atomic_numbers.size(), 0),
        edges_(graph.atomic_numbers.size()) {
    for (const auto& [i, j] : graph.bonds) {
      ++degree_[static_cast<size_t>(i)];
      ++degree_[static_cast<size_t>(j)];
    }
    for (size_t k = 0; k < graph.bonds.size(); ++k) {
      const auto [i, j] = graph.bonds[k];
      if (room(i) == 0 || room(j) == 0) continue;
      edges_[static_cast<size_t>(i)].push_back({j, static_cast<int>(k)});
      edges_[static_cast<size_t>(j)].push_back({i, static_cast<int>(k)});
    }
    if (donors == DonorCharge::kAnions) mark_rings();
  }

  // Bonds out of rings (no ring bond themselves, with an end that has one), and the donors of rings.
  void mark_rings() {
    const size_t n = graph_.atomic_numbers.size();
    std::vector<std::vector<Edge>> all(n);
    for (size_t k = 0; k < graph_.bonds.size(); ++k) {
      const auto [i, j] = graph_.bonds[k];
      all[static_cast<size_t>(i)].push_back({j, static_cast<int>(k)});
      all[static_cast<size_t>(j)].push_back({i, static_cast<int>(k)});
    }
    std::vector<char> ring_bond(graph_.bonds.size(), 0), in_ring(n, 0);
    for (size_t k = 0; k < graph_.bonds.size(); ++k) {
      // A ring bond's ends stay connected without it.
      const auto [i, j] = graph_.bonds[k];
      std::vector<char> seen(n, 0);
      std::vector<int> stack = {i};
      while (!stack.empty() && !seen[static_cast<size_t>(j)]) {
        const int atom = stack.back();
        stack.pop_back();
        if (seen[static_cast<size_t>(atom)]) continue;
        seen[static_cast<size_t>(atom)] = 1;
        for (const Edge& edge : all[static_cast<size_t>(atom)]) {
          if (edge.bond != static_cast<int>(k)) stack.push_back(edge.other);
        }
      }
      ring_bond[k] = seen[static_cast<size_t>(j)];
      if (ring_bond[k]) in_ring[static_cast<size_t>(i)] = in_ring[static_cast<size_t>(j)] = 1;
    }
    for (size_t k = 0; k < graph_.bonds.size(); ++k) {
      const auto [i, j] = graph_.bonds[k];
      exocyclic_[k] = !ring_bond[k] && (in_ring[static_cast<size_t>(i)] || in_ring[static_cast<size_t>(j)]);
    }
    for (size_t a = 0; a < n; ++a) {
      const int z = graph_.atomic_numbers[a];
      const bool holds = graph_.metal_bonds[a] > 0;
      if (z == kNitrogen && degree_[a] == 2) favoured_[a] = in_ring[a] && holds;
      if ((z != kOxygen && z != kSulfur) || degree_[a] != 1) continue;
      const auto on = static_cast<size_t>(all[a][0].other);
      favoured_[a] = in_ring[on] && holds && graph_.atomic_numbers[on] == kCarbon;
    }
  }

  std::vector<int> extra_units() {
    std::vector<int> extra(graph_.bonds.size(), 0);
    std::vector<char> seen(graph_.atomic_numbers.size(), 0);
    for (size_t root = 0; root < seen.size(); ++root) {
      if (seen[root] || edges_[root].empty()) continue;
      solve(plan(static_cast<int>(root), seen), extra);
    }
    return extra;
  }

  int degree(int atom) const { return degree_[static_cast<size_t>(atom)]; }

 private:
  int room(int atom) const {
    return largest_valence(graph_.atomic_numbers[static_cast<size_t>(atom)], degree(atom)) - degree(atom);
  }

  int closing_cost(int atom, int used) const {
    const auto a = static_cast<size_t>(atom);
    const auto state =
        valence_state(graph_.atomic_numbers[a], degree(atom), degree(atom) + used, graph_.metal_bonds[a]);
    return state.charge == -1 && favoured_[a] ? kFavoured : state.cost;
  }

  // Breadth first from `root`: bonds back to earlier atoms, and each atom closed after its last bond.
  std::vector<Step> plan(int root, std::vector<char>& seen) const {
    std::vector<int> order;
    std::queue<int> queue;
    queue.push(root);
    seen[static_cast<size_t>(root)] = 1;
    while (!queue.empty()) {
      const int atom = queue.front();
      queue.pop();
      order.push_back(atom);
      for (const Edge& edge : edges_[static_cast<size_t>(atom)]) {
        if (seen[static_cast<size_t>(edge.other)]) continue;
        seen[static_cast<size_t>(edge.other)] = 1;
        queue.push(edge.other);
      }
    }
    std::map<int, int> rank;
    for (size_t k = 0; k < order.size(); ++k) rank[order[k]] = static_cast<int>(k);
    std::map<int, int> open;
    std::vector<Step> steps;
    for (const int atom : order) open[atom] = static_cast<int>(edges_[static_cast<size_t>(atom)].size());
    for (const int atom : order) {
      for (const Edge& edge : edges_[static_cast<size_t>(atom)]) {
        if (rank[edge.other] > rank[atom]) continue;
        steps.push_back({edge.bond, edge.other, atom});
        for (const int end : {edge.other, atom}) {
          if (--open[end] == 0) steps.push_back({-1, end, 0});
        }
      }
    }
    return steps;
  }

  // Place of each atom in a state, given at its first bond and free again once it is closed.
  std::vector<std::pair<int, int>> places(const std::vector<Step>& steps) const {
    std::map<int, int> place;
    std::vector<char> taken(kMaxFrontier + 1, 0);
    std::vector<std::pair<int, int>> of_step;
    const auto place_of = [&](int atom) {
      const auto it = place.find(atom);
      if (it != place.end()) return it->second;
      int slot = 0;
      while (slot < kMaxFrontier && taken[static_cast<size_t>(slot)]) ++slot;
      taken[static_cast<size_t>(slot)] = 1;
      return place[atom] = slot;
    };
    for (const Step& step : steps) {
      if (step.bond >= 0) {
        const int a = place_of(step.a);
        of_step.emplace_back(a, place_of(step.b));
      } else {
        const int a = place_of(step.a);
        of_step.emplace_back(a, 0);
        taken[static_cast<size_t>(a)] = 0;
        place.erase(step.a);
      }
    }
    return of_step;
  }

  static int used_of(const State& state, int place) {
    return static_cast<int>((state.used >> (place * kBitsPerAtom)) & 7U);
  }

  void solve(const std::vector<Step>& steps, std::vector<int>& extra) const {
    const auto place = places(steps);
    const bool too_wide = std::any_of(place.begin(), place.end(), [](const auto& p) {
      return p.first >= kMaxFrontier || p.second >= kMaxFrontier;
    });
    if (too_wide) return;  // no molecule is that entangled: single bonds, and the valences say so
    std::vector<std::vector<State>> layers = {{State{}}};
    for (size_t k = 0; k < steps.size(); ++k) layers.push_back(advance(layers.back(), steps[k], place[k]));
    int at = 0;
    for (size_t k = steps.size(); k-- > 0;) {
      const State& state = layers[k + 1][static_cast<size_t>(at)];
      if (steps[k].bond >= 0) extra[static_cast<size_t>(steps[k].bond)] = state.extra;
      at = state.previous;
    }
  }

  // States sorted by cost, one for each way of use.
  std::vector<State> advance(const std::vector<State>& before, const Step& step,
                             const std::pair<int, int>& place) const {
    std::map<uint64_t, State> best;
    const auto offer = [&](State state) {
      const auto [it, is_new] = best.emplace(state.used, state);
      if (!is_new && state.cost < it->second.cost) it->second = state;
    };
    for (size_t p = 0; p < before.size(); ++p) {
      State state = before[p];
      state.previous = static_cast<int>(p);
      state.extra = 0;
      if (step.bond < 0) {
        state.cost += closing_cost(step.a, used_of(before[p], place.first));
        state.used &= ~(uint64_t{7} << (place.first * kBitsPerAtom));
        offer(state);
        continue;
      }
      const int room_a = room(step.a) - used_of(before[p], place.first);
      const int room_b = room(step.b) - used_of(before[p], place.second);
      for (int units = 0; units <= std::min({kMaxExtra, room_a, room_b}); ++units) {
        State next = state;
        next.extra = static_cast<int8_t>(units);
        if (units > 0 && exocyclic_[static_cast<size_t>(step.bond)]) next.cost += kExocyclic;
        next.used += (static_cast<uint64_t>(units) << (place.first * kBitsPerAtom)) +
                     (static_cast<uint64_t>(units) << (place.second * kBitsPerAtom));
        offer(next);
      }
    }
    std::vector<State> after;
    for (const auto& entry : best) after.push_back(entry.second);
    std::stable_sort(after.begin(), after.end(),
                     [](const State& a, const State& b) { return a.cost < b.cost; });
    if (after.size() > kMaxBondStates) after.resize(kMaxBondStates);
    return after;
  }

  const MolecularGraph& graph_;
  std::vector<char> exocyclic_;  // [n_bonds] 1 where kAnions avoids a double bond
  std::vector<char> favoured_;   // [n_atoms] 1 where kAnions would rather have an anion
  std::vector<int> degree_;
  std::vector<std::vector<Edge>> edges_;
};

}  // namespace

BondOrders assign_bond_orders(const MolecularGraph& graph, DonorCharge donors) {
  Solver solver(graph, donors);
  const auto extra = solver.extra_units();
  BondOrders result;
  std::vector<int> valence(graph.atomic_numbers.size());
  for (size_t a = 0; a < valence.size(); ++a) valence[a] = solver.degree(static_cast<int>(a));
  for (size_t k = 0; k < graph.bonds.size(); ++k) {
    result.orders.push_back(1 + extra[k]);
    valence[static_cast<size_t>(graph.bonds[k].first)] += extra[k];
    valence[static_cast<size_t>(graph.bonds[k].second)] += extra[k];
  }
  for (size_t a = 0; a < valence.size(); ++a) {
    const int z = graph.atomic_numbers[a];
    const int degree = solver.degree(static_cast<int>(a));
    const auto state = valence_state(z, degree, valence[a], graph.metal_bonds[a]);
    result.charges.push_back(state.charge);
    if (state.sane || !result.reason.empty()) continue;
    result.reason =
        fmt::format("{} with {} neighbours and valence {}", element_symbol(z), degree, valence[a]);
  }
  return result;
}

}  // namespace clamp::evaluate
