// Lennard-Jones (12-6) interaction between all pairs of a crystal within a cut-off, but those excluded.
//
// E = well ((x/r)^12 - 2 (x/r)^6) S(r); S goes from 1 to 0 between the inner and outer radius, with a
// continuous slope (Brooks et al., J. Comput. Chem. 1983, 4, 187, equation 12). Pairs are listed a margin
// beyond the cut-off and listed anew when atoms or cell have moved by half of it.
#pragma once

#include <vector>

#include "core/crystal.h"

namespace clamp::relax {

struct VanDerWaalsConfig {
  double inner = 10;  ///< Å
  double outer = 12;  ///< Å
  double margin = 1;  ///< Å
};

class VanDerWaals {
 public:
  enum Kind : char { kPlain, kDonorHydrogen, kAcceptor };
  /// [n_atoms] each; pairs take geometric means.
  struct Atoms {
    std::vector<double> distance;  ///< Å, x
    std::vector<double> well;      ///< eV
    std::vector<char> kind;        ///< Kind: donor hydrogens have no term with acceptors
  };
  /// @param excluded  [n_atoms] sorted image keys (relax/topology.h)
  VanDerWaals(const VanDerWaalsConfig& config, Atoms atoms, std::vector<std::vector<uint64_t>> excluded);

  /// Energy in eV; adds the gradient (eV/Å) and the virial dE/d(strain) (eV).
  double add(const Mat3& cell, const std::vector<Vec3>& cart_coords, std::vector<Vec3>& gradient,
             Mat3& virial);

 private:
  struct Pair {
    int i;
    int j;
    Vec3 shift;   // lattice vectors
    double x2;    // Å^2
    double well;  // eV
  };
  void list_pairs(const Mat3& cell, const std::vector<Vec3>& cart_coords);
  bool outdated(const Mat3& cell, const std::vector<Vec3>& cart_coords) const;

  VanDerWaalsConfig config_;
  Atoms atoms_;
  std::vector<std::vector<uint64_t>> excluded_;
  std::vector<Pair> pairs_;
  std::vector<Vec3> listed_coords_;
  Mat3 listed_cell_ = Mat3::Zero();
};

}  // namespace clamp::relax
