#include "relax/uff_potential.h"

#include <Eigen/Geometry>
#include <cmath>

namespace clamp::relax {
namespace {

// A torsion whose ends are this near to its axis (sine) has no angle.
constexpr double kStraightSine = 1e-3;

/// N, O or F that can take a hydrogen bond: not all four places of it are taken.
bool accepts(const UffGraph& graph, size_t a) {
  const int z = graph.atomic_numbers[a];
  return (z == 7 && graph.degree(a) <= 2) || z == 8 || z == 9;
}

std::vector<HydrogenBonds::Donor> find_donors(const UffGraph& graph, const UffConfig& config) {
  std::vector<HydrogenBonds::Donor> donors;
  if (!config.hydrogen_bonds) return donors;
  for (size_t a = 0; a < graph.n_atoms(); ++a) {
    if (graph.atomic_numbers[a] != 1 || graph.degree(a) != 1) continue;
    const Link& link = graph.links[a][0];
    const int z = graph.atomic_numbers[link.atom];
    if (z == 7 || z == 8 || z == 9) donors.push_back({static_cast<int>(a), {link.atom, link.shift}});
  }
  return donors;
}

std::vector<int> find_acceptors(const UffGraph& graph) {
  std::vector<int> acceptors;
  for (size_t a = 0; a < graph.n_atoms(); ++a) {
    if (accepts(graph, a)) acceptors.push_back(static_cast<int>(a));
  }
  return acceptors;
}

VanDerWaals make_van_der_waals(const UffTyping& typing, const UffTerms& terms, const UffGraph& graph,
                               const UffConfig& config) {
  const size_t n = graph.n_atoms();
  std::vector<double> distance;
  std::vector<double> well;
  for (const UffType* type : typing.types) {
    distance.push_back(type->vdw * config.van_der_waals_scale);
    well.push_back(type->well * kEvPerKcal);
  }
  std::vector<char> kind(n, VanDerWaals::kPlain);
  for (const auto& donor : find_donors(graph, config)) kind[donor.hydrogen] = VanDerWaals::kDonorHydrogen;
  for (const int a : find_acceptors(graph)) kind[a] = VanDerWaals::kAcceptor;
  return VanDerWaals(config.van_der_waals, {distance, well, kind}, terms.excluded);
}

/// Value and slope of a polynomial.
template <size_t kSize>
std::pair<double, double> polynomial(const std::array<double, kSize>& c, double x) {
  double value = 0;
  double slope = 0;
  for (size_t k = kSize; k-- > 0;) {
    slope = slope * x + value;
    value = value * x + c[k];
  }
  return {value, slope};
}

}  // namespace

UffConfig plain_uff() {
  UffConfig config;
  config.hydrogen_bonds = false;
  config.van_der_waals_scale = config.metal_angle_scale = 1;
  return config;
}

UffPotential::UffPotential(const Crystal& crystal, const std::vector<Bond>& bonds, const UffConfig& config)
    : UffPotential(make_uff_graph(crystal, bonds), bonds.size(), config) {}

UffPotential::UffPotential(const UffGraph& graph, size_t n_bonds, const UffConfig& config)
    : typing_(assign_uff_types(graph, n_bonds)),
      terms_(build_uff_terms(graph, typing_, config.metal_angle_scale)),
      van_der_waals_(make_van_der_waals(typing_, terms_, graph, config)),
      hydrogen_bonds_(config.hydrogen_bond, find_donors(graph, config), find_acceptors(graph),
                      terms_.excluded) {}

const EnergyForces& UffPotential::evaluate(const Mat3& cell, const std::vector<Vec3>& cart_coords) {
  to_cart_ = cell.transpose();
  gradient_.assign(cart_coords.size(), Vec3::Zero());
  virial_.setZero();
  parts_ = {};
  add_stretches(cart_coords);
  add_angles(cart_coords);
  add_torsions(cart_coords);
  add_inversions(cart_coords);
  parts_.van_der_waals = van_der_waals_.add(cell, cart_coords, gradient_, virial_);
  parts_.hydrogen_bonds = hydrogen_bonds_.add(cell, cart_coords, gradient_, virial_);
  result_.energy = parts_.total();
  result_.forces.resize(cart_coords.size());
  for (size_t a = 0; a < cart_coords.size(); ++a) result_.forces[a] = -gradient_[a];
  result_.virial = 0.5 * (virial_ + virial_.transpose());
  return result_;
}

void UffPotential::add_stretches(const std::vector<Vec3>& r) {
  for (const StretchTerm& t : terms_.stretches) {
    const Vec3 v = at(r, t.j) - r[t.i];
    const double length = v.norm();
    const double off = length - t.length;
    parts_.stretch += 0.5 * t.stiffness * off * off;
    const Vec3 g = t.stiffness * off / length * v;
    pull(t.j.atom, v, g);
    gradient_[t.i] -= g;
  }
}

void UffPotential::add_angles(const std::vector<Vec3>& r) {
  for (const AngleTerm& t : terms_.angles) {
    const Vec3 u = at(r, t.i) - r[t.centre];
    const Vec3 v = at(r, t.k) - r[t.centre];
    const double lu = u.norm();
    const double lv = v.norm();
    const double cosine = u.dot(v) / (lu * lv);
    const auto [value, slope] = polynomial(t.coefficients, cosine);
    parts_.angle += value;
    const Vec3 gu = slope * (v / (lu * lv) - cosine / (lu * lu) * u);
    const Vec3 gv = slope * (u / (lu * lv) - cosine / (lv * lv) * v);
    pull(t.i.atom, u, gu);
    pull(t.k.atom, v, gv);
    gradient_[t.centre] -= gu + gv;
  }
}

void UffPotential::add_torsions(const std::vector<Vec3>& r) {
  for (const TorsionTerm& t : terms_.torsions) {
    const Vec3 rk = at(r, t.k);
    const Vec3 b1 = r[t.j] - at(r, t.i);
    const Vec3 b2 = rk - r[t.j];
    const Vec3 b3 = at(r, t.l) - rk;
    const Vec3 m = b1.cross(b2);
    const Vec3 n = b2.cross(b3);
    const double lm = m.norm();
    const double ln = n.norm();
    const double l2 = b2.norm();
    if (lm < kStraightSine * b1.norm() * l2 || ln < kStraightSine * b3.norm() * l2) continue;
    const double cosine = m.dot(n) / (lm * ln);
    const auto [value, slope] = polynomial(t.coefficients, cosine);
    parts_.torsion += value;
    const Vec3 gm = slope * (n / (lm * ln) - cosine / (lm * lm) * m);
    const Vec3 gn = slope * (m / (lm * ln) - cosine / (ln * ln) * n);
    const Vec3 g1 = b2.cross(gm);
    const Vec3 g2 = gm.cross(b1) + b3.cross(gn);
    const Vec3 g3 = gn.cross(b2);
    virial_ += g1 * b1.transpose() + g2 * b2.transpose() + g3 * b3.transpose();
    gradient_[t.i.atom] -= g1;
    gradient_[t.j] += g1 - g2;
    gradient_[t.k.atom] += g2 - g3;
    gradient_[t.l.atom] += g3;
  }
}

void UffPotential::add_inversions(const std::vector<Vec3>& r) {
  for (const InversionTerm& t : terms_.inversions) {
    const Vec3 a = at(r, t.a) - r[t.centre];
    const Vec3 b = at(r, t.b) - r[t.centre];
    const Vec3 c = at(r, t.out) - r[t.centre];
    const Vec3 n = a.cross(b);
    const double ln = n.norm();
    const double lc = c.norm();
    if (ln < kStraightSine * a.norm() * b.norm()) continue;
    const double sine = std::clamp(n.dot(c) / (ln * lc), -1.0, 1.0);
    const double cosine = std::sqrt(std::max(1 - sine * sine, 1e-12));
    parts_.inversion += t.stiffness * (t.c0 + t.c1 * cosine + t.c2 * (1 - 2 * sine * sine));
    const double slope = t.stiffness * (-t.c1 * sine / cosine - 4 * t.c2 * sine);  // dE/d(sine)
    const Vec3 gn = slope * (c / (ln * lc) - sine / (ln * ln) * n);
    const Vec3 gc = slope * (n / (ln * lc) - sine / (lc * lc) * c);
    const Vec3 ga = b.cross(gn);
    const Vec3 gb = gn.cross(a);
    pull(t.a.atom, a, ga);
    pull(t.b.atom, b, gb);
    pull(t.out.atom, c, gc);
    gradient_[t.centre] -= ga + gb + gc;
  }
}

}  // namespace clamp::relax
