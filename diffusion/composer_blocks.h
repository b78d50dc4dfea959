// A chemistry as building blocks: metals, then molecules (connected parts without metals), each with its
// share of the asymmetric unit, and the bonds between them. The step between core/asymmetric_unit.h and
// tokens.
//
// Blocks have a form of their own that does not depend on how the asymmetric unit was written: a bond's
// operation is the smallest of its double coset (stabiliser of one end, operation, stabiliser of the other),
// atoms of a molecule come in an order found by colour refinement of the molecule alone, and sites are
// reduced by lattice translations. Where a molecule is placed relative to the metal it hangs on (by which
// lattice vector) is not kept: to_chemistry() puts the sites of bonded atoms as near to each other as they
// can be.
#pragma once

#include <cstdint>
#include <vector>

#include "core/asymmetric_unit.h"

namespace clamp::diffusion {

/// The stabiliser of a site without the identity: (operation, three shifts) each, sorted; empty: general.
using SiteKey = std::vector<int>;

/// Atom `from` is bonded to the copy of atom `to` by operation `op`; `op` -1: inside the asymmetric unit.
struct BlockBond {
  int from = 0;
  int to = 0;
  int op = -1;
  bool operator==(const BlockBond& o) const { return from == o.from && to == o.to && op == o.op; }
  bool operator<(const BlockBond& o) const;
};

struct BlockAtom {
  int atomic_number = 0;
  SiteKey site;
  bool operator==(const BlockAtom& o) const { return atomic_number == o.atomic_number && site == o.site; }
};

/// A molecule's share of the asymmetric unit. Bonds: from >= to.
struct MoleculeForm {
  int space_group = 0;  ///< 0: in general position, fits every space group
  std::vector<BlockAtom> atoms;
  std::vector<BlockBond> bonds;
  /// A sequence of numbers that says all of it; equal for equal forms.
  std::vector<int> content() const;
};
/// The inverse of MoleculeForm::content. Throws clamp::Error for anything else.
MoleculeForm molecule_form(const std::vector<int>& content);

struct MoleculeBlock {
  MoleculeForm form;
  std::vector<BlockBond> grips;  ///< from: atom of the form, to: metal
};

struct Blocks {
  int space_group = 1;
  std::vector<BlockAtom> metals;
  std::vector<BlockBond> metal_bonds;  ///< from >= to, between metals
  std::vector<MoleculeBlock> molecules;
};

/// Throws clamp::Error where a bond has no known copy (op -1 across symmetry).
Blocks to_blocks(const Chemistry& chemistry);

/// The chemistry with slots in a walk along the bonds of the asymmetric unit, parents before children.
/// Throws clamp::Error for operations or indices that do not exist.
Chemistry to_chemistry(const Blocks& blocks);

/// Atoms of the primitive cell that one atom of a site stands for.
int multiplicity(int space_group, const SiteKey& site);

/// Whether the site leaves no freedom at all.
bool is_point(int space_group, const SiteKey& site);

}  // namespace clamp::diffusion
