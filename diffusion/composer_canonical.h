// Canonical forms of building blocks: operations, sites, the order of a molecule's atoms, the order of
// blocks.
#pragma once

#include <vector>

#include "diffusion/composer_blocks.h"

namespace clamp::diffusion {

int inverse_operation(const SpaceGroup& group, int op);

/// The operations of a site's stabiliser, the identity first.
std::vector<int> operations_of(const SiteKey& site);

/// The smallest operation that stands for the same class of bonds; `self`: both ends are one slot, and the
/// inverse stands for it too.
int smallest_operation(const SpaceGroup& group, const SiteKey& from, int op, const SiteKey& to, bool self);

/// Translates the sites together by the lattice vector that makes their shifts smallest.
void reduce_sites(const SpaceGroup& group, const std::vector<SiteKey*>& sites);

/// The sites translated by lattice vector `w`: shift + (1 - R) w.
SiteKey translated(const SpaceGroup& group, const SiteKey& site, const Vec3i& w);

/// Puts the atoms of a molecule in an order that depends on the molecule alone (ties: on its grips), sorts
/// its bonds and grips.
void canonicalise(const SpaceGroup& group, MoleculeBlock& molecule);

/// Orders metals and molecules: metals by element, site and what they are bonded to; molecules by the metals
/// that they hang on, then by content.
void order_blocks(Blocks& blocks);

}  // namespace clamp::diffusion
