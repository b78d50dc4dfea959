// Atom types of the universal force field and of its extension to metal-organic frameworks.
//
// Sources: UFF: Rappé, Casewit, Colwell, Goddard & Skiff, J. Am. Chem. Soc. 1992, 114, 10024, table 1;
// sp3 torsion barriers V from its table 2, sp2 ones U by period. UFF4MOF: Addicoat, Vankova, Akter & Heine,
// J. Chem. Theory Comput. 2014, 10, 880; Coupry, Addicoat & Heine, J. Chem. Theory Comput. 2016, 12, 5215:
// bond radius and angle are theirs, all else is as in the element's UFF type.
#pragma once

#include <string>
#include <vector>

namespace clamp::relax {

struct UffType {
  const char* name;
  int atomic_number;
  /// Third character of the name: '1' linear, '2' trigonal, 'R' resonant, '3' tetrahedral, '4' square planar,
  /// '6' octahedral, '8' eight-coordinate, 'b' bridging hydrogen, '_' none.
  char geometry;
  double radius;             ///< Å, single bond
  double angle;              ///< degrees, theta0
  double vdw;                ///< Å, distance x of the van der Waals minimum
  double well;               ///< kcal/mol, depth D of it
  double charge;             ///< effective charge Z*
  double torsion_sp3;        ///< kcal/mol, V
  double torsion_sp2;        ///< kcal/mol, U
  double electronegativity;  ///< eV, GMP scale of Rappé & Goddard
};

const std::vector<UffType>& uff_types();
/// The type of this name. Throws clamp::Error where there is none.
const UffType& uff_type(const std::string& name);
/// All types of an element, in the order of the table (UFF's before UFF4MOF's).
std::vector<const UffType*> uff_types_of(int atomic_number);

}  // namespace clamp::relax
