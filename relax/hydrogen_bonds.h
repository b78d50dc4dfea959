// Hydrogen bonds D-H...A between N, O and F, which UFF lacks without charges.
//
// DREIDING's term (Mayo, Olafson & Goddard, J. Phys. Chem. 1990, 94, 8897, equation 13):
// E = depth (5 (R/r)^12 - 6 (R/r)^10) cos^4(D-H...A), r = |DA|, for angles above 90 degrees, with R = 2.75 Å
// and the depth for structures without charges. Switched off between two radii. The hydrogen of such a donor
// has no van der Waals term with acceptors.
#pragma once

#include <vector>

#include "core/crystal.h"
#include "relax/topology.h"

namespace clamp::relax {

struct HydrogenBondConfig {
  double distance = 2.75;  ///< Å, donor to acceptor
  double depth = 9.0;      ///< kcal/mol
  double inner = 4;        ///< Å, donor to acceptor: switched off from here ...
  double outer = 5;        ///< Å ... to here
};

/// An acceptor is never within two bonds of the hydrogen.
class HydrogenBonds {
 public:
  struct Donor {
    int hydrogen = 0;
    AtomImage heavy;  ///< its neighbour N, O or F, as seen from the hydrogen
  };
  /// @param excluded  [n_atoms] sorted image keys of atoms within two bonds
  HydrogenBonds(const HydrogenBondConfig& config, std::vector<Donor> donors, std::vector<int> acceptors,
                std::vector<std::vector<uint64_t>> excluded);

  /// Energy in eV; adds the gradient (eV/Å) and the virial dE/d(strain) (eV).
  double add(const Mat3& cell, const std::vector<Vec3>& cart_coords, std::vector<Vec3>& gradient,
             Mat3& virial) const;

 private:
  HydrogenBondConfig config_;
  std::vector<Donor> donors_;
  std::vector<int> acceptors_;
  std::vector<std::vector<uint64_t>> excluded_;
};

}  // namespace clamp::relax
