// What a metal-organic framework is made of: molecules (linkers, terminal ligands, guests) as SMILES, metal
// sites with their coordination, metal nodes, dimension and interpenetration. All from the bond graph.
#pragma once

#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "core/bond_graph.h"
#include "evaluate/molecule.h"

namespace clamp::evaluate {

/// Molecules that are the same, in one primitive cell.
struct Fragment {
  Molecule molecule;    ///< smiles empty where none can be written (the reason says why)
  int count = 0;        ///< in the primitive cell
  int metal_bonds = 0;  ///< of one molecule; 0: a guest
  int metals = 0;       ///< different metal atoms that one molecule is bonded to
  int dimension = 0;    ///< above 0: an organic part without end (polymer), no molecule
  int n_atoms = 0;      ///< of one molecule
  bool is_guest() const { return metal_bonds == 0; }
  /// Bonded to two metals or more and with carbon or nitrogen: what chemists call a linker.
  bool is_linker = false;
};

struct MetalSite {
  int atomic_number = 0;
  std::string coordination;  ///< donors in alphabetical order, "N2O4"; "" for none
  int count = 0;
};

/// Metals joined by metal-metal bonds or by single atoms (O, OH, H2O, halides ...).
struct MetalNode {
  std::string formula;  ///< metals and the heavy bridging atoms, "Zn4 O"
  int count = 0;
  int dimension = 0;  ///< 1: a rod, 2: a sheet
};

struct BuildingBlocks {
  std::vector<Fragment> fragments;  ///< most atoms first
  std::vector<MetalSite> metals;    ///< by element, then coordination
  std::vector<MetalNode> nodes;
  int framework_dimension = 0;
  int catenation = 0;  ///< components of that dimension that hold metal: 2 and more interpenetrate
};

/// Every bond counts with its image: shifts matter for dimension and catenation.
BuildingBlocks building_blocks(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds);

/// From a chemistry without coordinates: images are unknown, so dimension and catenation are left 0. Bonds
/// without a known copy (op -1) are left out.
BuildingBlocks building_blocks(const Chemistry& chemistry);

/// Linkers of `blocks`, then other ligands and guests, as "SMILES*count; SMILES*count".
std::string fragment_list(const BuildingBlocks& blocks, bool linkers_only);

}  // namespace clamp::evaluate
