// Are two crystals the same structure? Primitive cells, brought to one volume, are laid over each other in
// every way that nearly agrees, and the atoms are paired.
//
// The definitions, tolerances and order of steps are those of pymatgen's StructureMatcher (S. P. Ong et al.,
// Comput. Mater. Sci. 2013, 68, 314; get_rms_dist with primitive_cell and scale on and attempt_supercell
// off), written anew. Both hands of a chiral crystal match, as there.
#pragma once

#include <optional>

#include "core/crystal.h"

namespace clamp::evaluate {

struct MatchTolerances {
  double length = 0.2;   ///< relative difference of lattice vectors
  double site = 0.3;     ///< of (volume / atom)^(1/3): largest root mean square distance of paired atoms
  double angle_deg = 5;  ///< difference of the angles between lattice vectors, degrees
};

/// Root mean square distance of the paired atoms over (volume / atom)^(1/3), at the volume midway between
/// both; nothing where the structures do not match: other composition, other number of atoms in the primitive
/// cell, no common lattice or atoms too far apart. Published match rates use {0.3, 0.5, 10}. Throws as
/// primitive_cell().
std::optional<double> match_rms(const Crystal& a, const Crystal& b, const MatchTolerances& tolerances = {});

/// The same for crystals that are primitive_cell() already; saves that work where one is compared with many.
std::optional<double> match_rms_primitive(const Crystal& a, const Crystal& b,
                                          const MatchTolerances& tolerances = {});

}  // namespace clamp::evaluate
