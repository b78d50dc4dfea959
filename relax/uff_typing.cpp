#include "relax/uff_typing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/elements.h"
#include "core/error.h"
#include "relax/uff_metal_orders.h"

namespace clamp::relax {
namespace {

constexpr double kMetalMetalOrder = 0.5;
constexpr double kAmideOrder = 1.41;  // Rappé 1992

double degrees(double cosine) { return std::acos(std::clamp(cosine, -1.0, 1.0)) * 180 / M_PI; }

/// Geometry characters of types from the best to the worst for a polyhedron.
const char* preference(Coordination coordination, int degree) {
  switch (coordination) {
    case Coordination::kLinear:
      return "123468";
    case Coordination::kTrigonal:
      return "234168";
    case Coordination::kTetrahedral:
      return "342681";
    case Coordination::kSquare:
    case Coordination::kBipyramid:
      return "463821";
    case Coordination::kOctahedral:
      return "648321";
    case Coordination::kNone:
    case Coordination::kIrregular:
      break;
  }
  if (degree <= 2) return "123468";
  if (degree <= 4) return "324618";
  return degree <= 6 ? "648321" : "864321";
}

const UffType& metal_type(int z, Coordination coordination, int degree, bool& nearest) {
  const auto types = uff_types_of(z);
  if (types.empty()) fail(fmt::format("UFF has no type for {}", element_symbol(z)));
  nearest = false;
  const char* const order = preference(coordination, degree);
  for (const char* geometry = order; *geometry != 0; ++geometry) {
    // UFF4MOF's types come last and go first.
    for (auto it = types.rbegin(); it != types.rend(); ++it) {
      if ((*it)->geometry != *geometry) continue;
      nearest = geometry != order;
      return **it;
    }
  }
  return *types.front();  // one type for any coordination
}

class Typer {
 public:
  Typer(const UffGraph& graph, size_t n_bonds) : graph_(graph) {
    typing_.bonds = find_bond_orders(graph, n_bonds);
  }

  UffTyping run() {
    const size_t n = graph_.n_atoms();
    typing_.types.resize(n);
    typing_.coordination.assign(n, Coordination::kNone);
    for (size_t a = 0; a < n; ++a) {
      if (is_metal(graph_.atomic_numbers[a])) {
        set_metal(a);
      } else {
        typing_.types[a] = &uff_type(name_of(a));
      }
    }
    for (size_t a = 0; a < n; ++a) set_orders(a);
    return std::move(typing_);
  }

 private:
  int z(size_t a) const { return graph_.atomic_numbers[a]; }

  void set_metal(size_t a) {
    std::vector<Vec3> directions;
    for (const Link& link : graph_.links[a]) {
      if (!is_metal(z(link.atom))) directions.push_back(link.vector.normalized());
    }
    const Coordination coordination = classify_coordination(directions);
    typing_.coordination[a] = coordination;
    bool nearest = false;
    typing_.types[a] = &metal_type(z(a), coordination, static_cast<int>(directions.size()), nearest);
    if (nearest) ++typing_.counts["nearest_type"];
    if (coordination == Coordination::kIrregular) ++typing_.counts["irregular_metal"];
  }

  std::string name_of(size_t a) const {
    switch (z(a)) {
      case 1:
        return graph_.degree(a) >= 2 ? "H_b" : "H_";
      case 5:
        return graph_.covalent[a] >= 4 ? "B_3" : "B_2";
      case 6:
        return organic("C", a);
      case 7:
        return nitrogen(a);
      case 8:
        return oxygen(a);
      case 9:
        return "F_";
      case 15:
        if (graph_.covalent[a] >= 4) return "P_3+5";
        return graph_.metals[a] > 0 ? "P_3+q" : "P_3+3";
      case 16:
        return sulfur(a);
      default:
        return only_type(a);
    }
  }

  std::string organic(const char* element, size_t a) const {
    const BondOrders& b = typing_.bonds;
    if (b.linear[a]) return fmt::format("{}_1", element);
    if (!b.planar[a]) return fmt::format("{}_3", element);
    return fmt::format("{}_{}", element, b.conjugated[a] ? "R" : "2");
  }

  std::string nitrogen(size_t a) const {
    const BondOrders& b = typing_.bonds;
    if (b.linear[a] && graph_.metals[a] > 1) return graph_.metals[a] == 2 ? "N_2" : "N_3";
    if (b.linear[a] || b.planar[a]) return organic("N", a);
    return b.conjugated[a] && graph_.degree(a) <= 3 ? "N_R" : "N_3";
  }

  std::string oxygen(size_t a) const {
    const BondOrders& b = typing_.bonds;
    const int metals = graph_.metals[a];
    const int covalent = graph_.covalent[a];
    if (covalent == 0) {  // oxide
      if (metals <= 1) return "O_2";
      return metals == 2 ? "O_3" : (metals == 3 ? "O_2_z" : "O_3_f");
    }
    if (b.aromatic[a]) return "O_R";
    const bool hydroxide = covalent == 1 && z(graph_.links[a][first_covalent(a)].atom) == 1;
    if (hydroxide) return metals >= 3 ? "O_3_f" : "O_3";
    if (b.order[graph_.links[a][first_covalent(a)].bond] > 2.5) return "O_1";
    // UFF4MOF: oxygen with one organic neighbour is O_2 on a metal, whatever its bond order.
    if (covalent == 1 && metals > 0) return metals >= 3 ? "O_3_f" : "O_2";
    if (b.planar[a]) return b.conjugated[a] ? "O_R" : "O_2";
    return b.conjugated[a] && metals == 0 ? "O_R" : "O_3";
  }

  size_t first_covalent(size_t a) const {
    const auto& links = graph_.links[a];
    for (size_t k = 0; k < links.size(); ++k) {
      if (!is_metal(z(links[k].atom))) return k;
    }
    return 0;
  }

  std::string sulfur(size_t a) const {
    const BondOrders& b = typing_.bonds;
    const int covalent = graph_.covalent[a];
    if (b.aromatic[a]) return "S_R";
    if (covalent >= 4) return "S_3+6";
    if (covalent == 3) return "S_3+4";
    return b.planar[a] && graph_.metals[a] == 0 ? "S_2" : "S_3+2";
  }

  /// Elements with one UFF type.
  std::string only_type(size_t a) const {
    const auto types = uff_types_of(z(a));
    if (types.empty()) fail(fmt::format("UFF has no type for {}", element_symbol(z(a))));
    return types.front()->name;
  }

  void set_orders(size_t a) {
    for (const Link& link : graph_.links[a]) {
      const bool metal = is_metal(z(a)) || is_metal(z(link.atom));
      if (metal) {
        typing_.bonds.order[link.bond] = metal_order(a, link.atom);
        continue;
      }
      const bool amide = z(a) == 7 && graph_.covalent[a] == 3 && !typing_.bonds.planar[a] &&
                         z(link.atom) == 6 && typing_.bonds.order[link.bond] == 1 && has_carbonyl(link.atom);
      if (amide) typing_.bonds.order[link.bond] = kAmideOrder;
    }
  }

  double metal_order(size_t a, size_t b) const {
    if (is_oxo(a) || is_oxo(b)) return 2;
    if (is_metal(z(a)) && is_metal(z(b))) return kMetalMetalOrder;
    const size_t metal = is_metal(z(a)) ? a : b;
    return metal_ligand_order(*typing_.types[metal], graph_.covalent[metal]);
  }

  bool is_oxo(size_t a) const { return z(a) == 8 && graph_.covalent[a] == 0 && graph_.metals[a] == 1; }

  bool has_carbonyl(int carbon) const {
    const auto& links = graph_.links[carbon];
    return std::any_of(links.begin(), links.end(), [&](const Link& l) {
      return z(l.atom) == 8 && graph_.covalent[l.atom] == 1 && typing_.bonds.order[l.bond] > 1.9;
    });
  }

  const UffGraph& graph_;
  UffTyping typing_;
};

}  // namespace

Coordination classify_coordination(const std::vector<Vec3>& directions) {
  std::vector<double> angles;
  for (size_t i = 0; i < directions.size(); ++i) {
    for (size_t j = 0; j < i; ++j) angles.push_back(degrees(directions[i].dot(directions[j])));
  }
  std::sort(angles.rbegin(), angles.rend());
  switch (directions.size()) {
    case 0:
    case 1:
      return Coordination::kNone;
    case 2:
      return angles[0] > 150 ? Coordination::kLinear : Coordination::kIrregular;
    case 3:
      if (angles[0] + angles[1] + angles[2] < 340) return Coordination::kIrregular;
      return angles[0] < 150 ? Coordination::kTrigonal : Coordination::kSquare;
    case 4: {
      const double tau =
          (360 - angles[0] - angles[1]) / 141;  // Yang, Powell & Houser, Dalton Trans. 2007, 955
      if (tau < 0.4) return Coordination::kSquare;
      return tau > 0.6 ? Coordination::kTetrahedral : Coordination::kIrregular;
    }
    case 5: {
      const double tau = (angles[0] - angles[1]) / 60;  // Addison et al., J. Chem. Soc. Dalton 1984, 1349
      if (angles.back() < 65) return Coordination::kIrregular;
      return tau < 0.5 ? Coordination::kSquare : Coordination::kBipyramid;
    }
    case 6:
      return angles[2] > 150 && angles[3] < 130 && angles.back() > 60 ? Coordination::kOctahedral
                                                                      : Coordination::kIrregular;
    default:
      return Coordination::kIrregular;
  }
}

UffTyping assign_uff_types(const UffGraph& graph, size_t n_bonds) { return Typer(graph, n_bonds).run(); }

}  // namespace clamp::relax
