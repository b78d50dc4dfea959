// Orders of metal-ligand bonds in UFF. The graph does not give them (UFF4MOF's authors set 0.5 or 1 by hand,
// node by node); here they are the medians at which natural lengths meet those of real structures.
#pragma once

#include "relax/uff_parameters.h"

namespace clamp::relax {

/// Order of the bonds of a metal of this type with `neighbors` non-metal neighbours: that of the nearest
/// number of neighbours in the table, 0.5 for a type that is not in it.
double metal_ligand_order(const UffType& metal, int neighbors);

}  // namespace clamp::relax
