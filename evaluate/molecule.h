// Molecules of a framework: bond orders and charges perceived from connectivity, canonical SMILES, drawings.
//
// Bond orders: evaluate/bond_orders.h. Aromaticity, canonical SMILES, the sanitisation verdict and drawings:
// RDKit (www.rdkit.org). SMILES carry no stereochemistry.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evaluate/bond_orders.h"

namespace clamp::evaluate {

struct Molecule {
  std::string smiles;  ///< canonical, with charges; empty where none can be written
  int charge = 0;      ///< formal, of the whole molecule
  bool sane = false;   ///< usual valences and RDKit's sanitisation passed
  std::string reason;  ///< why not
};

/// Never throws for a connected graph; milliseconds. The result does not depend on the order of the atoms.
/// As few charges as possible; but where a ring is aromatic only if donor atoms that hold metals are anions
/// (linked tetrazolates, hydroquinone dianions), they are.
Molecule perceive_molecule(const MolecularGraph& graph);

/// Canonical SMILES. Throws clamp::UsageError for what RDKit does not take, with its reason.
std::string canonical_smiles(const std::string& smiles);

/// The molecule with its negative charges taken up by hydrogen, as canonical SMILES: terephthalate and its
/// acid are one. What two spellings of a linker share. Throws as canonical_smiles.
std::string neutral_smiles(const std::string& smiles);

/// Elements and bonds of the heavy atoms only, without bond orders, charges and hydrogen, as canonical
/// SMILES: comparable between programs that perceive bond orders differently. Throws as canonical_smiles.
std::string skeleton_smiles(const std::string& smiles);

/// Element -> number of atoms, without hydrogen. Throws as canonical_smiles.
std::map<int, int> heavy_atoms(const std::string& smiles);

struct MoleculeSize {
  int n_atoms = 0;  ///< with hydrogen
  int charge = 0;   ///< formal
};
/// Throws as canonical_smiles.
MoleculeSize molecule_size(const std::string& smiles);

/// An SVG drawing with a caption under it. Throws as canonical_smiles.
std::string molecule_svg(const std::string& smiles, const std::string& caption);

}  // namespace clamp::evaluate
