#include "relax/polish_energy.h"

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "core/elements.h"
#include "relax/images.h"

namespace clamp::relax {
namespace {

constexpr double kSkin = 0.8;              // Å beyond the contact distance that pairs are listed to
constexpr double kNarrow = 0.12;           // Å; wider distributions are flat between their quantiles
constexpr double kBondSpreadFloor = 0.05;  // Å
constexpr double kAngleSpreadFloor = 0.06;
constexpr double kBondTail = 0.3;  // Å
constexpr double kAngleTail = 0.6;
constexpr double kPlanar = 0.12;  // Å; heights with a smaller root mean square are held at zero
constexpr double kHeightSpreadFloor = 0.05;
constexpr double kLeastArea = 0.05;  // Å^2; smaller triangles have no plane

constexpr double kLeastVolume = 0.3;  // of the first volume
constexpr double kLeastHeight = 1.5;  // Å

}  // namespace

PolishEnergy::PolishEnergy(SymmetricState& state, const GeometryTable& table)
    : state_(state),
      table_(table),
      least_volume_(kLeastVolume * std::abs(state.cell().determinant())),
      least_height_(std::min(kLeastHeight, 0.5 * cell_heights(state.cell()).minCoeff())) {}

void PolishEnergy::set_weights(const StageWeights& weights) {
  if (weights.reach != weights_.reach || (weights.packing > 0) != (weights_.packing > 0)) {
    listed_coords_.clear();
  }
  weights_ = weights;
}

void PolishEnergy::set_bonds(const std::vector<Bond>& bonds) {
  std::vector<int> atomic_numbers;
  for (const int slot : state_.atoms().slot) atomic_numbers.push_back(state_.slot(slot).atomic_number);
  const Topology topology = make_topology(atomic_numbers, bonds);
  pairs_.clear();
  heights_.clear();
  near_.clear();
  for (size_t s = 0; s < state_.n_slots(); ++s) {
    add_pairs(topology, static_cast<int>(s));
    add_height(topology, static_cast<int>(s));
    near_.push_back(separations(topology, state_.representative(s)));
  }
  set_contact_distances(topology);
  listed_coords_.clear();
}

void PolishEnergy::add_pairs(const Topology& topology, int slot) {
  const int atom = state_.representative(slot);
  const AtomType& type = topology.types[atom];
  const auto add = [&](const AtomImage& other, const Typical& t, double floor, double tail, bool bond) {
    PairTerm term{slot, other.atom, other.shift.cast<double>(), t.mean, t.mean, 0, tail, bond};
    if (t.spread > kNarrow) {
      term.low = t.low;
      term.high = t.high;
    }
    const double spread = std::max(std::min(t.spread, kNarrow), floor);
    term.stiffness = 1 / (spread * spread);
    pairs_.push_back(term);
  };
  for (const AtomImage& c : topology.neighbors[atom]) {
    add(c, table_.bond(type, topology.types[c.atom]), kBondSpreadFloor, kBondTail, true);
    const AtomImage back{atom, -c.shift};
    for (const AtomImage& b : topology.neighbors[c.atom]) {
      if (b == back) continue;
      const int ring = ring_size(topology, c.atom, back, b);
      const Typical t = table_.one_three(type, topology.types[c.atom], topology.types[b.atom], ring);
      add({b.atom, c.shift + b.shift}, t, kAngleSpreadFloor, kAngleTail, false);
    }
  }
}

void PolishEnergy::add_height(const Topology& topology, int slot) {
  const int atom = state_.representative(slot);
  const auto& near = topology.neighbors[atom];
  if (near.size() != 3 || is_metal(topology.atomic_numbers[atom])) return;
  const double spread = table_.height(topology.types[atom]);
  if (spread > kPlanar) return;
  const double used = std::max(spread, kHeightSpreadFloor);
  heights_.push_back({slot, {near[0], near[1], near[2]}, 1 / (used * used)});
}

void PolishEnergy::set_contact_distances(const Topology& topology) {
  std::map<std::string, int> kinds;
  std::vector<const AtomType*> examples;
  contact_kind_.clear();
  for (const AtomType& type : topology.types) {
    const auto [it, inserted] = kinds.emplace(type.contact, static_cast<int>(kinds.size()));
    if (inserted) examples.push_back(&type);
    contact_kind_.push_back(it->second);
  }
  const auto n = static_cast<Eigen::Index>(kinds.size());
  far_distance_.resize(n, n);
  three_bond_distance_.resize(n, n);
  packing_.clear();
  for (Eigen::Index a = 0; a < n; ++a) {
    for (Eigen::Index b = 0; b < n; ++b) {
      far_distance_(a, b) = table_.contact(*examples[a], *examples[b], false);
      three_bond_distance_(a, b) = table_.contact(*examples[a], *examples[b], true);
      packing_.push_back(table_.packing().find(examples[a]->contact, examples[b]->contact));
    }
  }
}

double PolishEnergy::contact_reach(double distance) const {
  return std::max(weights_.reach * distance, weights_.packing > 0 ? PackingPotential::kReach : 0.0);
}

bool PolishEnergy::contacts_outdated() const {
  if (listed_coords_.empty()) return true;
  // A pair at distance r changes by at most two displacements at constant cell plus |strain| r.
  const Mat3 deformation = listed_cell_.inverse() * state_.cell() - Mat3::Identity();
  double move = 0;
  for (size_t s = 0; s < state_.n_slots(); ++s) {
    const Vec3 delta = state_.slot_coords()[s] - listed_coords_[s];
    move = std::max(move, (state_.cell().transpose() * delta).norm());
  }
  const double reach = contact_reach(far_distance_.maxCoeff()) + kSkin;
  return 2 * move + deformation.norm() * reach > kSkin;
}

void PolishEnergy::find_contacts() {
  contacts_.clear();
  listed_coords_ = state_.slot_coords();
  listed_cell_ = state_.cell();
  const Vec3 heights = cell_heights(state_.cell());
  for (size_t s = 0; s < state_.n_slots(); ++s) {
    const int here = state_.representative(s);
    for (int64_t a = 0; a < state_.n_atoms(); ++a) {
      const double far = far_distance_(contact_kind_[here], contact_kind_[a]);
      const double three = three_bond_distance_(contact_kind_[here], contact_kind_[a]);
      const double reach = contact_reach(std::max(far, three)) + kSkin;
      const auto* packing =
          weights_.packing > 0
              ? packing_[static_cast<size_t>(contact_kind_[here] * far_distance_.cols() + contact_kind_[a])]
              : nullptr;
      const Vec3 delta = state_.atom_coords()[a] - state_.slot_coords()[s];
      for_each_image(state_.cell(), heights, delta, reach, [&](const Vec3i& shift, double) {
        const int bonds = bonds_between(near_[s], {static_cast<int>(a), shift});
        if (bonds <= 2) return;
        contacts_.push_back({static_cast<int>(s), static_cast<int>(a), shift.cast<double>(),
                             bonds == 3 ? three : far, bonds == 3 ? nullptr : packing});
      });
    }
  }
}

PolishEnergy::Span PolishEnergy::span(int slot, int atom, const Vec3& shift) const {
  const Vec3 frac = state_.atom_coords()[atom] + shift - state_.slot_coords()[slot];
  return {frac, to_cart_ * frac, fourth_[slot] - fourth_[state_.atoms().slot[atom]]};
}

void PolishEnergy::add_pull(int slot, const Span& span, double pull, std::vector<Vec3>& slot_cart,
                            Mat3& cell_gradient) {
  const Vec3 g = pull * span.cart;
  slot_cart[slot] -= g;
  fourth_gradient_[slot] += pull * span.apart;
  cell_gradient += 0.5 * span.frac * g.transpose();
}

double PolishEnergy::pair_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient) {
  double energy = 0;
  for (const PairTerm& term : pairs_) {
    const Span to = span(term.slot, term.atom, term.shift);
    const double r = std::sqrt(to.squared_length());
    const double off = r < term.low ? r - term.low : (r > term.high ? r - term.high : 0);
    if (off == 0 || r < 1e-9) continue;
    const double k = std::min(term.stiffness, weights_.stiffness_cap) * (term.bond ? 1 : weights_.angle);
    const bool far = off > term.tail;
    const double e = far ? k * term.tail * (off - 0.5 * term.tail) : 0.5 * k * off * off;
    const double slope = far ? k * term.tail : k * off;
    const double m = state_.multiplicity(term.slot);
    energy += 0.5 * m * e;
    add_pull(term.slot, to, m * slope / r, slot_cart, cell_gradient);
  }
  return energy;
}

double PolishEnergy::height_energy(std::vector<Vec3>& slot_frac, Mat3& cell_gradient) const {
  const Mat3 to_cart = state_.cell().transpose();
  double energy = 0;
  for (const HeightTerm& term : heights_) {
    const auto at = [&](int k) -> Vec3 {
      return state_.atom_coords()[term.near[k].atom] + term.near[k].shift.cast<double>();
    };
    const Vec3 origin = at(0);
    const Vec3 deltas[3] = {state_.slot_coords()[term.slot] - origin, at(1) - origin, at(2) - origin};
    const Vec3 d0 = to_cart * deltas[0];
    const Vec3 a = to_cart * deltas[1];
    const Vec3 b = to_cart * deltas[2];
    const Vec3 normal = a.cross(b);
    const double area = normal.norm();
    if (area < kLeastArea) continue;
    const Vec3 unit = normal / area;
    const double h = d0.dot(unit);
    const double m = state_.multiplicity(term.slot) * weights_.planar * term.stiffness;
    energy += 0.5 * m * h * h;
    const Vec3 rest = d0 - h * unit;
    const Vec3 by[3] = {m * h * unit, m * h * b.cross(rest) / area, m * h * rest.cross(a) / area};
    Vec3 on_origin = Vec3::Zero();
    for (int k = 0; k < 3; ++k) {
      cell_gradient += deltas[k] * by[k].transpose();
      on_origin -= by[k];
    }
    const auto add = [&](const AtomImage& image, const Vec3& g) {
      const auto& op = state_.group().operations[static_cast<size_t>(state_.atoms().op[image.atom])];
      slot_frac[state_.atoms().slot[image.atom]] +=
          op.rotation.cast<double>().transpose() * (state_.cell() * g);
    };
    slot_frac[term.slot] += state_.cell() * by[0];
    add(term.near[0], on_origin);
    add(term.near[1], by[1]);
    add(term.near[2], by[2]);
  }
  return energy;
}

double PolishEnergy::contact_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient) {
  double energy = 0;
  for (const Contact& c : contacts_) {
    const Span to = span(c.slot, c.atom, c.shift);
    const double limit = weights_.reach * c.distance;
    const double r2 = to.squared_length();
    if (r2 >= limit * limit) continue;
    const double r = std::max(std::sqrt(r2), 1e-9);
    const double m = state_.multiplicity(c.slot);
    const double overlap = limit - r;
    energy += 0.25 * m * weights_.repulsion * overlap * overlap;
    add_pull(c.slot, to, -m * weights_.repulsion * overlap / r, slot_cart, cell_gradient);
  }
  return energy;
}

double PolishEnergy::packing_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient) {
  double energy = 0;
  for (const Contact& c : contacts_) {
    if (c.packing == nullptr) continue;
    const Span to = span(c.slot, c.atom, c.shift);
    const double r2 = to.squared_length();
    if (r2 >= PackingPotential::kReach * PackingPotential::kReach) continue;
    const double r = std::max(std::sqrt(r2), 1e-9);
    const auto [value, slope] = PackingPotential::at(*c.packing, r);
    const double m = state_.multiplicity(c.slot) * weights_.packing;
    energy += 0.5 * m * value;
    add_pull(c.slot, to, m * slope / r, slot_cart, cell_gradient);
  }
  return energy;
}

double PolishEnergy::evaluate(const Eigen::VectorXd& w, Eigen::VectorXd& gradient) {
  state_.apply(w.head(state_.n_variables()));
  if (std::abs(state_.cell().determinant()) < least_volume_ ||
      cell_heights(state_.cell()).minCoeff() < least_height_) {
    return std::numeric_limits<double>::infinity();
  }
  const auto n_slots = static_cast<Eigen::Index>(state_.n_slots());
  fourth_.assign(state_.n_slots(), 0);
  fourth_gradient_.assign(state_.n_slots(), 0);
  for (Eigen::Index s = 0; fourth_open_ && s < n_slots; ++s) {
    fourth_[s] = w[state_.n_variables() + s] / std::sqrt(state_.multiplicity(s));
  }
  to_cart_ = state_.cell().transpose();
  const bool contacts = weights_.repulsion > 0 || weights_.packing > 0;
  if (contacts && contacts_outdated()) find_contacts();
  std::vector<Vec3> slot_cart(state_.n_slots(), Vec3::Zero());
  std::vector<Vec3> slot_frac(state_.n_slots(), Vec3::Zero());
  Mat3 cell_gradient = Mat3::Zero();
  double energy = pair_energy(slot_cart, cell_gradient);
  if (weights_.planar > 0) energy += height_energy(slot_frac, cell_gradient);
  if (weights_.repulsion > 0) energy += contact_energy(slot_cart, cell_gradient);
  if (weights_.packing > 0) energy += packing_energy(slot_cart, cell_gradient);
  if (weights_.volume > 0 && weights_.target_volume > 0) {
    const double off = std::log(std::abs(state_.cell().determinant()) / weights_.target_volume);
    const double k = weights_.volume * static_cast<double>(state_.n_atoms());
    energy += 0.5 * k * off * off;
    cell_gradient += k * off * state_.cell().inverse().transpose();
  }
  for (size_t s = 0; s < state_.n_slots(); ++s) slot_frac[s] += state_.cell() * slot_cart[s];
  gradient.resize(n_variables());
  gradient.head(state_.n_variables()) = state_.pull_back(slot_frac, cell_gradient);
  for (Eigen::Index s = 0; fourth_open_ && s < n_slots; ++s) {
    const double m = state_.multiplicity(s);
    energy += 0.5 * m * weights_.flatness * fourth_[s] * fourth_[s];
    gradient[state_.n_variables() + s] =
        (fourth_gradient_[s] + m * weights_.flatness * fourth_[s]) / std::sqrt(m);
  }
  return energy;
}

}  // namespace clamp::relax
