// Definitions and thresholds of MOFChecker 0.9.6 (K. M. Jablonka, github.com/kjappelbaum/mofchecker, MIT),
// written anew. Its angles and dihedrals between atoms are taken between the atoms as they lie in the cell,
// without periodic images; so are ours, with coordinates wrapped to [0, 1), because the flags shall agree.
#include "evaluate/checks.h"

#include <Eigen/Geometry>
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <set>

#include "core/elements.h"
#include "evaluate/mof_graph.h"

namespace clamp::evaluate {
namespace {

constexpr int kH = 1, kC = 6, kN = 7, kO = 8;
constexpr double kDegree = M_PI / 180;
constexpr double kHydrogenReach = 1.1;      // Å; a second atom this near makes a hydrogen over-coordinated
constexpr double kLinearTolerance = 10;     // degrees off 180 that an sp carbon may have
constexpr double kNitrogenTolerance = 25;   // degrees, linear and planar nitrogen
constexpr double kShortNitrogenBond = 1.4;  // Å; two bonds under it belong to sp2 nitrogen
constexpr double kAmmineAngle = 110;        // degrees
constexpr double kExposedAngle = 150;       // degrees left open by the cone about a metal's neighbours
constexpr size_t kShielded = 6;             // neighbours that no metal is exposed with
constexpr int kLeastMetalNeighbors = 4;     // of alkali, alkaline-earth and rare-earth metals
constexpr int kMostNeighbors = 4;           // of C and N
constexpr double kVolumeTolerance = 0.25;

/// Metals of MOFChecker: its list has Ge and Sb beside those of core/elements.h.
bool checker_metal(int z) { return is_metal(z) || z == 32 || z == 51; }

bool rare_earth(int z) { return z == 21 || z == 39 || (z >= 57 && z <= 71) || (z >= 89 && z <= 103); }
bool alkali_or_alkaline(int z) { return z != kH && (group_of(z) == 1 || group_of(z) == 2); }

/// Metals on which a terminal oxygen is suspicious.
bool no_terminal_oxo(int z) {
  static const std::set<int> kMetals = {3,  11, 19, 37, 55, 87, 4,  12, 20, 38, 56, 88, 21, 39, 57, 89,
                                        22, 40, 72, 25, 26, 27, 28, 29, 47, 30, 48, 13, 31, 49, 81};
  return kMetals.count(z) > 0;
}

/// Radius for overlaps: Cordero's, but Zr 1.50 as MOFChecker has it.
double overlap_radius(int z) {
  constexpr double kZirconium = 1.5;
  return z == 40 ? kZirconium : covalent_radius(z);
}

class Checker {
 public:
  explicit Checker(const Crystal& crystal) : crystal_(crystal), z_(crystal_.atomic_numbers) {
    for (Vec3& f : crystal_.frac_coords) f -= f.array().floor().matrix();
    for (const Vec3& f : crystal_.frac_coords) cart_.push_back(crystal_.cell.transpose() * f);
    graph_ = mof_graph(crystal_);
  }

  const MofGraph& graph() const { return graph_; }

  std::map<std::string, bool> flags() const {
    std::map<std::string, bool> flags;
    flags["has_carbon"] = has([](int z) { return z == kC; });
    flags["has_hydrogen"] = has([](int z) { return z == kH; });
    flags["has_metal"] = has(checker_metal);
    flags["has_atomic_overlaps"] = overlaps();
    flags["has_overcoordinated_c"] = overcoordinated(kC);
    flags["has_overcoordinated_n"] = overcoordinated(kN);
    flags["has_overcoordinated_h"] = overcoordinated_hydrogen();
    flags["has_undercoordinated_c"] = any(kC, [this](int64_t i) { return undercoordinated_carbon(i); });
    flags["has_undercoordinated_n"] = any(kN, [this](int64_t i) { return undercoordinated_nitrogen(i); });
    flags["has_undercoordinated_rare_earth"] = undercoordinated_metal(rare_earth);
    flags["has_undercoordinated_alkali_alkaline"] = undercoordinated_metal(alkali_or_alkaline);
    flags["has_lone_molecule"] = lone_molecule();
    flags["has_suspicious_terminal_oxo"] = terminal_oxo();
    flags["has_geometrically_exposed_metal"] = exposed_metal();
    int dimension = 0;
    for (const Component& c : components(z_, graph_.bonds)) dimension = std::max(dimension, c.dimension);
    flags["has_3d_connected_graph"] = dimension == 3;
    return flags;
  }

 private:
  template <typename Predicate>
  bool has(Predicate predicate) const {
    return std::any_of(z_.begin(), z_.end(), predicate);
  }

  template <typename Predicate>
  bool any(int element, Predicate predicate) const {
    for (int64_t i = 0; i < crystal_.n_atoms(); ++i) {
      if (z_[i] == element && predicate(i)) return true;
    }
    return false;
  }

  bool next_to_metal(int64_t i) const {
    const auto& list = graph_.neighbors[i];
    return std::any_of(list.begin(), list.end(),
                       [this](const Neighbor& n) { return checker_metal(z_[n.atom]); });
  }

  bool overlaps() const {
    double largest = 0;
    for (const int z : z_) largest = std::max(largest, overlap_radius(z));
    for (const Bond& pair : neighbor_pairs(crystal_, largest)) {
      if (pair.i != pair.j &&
          pair.length < std::min(overlap_radius(z_[pair.i]), overlap_radius(z_[pair.j]))) {
        return true;
      }
    }
    return false;
  }

  bool overcoordinated(int element) const {
    return any(element, [this](int64_t i) {
      return graph_.neighbors[i].size() > kMostNeighbors && !next_to_metal(i);
    });
  }

  bool overcoordinated_hydrogen() const {
    std::vector<int> near(z_.size(), 0);
    for (const Bond& pair : neighbor_pairs(crystal_, kHydrogenReach)) {
      ++near[pair.i];
      ++near[pair.j];
    }
    return any(kH, [&near](int64_t i) { return near[i] > 1; });
  }

  /// Angle in degrees between two vectors; 0 where one vanishes.
  static double angle(const Vec3& a, const Vec3& b) {
    const double norms = a.norm() * b.norm();
    return norms > 0 ? std::acos(std::clamp(a.dot(b) / norms, -1.0, 1.0)) / kDegree : 0;
  }

  /// Angle a-b-c in degrees, atoms as they lie in the cell.
  double cell_angle(int64_t a, int64_t b, int64_t c) const {
    return angle(cart_[a] - cart_[b], cart_[c] - cart_[b]);
  }

  /// Dihedral a-b-c-d in degrees, atoms as they lie in the cell; 0 where it is not defined.
  double cell_dihedral(int64_t a, int64_t b, int64_t c, int64_t d) const {
    const Vec3 v1 = cart_[c] - cart_[d];
    const Vec3 v2 = cart_[b] - cart_[c];
    const Vec3 v3 = cart_[a] - cart_[b];
    const Vec3 v23 = v2.cross(v3);
    const Vec3 v12 = v1.cross(v2);
    return std::atan2(v2.norm() * v1.dot(v23), v12.dot(v23)) / kDegree;
  }

  bool undercoordinated_carbon(int64_t i) const {
    const auto& near = graph_.neighbors[i];
    if (near.size() == 1) return true;
    if (near.size() != 2) return false;
    const double at_first = cell_angle(i, near[0].atom, near[1].atom);
    return std::abs(180 - std::max(at_first, std::abs(180 - at_first))) > kLinearTolerance;
  }

  Vec3 bond_vector(int64_t i, const Neighbor& n) const {
    return cart_[n.atom] + crystal_.cell.transpose() * n.shift.cast<double>() - cart_[i];
  }

  /// Shortest distance between two atoms of the cell over all images, Å.
  double image_distance(int64_t i, const Neighbor& n) const {
    double shortest = n.distance;
    for (const Neighbor& other : graph_.neighbors[i]) {
      if (other.atom == n.atom) shortest = std::min(shortest, other.distance);
    }
    return shortest;
  }

  bool undercoordinated_nitrogen(int64_t i) const {
    const auto& near = graph_.neighbors[i];
    if (near.size() == 1) {
      return graph_.neighbors[near[0].atom].size() > 2 && !checker_metal(z_[near[0].atom]);
    }
    if (near.size() != 2 && near.size() != 3) return false;
    const double bend = angle(bond_vector(i, near[0]), bond_vector(i, near[1]));
    if (near.size() == 2) return two_coordinate_nitrogen(i, bend);
    int hydrogens = 0;
    for (const Neighbor& n : near) hydrogens += z_[n.atom] == kH;
    return bend < kAmmineAngle + kNitrogenTolerance && hydrogens == 2 && next_to_metal(i);
  }

  bool two_coordinate_nitrogen(int64_t i, double bend) const {
    if (std::abs(180 - bend) < kNitrogenTolerance || bend < kNitrogenTolerance) return false;
    const auto& near = graph_.neighbors[i];
    const int64_t a = near[0].atom;
    const int64_t b = near[1].atom;
    const int64_t beyond_a = graph_.neighbors[a][0].atom;
    const int64_t beyond_b = graph_.neighbors[b][0].atom;
    const std::array<double, 4> dihedrals = {
        cell_dihedral(a, i, b, beyond_a), cell_dihedral(a, i, b, beyond_b), cell_dihedral(beyond_b, a, i, b),
        cell_dihedral(beyond_a, a, i, b)};
    double least = 180;
    for (const double d : dihedrals) least = std::min(least, std::abs(d));
    const bool planar = std::abs(least - 180) < kNitrogenTolerance || least < kNitrogenTolerance;
    const bool both_short =
        image_distance(i, near[0]) < kShortNitrogenBond && image_distance(i, near[1]) < kShortNitrogenBond;
    return planar && !both_short;
  }

  bool undercoordinated_metal(bool (*kind)(int)) const {
    for (int64_t i = 0; i < crystal_.n_atoms(); ++i) {
      if (kind(z_[i]) && graph_.neighbors[i].size() < kLeastMetalNeighbors) return true;
    }
    return false;
  }

  bool lone_molecule() const {
    for (const Component& c : components(z_, graph_.bonds)) {
      if (c.dimension == 0) return true;
    }
    return false;
  }

  bool terminal_oxo() const {
    for (int64_t i = 0; i < crystal_.n_atoms(); ++i) {
      if (!no_terminal_oxo(z_[i])) continue;
      for (const Neighbor& n : graph_.neighbors[i]) {
        if (z_[n.atom] == kO && graph_.neighbors[n.atom].size() == 1) return true;
      }
    }
    return false;
  }

  bool exposed_metal() const {
    for (int64_t i = 0; i < crystal_.n_atoms(); ++i) {
      if (!checker_metal(z_[i]) || graph_.neighbors[i].size() >= kShielded) continue;
      std::vector<Vec3> directions;
      std::vector<double> half_angles;
      for (const Neighbor& n : graph_.neighbors[i]) {
        directions.push_back(bond_vector(i, n).normalized());
        half_angles.push_back(std::asin(std::min(1.0, vdw_radius(z_[n.atom]) / n.distance)));
      }
      if (360 - 2 * enclosing_cone(directions, half_angles) / kDegree > kExposedAngle) return true;
    }
    return false;
  }

  Crystal crystal_;
  const std::vector<int>& z_;
  std::vector<Vec3> cart_;
  MofGraph graph_;
};

}  // namespace

MofChecks check_mof(const Crystal& crystal) {
  const Checker checker(crystal);
  MofChecks checks;
  checks.flags = checker.flags();
  for (const auto& [name, value] : checks.flags) {
    const bool wanted = name == "has_carbon" || name == "has_hydrogen" || name == "has_metal";
    if (name != "has_3d_connected_graph" && value != wanted) checks.failures.push_back(name);
  }
  checks.valid = checks.failures.empty();
  const std::vector<Bond> bonds = perceive_bonds(crystal);
  checks.framework_dimension = framework_dimension(crystal.atomic_numbers, bonds);
  checks.worst_contact = worst_contact(crystal, bonds);
  checks.density = crystal.density();
  checks.volume_per_atom = crystal.volume() / static_cast<double>(std::max<int64_t>(1, crystal.n_atoms()));
  return checks;
}

Soundness soundness(const MofChecks& checks, int intended_dimension, double volume, double reference_volume) {
  Soundness s;
  s.dimension_as_intended = checks.framework_dimension == intended_dimension;
  s.contacts = checks.worst_contact >= kLeastContact;
  s.volume = std::abs(volume / reference_volume - 1) <= kVolumeTolerance;
  s.sound = checks.valid && s.dimension_as_intended && s.contacts && s.volume;
  return s;
}

}  // namespace clamp::evaluate
