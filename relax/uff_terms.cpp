#include "relax/uff_terms.h"

#include <algorithm>
#include <cmath>

#include "core/elements.h"

namespace clamp::relax {
namespace {

constexpr double kCoulomb = 332.06;  // kcal/mol Å, as in equations 6 and 13 (664.12 is twice that)
constexpr double kOrderFactor = 0.1332;
constexpr double kDegree = M_PI / 180;
constexpr double kTetrahedral = 109.47;
constexpr int kChalcogenGroup = 16;

bool trigonal(const UffType& t) { return t.geometry == '2' || t.geometry == 'R'; }

/// Torsion polynomials: coefficients of cos(n phi) in powers of cos(phi).
std::array<double, 7> multiple_angle(int n) {
  switch (n) {
    case 2:
      return {-1, 0, 2};
    case 3:
      return {0, -3, 0, 4};
    default:  // 6
      return {-1, 0, 18, 0, -48, 0, 32};
  }
}

class Builder {
 public:
  Builder(const UffGraph& graph, const UffTyping& typing, double metal_angles)
      : graph_(graph), typing_(typing), metal_angles_(metal_angles) {}

  UffTerms run() {
    terms_.counts = typing_.counts;
    const int n = static_cast<int>(graph_.n_atoms());
    terms_.excluded.resize(graph_.n_atoms());
    for (int a = 0; a < n; ++a) {
      add_stretches(a);
      add_angles(a);
      add_inversions(a);
      for (const Link& link : graph_.links[a]) {
        if (first_end(a, link)) add_torsions(a, link);
      }
    }
    for (auto& keys : terms_.excluded) {
      std::sort(keys.begin(), keys.end());
      keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    }
    return std::move(terms_);
  }

 private:
  const UffType& type(size_t a) const { return *typing_.types[a]; }
  bool metal(size_t a) const { return is_metal(graph_.atomic_numbers[a]); }
  static AtomImage image(const Link& link) { return {link.atom, link.shift}; }

  /// Each bond once, from its first end.
  bool first_end(int a, const Link& link) const {
    if (link.atom != a) return a < link.atom;
    for (int k = 0; k < 3; ++k) {
      if (link.shift[k] != 0) return link.shift[k] > 0;
    }
    return false;
  }

  /// A flat carbon that a metal binds from the side.
  bool haptic(size_t a) const {
    return graph_.atomic_numbers[a] == 6 && graph_.covalent[a] == 3 && graph_.metals[a] > 0 &&
           typing_.bonds.planar[a];
  }

  /// Neighbours that take part in the bonded terms at `a`: all, but no metals at haptic carbons and metals.
  std::vector<Link> bonded(size_t a) const {
    std::vector<Link> links;
    for (const Link& link : graph_.links[a]) {
      if (metal(link.atom) && (metal(a) || haptic(a))) continue;
      links.push_back(link);
    }
    return links;
  }

  double length(int a, const Link& link) const {
    return natural_length(type(a), type(link.atom), typing_.bonds.order[link.bond]);
  }

  void exclude(const AtomImage& a, const AtomImage& b) {
    terms_.excluded[a.atom].push_back(image_key({b.atom, b.shift - a.shift}));
    terms_.excluded[b.atom].push_back(image_key({a.atom, a.shift - b.shift}));
  }

  void add_stretches(int a) {
    for (const Link& link : graph_.links[a]) {
      if (!first_end(a, link)) continue;
      const double r = length(a, link);
      const double k = 2 * kCoulomb * type(a).charge * type(link.atom).charge / (r * r * r);
      terms_.stretches.push_back({a, image(link), r, k * kEvPerKcal});
      exclude({a, Vec3i::Zero()}, image(link));
    }
  }

  double angle_stiffness(int centre, const Link& i, const Link& k, double angle) const {
    const double a = length(centre, i);
    const double b = length(centre, k);
    const double cosine = std::cos(angle * kDegree);
    const double far2 = a * a + b * b - 2 * a * b * cosine;
    const double inner = 3 * a * b * (1 - cosine * cosine) - far2 * cosine;
    return 2 * kCoulomb * type(i.atom).charge * type(k.atom).charge / std::pow(far2, 2.5) * inner *
           kEvPerKcal;
  }

  /// Periodicity of an angle term (0: general form about `angle`), or false where it is left out.
  struct AngleForm {
    bool used = true;
    int periodicity = 0;
    double angle = kTetrahedral;  // degrees
  };

  AngleForm form_of(Coordination coordination, double present) const {
    switch (coordination) {
      case Coordination::kLinear:
        return {true, 1, 180};
      case Coordination::kTrigonal:
        return {true, 3, 120};
      case Coordination::kTetrahedral:
        return {true, 0, kTetrahedral};
      case Coordination::kSquare:
      case Coordination::kOctahedral:
        return {true, 4, 90};
      case Coordination::kBipyramid:
        if (present > 150) return {true, 1, 180};
        return present > 105 ? AngleForm{true, 3, 120} : AngleForm{true, 4, 90};
      case Coordination::kNone:
      case Coordination::kIrregular:
        break;
    }
    return {false, 0, 0};
  }

  AngleForm form_at(int centre, const Link& i, const Link& k) const {
    const double cosine = i.vector.normalized().dot(k.vector.normalized());
    const double present = std::acos(std::clamp(cosine, -1.0, 1.0)) / kDegree;
    if (metal(centre)) return form_of(typing_.coordination[centre], present);
    const int degree = graph_.degree(centre);
    if (degree > 4) {
      std::vector<Vec3> directions;
      for (const Link& link : graph_.links[centre]) directions.push_back(link.vector.normalized());
      return form_of(classify_coordination(directions), present);
    }
    const UffType& t = type(centre);
    if (trigonal(t)) return {degree <= 3, 3, t.angle};
    if (t.geometry == '1') return {true, 1, 180};
    if (t.angle < 179) return {true, 0, t.angle};
    return {graph_.covalent[centre] == 4, 0, kTetrahedral};  // perchlorate; not bridging halides
  }

  /// Two ligands that a non-metal holds together: the ligand decides on their angle.
  bool chelate_bite(const Link& i, const Link& k) const {
    for (const Link& a : graph_.links[i.atom]) {
      if (metal(a.atom)) continue;
      for (const Link& b : graph_.links[k.atom]) {
        if (a.atom == b.atom && i.shift + a.shift == k.shift + b.shift) return true;
      }
    }
    return false;
  }

  void add_angles(int centre) {
    const std::vector<Link> links = bonded(centre);
    if (haptic(centre)) {
      ++terms_.counts["haptic_carbons"];
      for (const Link& m : graph_.links[centre]) {
        for (const Link& other : graph_.links[centre]) {
          if (metal(m.atom) && other.bond != m.bond) exclude(image(m), image(other));
        }
      }
    }
    for (size_t p = 0; p < links.size(); ++p) {
      for (size_t q = 0; q < p; ++q) {
        const AngleForm form = form_at(centre, links[p], links[q]);
        if (!form.used) {
          ++terms_.counts["angles_left_out"];
          continue;
        }
        exclude(image(links[p]), image(links[q]));
        if (metal(centre) && chelate_bite(links[p], links[q])) {
          ++terms_.counts["chelate_bites"];
          continue;
        }
        add_angle(centre, links[p], links[q], form);
      }
    }
  }

  void add_angle(int centre, const Link& i, const Link& k, const AngleForm& form) {
    const bool has_metal = metal(centre) || metal(i.atom) || metal(k.atom);
    const double stiffness = angle_stiffness(centre, i, k, form.angle) * (has_metal ? metal_angles_ : 1);
    AngleTerm term{image(i), centre, image(k), {}};
    auto& c = term.coefficients;
    const double cosine = std::cos(form.angle * kDegree);
    switch (form.periodicity) {
      case 1:
        c = {1, 1};
        break;
      case 3:
        c = {1.0 / 9, 3.0 / 9, 0, -4.0 / 9};
        break;
      case 4:
        c = {0, 0, 8.0 / 16, 0, -8.0 / 16};
        break;
      default: {
        const double c2 = 1 / (4 * (1 - cosine * cosine));
        const double c1 = -4 * c2 * cosine;
        const double c0 = c2 * (2 * cosine * cosine + 1);
        c = {c0 - c2, c1, 2 * c2};
      }
    }
    for (double& value : c) value *= stiffness;
    terms_.angles.push_back(term);
  }

  bool turns(size_t a) const {
    const UffType& t = type(a);
    const int group = group_of(t.atomic_number);
    return !metal(a) && group >= 14 && group <= 16 && (trigonal(t) || t.geometry == '3');
  }

  void add_torsions(int j, const Link& bond) {
    const int k = bond.atom;
    if (!turns(j) || !turns(k)) return;
    std::vector<TorsionTerm> added;
    std::vector<std::pair<double, int>> barriers;  // V in kcal/mol with the sign of cos(n phi0), n
    for (const Link& i : bonded(j)) {
      if (i.bond == bond.bond && i.atom == bond.atom && i.shift == bond.shift) continue;
      for (const Link& l : bonded(k)) {
        const AtomImage end{l.atom, bond.shift + l.shift};
        if (end.atom == j && end.shift.isZero()) continue;
        if (end == image(i)) continue;  // three-membered ring
        added.push_back({image(i), j, image(bond), end, {}});
        barriers.push_back(barrier(j, k, typing_.bonds.order[bond.bond], i.atom, l.atom));
      }
    }
    for (size_t t = 0; t < added.size(); ++t) {
      const auto [height, n] = barriers[t];
      if (height == 0) continue;
      const double half = 0.5 * std::abs(height) / static_cast<double>(added.size()) * kEvPerKcal;
      const double sign = height > 0 ? 1 : -1;
      auto& c = added[t].coefficients;
      c = multiple_angle(n);
      for (double& value : c) value *= -half * sign;
      c[0] += half;
      terms_.torsions.push_back(added[t]);
    }
  }

  /// E = |V| / 2 (1 - sign(V) cos(n phi)), equations 15 to 17.
  std::pair<double, int> barrier(int j, int k, double order, int i, int l) const {
    const UffType& a = type(j);
    const UffType& b = type(k);
    const bool chalcogen_a = group_of(a.atomic_number) == kChalcogenGroup;
    const bool chalcogen_b = group_of(b.atomic_number) == kChalcogenGroup;
    const double flat = 5 * std::sqrt(a.torsion_sp2 * b.torsion_sp2) * (1 + 4.18 * std::log(order));
    if (trigonal(a) && trigonal(b)) return {flat, 2};
    if (!trigonal(a) && !trigonal(b)) {
      if (chalcogen_a && chalcogen_b) {
        const double va = a.atomic_number == 8 ? 2.0 : 6.8;
        const double vb = b.atomic_number == 8 ? 2.0 : 6.8;
        return {-std::sqrt(va * vb), 2};
      }
      return {-std::sqrt(a.torsion_sp3 * b.torsion_sp3), 3};
    }
    const bool sp3_chalcogen = trigonal(a) ? chalcogen_b && !chalcogen_a : chalcogen_a && !chalcogen_b;
    if (sp3_chalcogen) return {-flat, 2};
    if (trigonal(type(i)) || trigonal(type(l))) return {-2, 3};
    return {1, 6};
  }

  void add_inversions(int centre) {
    const std::vector<Link> links = bonded(centre);
    if (links.size() != 3 || metal(centre)) return;
    const UffType& t = type(centre);
    const bool bridge = t.atomic_number == 8 && graph_.covalent[centre] > 0;
    InversionTerm term;
    term.centre = centre;
    if (trigonal(t) && period_of(t.atomic_number) == 2 && !bridge) {
      term.stiffness = t.atomic_number == 6 && has_flat_oxygen(centre) ? 50 : 6;
    } else if (group_of(t.atomic_number) == 15 && t.atomic_number != 7) {
      const double angle = (t.atomic_number == 15 ? 84.4339 : 86.9735) * kDegree;
      term.c2 = 1;
      term.c1 = -4 * std::cos(angle);
      term.c0 = -(term.c1 * std::cos(angle) + term.c2 * std::cos(2 * angle));
      term.stiffness = 22 / (term.c0 + term.c1 + term.c2);
    } else {
      return;
    }
    term.stiffness *= kEvPerKcal / 3;
    for (size_t k = 0; k < 3; ++k) {
      term.a = image(links[(k + 1) % 3]);
      term.b = image(links[(k + 2) % 3]);
      term.out = image(links[k]);
      terms_.inversions.push_back(term);
    }
  }

  bool has_flat_oxygen(int carbon) const {
    const auto& links = graph_.links[carbon];
    return std::any_of(links.begin(), links.end(), [&](const Link& l) {
      return graph_.atomic_numbers[l.atom] == 8 && trigonal(type(l.atom));
    });
  }

  const UffGraph& graph_;
  const UffTyping& typing_;
  double metal_angles_;
  UffTerms terms_;
};

}  // namespace

double natural_length(const UffType& a, const UffType& b, double order) {
  const double sum = a.radius + b.radius;
  const double difference = std::sqrt(a.electronegativity) - std::sqrt(b.electronegativity);
  const double shortening = a.radius * b.radius * difference * difference /
                            (a.electronegativity * a.radius + b.electronegativity * b.radius);
  return sum - kOrderFactor * sum * std::log(order) - shortening;
}

UffTerms build_uff_terms(const UffGraph& graph, const UffTyping& typing, double metal_angles) {
  return Builder(graph, typing, metal_angles).run();
}

}  // namespace clamp::relax
