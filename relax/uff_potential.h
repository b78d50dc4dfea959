// UFF with UFF4MOF metal types as a potential: energy, forces and virial of a bonded crystal.
#pragma once

#include "relax/hydrogen_bonds.h"
#include "relax/potential.h"
#include "relax/uff_terms.h"
#include "relax/van_der_waals.h"

namespace clamp::relax {

struct UffConfig {
  VanDerWaalsConfig van_der_waals;
  bool hydrogen_bonds = true;  ///< relax/hydrogen_bonds.h; not part of UFF
  HydrogenBondConfig hydrogen_bond;
  // Chosen on training structures of QMOF (docs/relaxation.md); 1 in UFF.
  double van_der_waals_scale = 0.97;  ///< of all van der Waals distances: in the place of missing charges
  double metal_angle_scale = 0.3;     ///< of the stiffness of angles with a metal
};

/// The published force field: without hydrogen bonds and without the factors above.
UffConfig plain_uff();

/// Parts of the energy, eV a cell.
struct UffEnergy {
  double stretch = 0, angle = 0, torsion = 0, inversion = 0, van_der_waals = 0, hydrogen_bonds = 0;
  double total() const { return stretch + angle + torsion + inversion + van_der_waals + hydrogen_bonds; }
};

class UffPotential : public Potential {
 public:
  UffPotential(const Crystal& crystal, const std::vector<Bond>& bonds, const UffConfig& config);
  const EnergyForces& evaluate(const Mat3& cell, const std::vector<Vec3>& cart_coords) override;
  std::map<std::string, int64_t> counts() const override { return terms_.counts; }

  const UffEnergy& parts() const { return parts_; }  ///< of the last evaluation
  const UffTyping& typing() const { return typing_; }
  const UffTerms& terms() const { return terms_; }

 private:
  UffPotential(const UffGraph& graph, size_t n_bonds, const UffConfig& config);
  void add_stretches(const std::vector<Vec3>& r);
  void add_angles(const std::vector<Vec3>& r);
  void add_torsions(const std::vector<Vec3>& r);
  void add_inversions(const std::vector<Vec3>& r);
  /// Position of an image.
  Vec3 at(const std::vector<Vec3>& r, const AtomImage& a) const {
    return r[a.atom] + to_cart_ * a.shift.cast<double>();
  }
  /// Gradient `g` at the end of a vector `v` that starts at an atom.
  void pull(int end, const Vec3& v, const Vec3& g) {
    gradient_[end] += g;
    virial_ += g * v.transpose();
  }

  UffTyping typing_;
  UffTerms terms_;
  VanDerWaals van_der_waals_;
  HydrogenBonds hydrogen_bonds_;
  UffEnergy parts_;
  EnergyForces result_;
  std::vector<Vec3> gradient_;  // [n_atoms] eV/Å
  Mat3 virial_ = Mat3::Zero();
  Mat3 to_cart_ = Mat3::Identity();
};

class UffFactory : public PotentialFactory {
 public:
  explicit UffFactory(const UffConfig& config = {}) : config_(config) {}
  std::string name() const override { return config_.hydrogen_bonds ? "uff4mof" : "uff4mof-plain"; }
  std::unique_ptr<Potential> bind(const Crystal& crystal, const std::vector<Bond>& bonds) const override {
    return std::make_unique<UffPotential>(crystal, bonds, config_);
  }

 private:
  UffConfig config_;
};

}  // namespace clamp::relax
