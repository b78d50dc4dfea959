// The number of a crystal's space group alone: much cheaper than find_symmetry, which also symmetrises.
#pragma once

#include "core/crystal.h"

namespace clamp {

/// 1..230 as spglib finds it within `symprec` Å, or 0 where it finds none.
int space_group_number(const Crystal& crystal, double symprec);

}  // namespace clamp
