// A structure of a file as what relaxations start from.
#pragma once

#include <string>

#include "core/asymmetric_unit.h"

namespace clamp::apps {

/// The structure in its space group where it has one to within `symprec` Å, else (and for 0) in P1 as it is.
AsymmetricUnit symmetric_unit(const Crystal& crystal, double symprec);

/// clamp-generate and clamp-relax write each structure twice: in its symmetry and, under this name, in P1.
bool is_p1_copy(const std::string& path);

}  // namespace clamp::apps
