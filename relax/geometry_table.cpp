#include "relax/geometry_table.h"

#include <fmt/format.h>

#include <Eigen/Cholesky>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "core/elements.h"
#include "relax/geometry_samples.h"

namespace clamp::relax {
namespace {

constexpr size_t kLeastSamples = 8;  // of a key that is trusted
constexpr double kLowQuantile = 0.03;
constexpr double kVolumePrior = 12;     // Å^3 an atom
constexpr double kVolumeRidge = 3e-3;   // weight of the prior, in squared relative volume
constexpr double kBondSpread = 0.05;    // Å, where nothing was measured
constexpr double kAngleSpread = 0.25;   // Å, likewise
constexpr double kNotPlanar = 0.5;      // Å
constexpr double kContactScale = 0.80;  // of the van der Waals sum, where nothing was measured
constexpr double kContactFloor = 0.62;  // of the van der Waals sum
constexpr double kThreeBondScale = 0.72;
constexpr double kUnbonded = 1.28;  // of the covalent radii; nearer atoms count as bonded

Typical summarise(std::vector<float> values) {
  std::sort(values.begin(), values.end());
  const size_t n = values.size();
  const auto quantile = [&](double q) {
    return static_cast<double>(values[static_cast<size_t>(q * static_cast<double>(n - 1))]);
  };
  Typical t;
  t.low = quantile(kLowQuantile);
  t.high = quantile(1 - kLowQuantile);
  double sum = 0, squares = 0;
  int64_t used = 0;
  for (const double v : values) {
    if (v < t.low || v > t.high) continue;
    sum += v;
    squares += v * v;
    ++used;
  }
  t.mean = sum / static_cast<double>(used);
  t.spread = std::sqrt(std::max(0.0, squares / static_cast<double>(used) - t.mean * t.mean));
  return t;
}

/// Volumes of atoms by least squares on relative volumes, with a weak prior.
std::vector<double> fit_volumes(const std::vector<AsymmetricUnit>& units) {
  Eigen::MatrixXd normal =
      Eigen::MatrixXd::Identity(kMaxAtomicNumber + 1, kMaxAtomicNumber + 1) * kVolumeRidge;
  Eigen::VectorXd right = Eigen::VectorXd::Constant(kMaxAtomicNumber + 1, kVolumeRidge * kVolumePrior);
  std::vector<char> known(kMaxAtomicNumber + 1, 0);
  for (const AsymmetricUnit& unit : units) {
    std::map<int, double> count;
    for (const int slot : expand_atoms(unit.chemistry).slot)
      ++count[unit.chemistry.slots[slot].atomic_number];
    const double volume = std::abs(unit.cell.determinant());
    for (const auto& [za, na] : count) {
      known[za] = 1;
      right[za] += na / volume;
      for (const auto& [zb, nb] : count) normal(za, zb) += na * nb / (volume * volume);
    }
  }
  const Eigen::VectorXd solution = normal.ldlt().solve(right);
  std::vector<double> volumes(kMaxAtomicNumber + 1, 0);
  for (int z = 1; z <= kMaxAtomicNumber; ++z) {
    if (known[z]) volumes[z] = std::max(1.0, solution[z]);
  }
  return volumes;
}

Typical from_radii(double mean, double spread) {
  return {mean, spread, mean - 2 * spread, mean + 2 * spread};
}

/// Angle about a centre with this many neighbours, degrees.
double ideal_angle(int degree) {
  if (degree <= 2) return 130;
  return degree == 3 ? 120 : (degree == 4 ? 109.5 : 95);
}

double contact_sum(const AtomType& a, const AtomType& b) {
  const auto radius = [](const AtomType& t) {
    constexpr double kHydrogen = 1.0, kMetal = 1.4;  // as in evaluate/contacts.cpp
    if (t.atomic_number == 1) return kHydrogen;
    return is_metal(t.atomic_number) ? kMetal : vdw_radius(t.atomic_number);
  };
  return radius(a) + radius(b);
}

}  // namespace

GeometryTable GeometryTable::measure(const std::vector<AsymmetricUnit>& units) {
  GeometryTable table;
  GeometrySamples samples;
  for (size_t k = 0; k < units.size(); ++k) samples.add(units[k]);
  for (const auto& [key, values] : samples.values()) {
    if (values.size() >= kLeastSamples) table.entries_[key] = summarise(values);
  }
  table.volumes_ = fit_volumes(units);
  return table;
}

const Typical* GeometryTable::find(const std::string& key) const {
  const auto it = entries_.find(key);
  return it == entries_.end() ? nullptr : &it->second;
}

Typical GeometryTable::bond(int za, int da, int zb, int db) const {
  const std::string a = element_symbol(za);
  const std::string b = element_symbol(zb);
  if (const Typical* t = find(pair_key("b", a + std::to_string(da), b + std::to_string(db)))) return *t;
  if (const Typical* t = find(pair_key("b", a, b))) return *t;
  return from_radii(covalent_radius(za) + covalent_radius(zb), kBondSpread);
}

Typical GeometryTable::bond(const AtomType& a, const AtomType& b) const {
  if (const Typical* t = find(pair_key("b", a.fine, b.fine))) return *t;
  return bond(a.atomic_number, a.degree, b.atomic_number, b.degree);
}

Typical GeometryTable::one_three(int za, int zc, int dc, int zb) const {
  const std::string a = element_symbol(za);
  const std::string c = element_symbol(zc);
  const std::string b = element_symbol(zb);
  if (const Typical* t = find(triple_key("a", a, c + std::to_string(dc), b, -1))) return *t;
  if (const Typical* t = find(triple_key("a", a, c, b, -1))) return *t;
  const double ac = bond(za, 0, zc, dc).mean;
  const double bc = bond(zb, 0, zc, dc).mean;
  const double cosine = std::cos(ideal_angle(dc) * M_PI / 180);
  return from_radii(std::sqrt(ac * ac + bc * bc - 2 * ac * bc * cosine), kAngleSpread);
}

Typical GeometryTable::one_three(const AtomType& a, const AtomType& c, const AtomType& b, int ring) const {
  if (const Typical* t = find(triple_key("a", a.coarse, c.fine, b.coarse, ring))) return *t;
  if (const Typical* t = find(triple_key("a", a.element, c.coarse, b.element, ring))) return *t;
  if (const Typical* t = find(triple_key("a", a.element, c.element, b.element, ring))) return *t;
  return one_three(a.atomic_number, c.atomic_number, c.degree, b.atomic_number);
}

double GeometryTable::height(const AtomType& centre) const {
  if (const Typical* t = find("h " + centre.fine)) return std::hypot(t->mean, t->spread);
  if (const Typical* t = find("h " + centre.coarse)) return std::hypot(t->mean, t->spread);
  return kNotPlanar;
}

double GeometryTable::contact(const AtomType& a, const AtomType& b, bool three_bonds) const {
  const double sum = contact_sum(a, b);
  const double unbonded = kUnbonded * (covalent_radius(a.atomic_number) + covalent_radius(b.atomic_number));
  const Typical* t = find(pair_key(three_bonds ? "c3" : "c", a.contact, b.contact));
  const double usual = t != nullptr ? std::max(t->low, kContactFloor * sum)
                                    : (three_bonds ? kThreeBondScale : kContactScale) * sum;
  return std::max(usual, unbonded);
}

double GeometryTable::predicted_volume(const Chemistry& chemistry) const {
  double volume = 0;
  for (const int slot : expand_atoms(chemistry).slot) {
    const auto z = static_cast<size_t>(chemistry.slots[slot].atomic_number);
    volume += z < volumes_.size() && volumes_[z] > 0 ? volumes_[z] : kVolumePrior;
  }
  return volume;
}

}  // namespace clamp::relax
