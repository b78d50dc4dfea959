// What the CIF reader needs of symmetry: operations as the file gives them, and atoms generated from sites.
#pragma once

#include <string>
#include <vector>

#include "core/crystal.h"
#include "core/symmetry.h"

namespace clamp::cif {

/// "1/2+x, -y, z-0.25" -> operation; translations are wrapped to [0, 1) and brought to the nearest 24th where
/// they are rounded decimals of one. Throws clamp::Error.
SymmetryOperation parse_operation(const std::string& text);

/// "x+1/2, -y, z-1/4": the inverse of parse_operation.
std::string operation_text(const SymmetryOperation& operation);

/// What a file may say about its space group besides the operations.
struct SpaceGroupNames {
  std::string hermann_mauguin;
  std::string hall;
  int number = 0;
};

/// Number of the group that the names tell of: the explicit number, then Hermann-Mauguin, then Hall; else 0.
int space_group_number(const SpaceGroupNames& names);

/// Operations of the setting that the names tell of, on the axes of `cell`. Throws clamp::Error where no name
/// is given or known. `ambiguous` tells that the names leave the origin or the axes open and the usual ones
/// were taken.
std::vector<SymmetryOperation> operations_of(const SpaceGroupNames& names, const CellParameters& cell,
                                             bool& ambiguous);

/// Distinct operations (modulo lattice translations) with the identity first. Throws clamp::Error where they
/// are not closed under composition, or where a rotation changes the metric of `cell` by more than 3 %.
std::vector<SymmetryOperation> checked_group(const std::vector<SymmetryOperation>& operations,
                                             const Mat3& cell);

/// One atom site as listed.
struct ListedSite {
  std::string label;
  int atomic_number = 0;
  Vec3 frac = Vec3::Zero();
};

/// All atoms of the cell. A site within 0.2 Å of a symmetry element is put exactly on it; coincident atoms
/// (0.05 Å) of one element, from sites listed several times, are merged. Throws clamp::Error where different
/// elements coincide.
void expand_sites(const std::vector<ListedSite>& sites, const std::vector<SymmetryOperation>& operations,
                  Crystal& crystal);

}  // namespace clamp::cif
