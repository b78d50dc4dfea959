// The interactions of a crystal in the universal force field, with their parameters in eV and Å.
//
// Equations: Rappé et al., J. Am. Chem. Soc. 1992, 114, 10024 (bond stretch 1a to 6, angle bend 10 to 13,
// torsion 14 to 17, inversion 18, van der Waals 20 to 22). Charges are left out, as UFF4MOF leaves them.
//
// Where a centre has no ideal angle (irregular metals, bridging halides), its angle terms are left out and
// its neighbours repel one another by their van der Waals terms instead ("points on a sphere").
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "relax/topology.h"
#include "relax/uff_typing.h"

namespace clamp::relax {

constexpr double kEvPerKcal = 0.0433641042;  ///< eV a particle in 1 kcal/mol

/// stiffness / 2 (r - length)^2
struct StretchTerm {
  int i = 0;
  AtomImage j;
  double length = 0;
  double stiffness = 0;  ///< eV/Å^2
};

/// Polynomial in the cosine of the angle i - centre - k.
struct AngleTerm {
  AtomImage i;
  int centre = 0;
  AtomImage k;
  std::array<double, 5> coefficients{};  ///< eV, by power
};

/// Polynomial in the cosine of the torsion i - j - k - l.
struct TorsionTerm {
  AtomImage i;
  int j = 0;
  AtomImage k;
  AtomImage l;
  std::array<double, 7> coefficients{};  ///< eV, by power
};

/// stiffness (c0 + c1 cos w + c2 cos 2w), w the angle of the bond to `out` with the plane of the other two.
struct InversionTerm {
  int centre = 0;
  AtomImage a, b, out;
  double stiffness = 0;  ///< eV
  double c0 = 1, c1 = -1, c2 = 0;
};

struct UffTerms {
  std::vector<StretchTerm> stretches;
  std::vector<AngleTerm> angles;
  std::vector<TorsionTerm> torsions;
  std::vector<InversionTerm> inversions;
  std::vector<std::vector<uint64_t>> excluded;  ///< [n_atoms] sorted image keys without van der Waals term
  std::map<std::string, int64_t> counts;        ///< approximations by kind
};

/// `metal_angles`: factor on the stiffness of angles with a metal at the centre or at an end.
UffTerms build_uff_terms(const UffGraph& graph, const UffTyping& typing, double metal_angles);

/// Natural bond length in Å (equation 2).
double natural_length(const UffType& a, const UffType& b, double order);

}  // namespace clamp::relax
