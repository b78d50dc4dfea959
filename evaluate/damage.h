// Known damage done to a structure, to see what the checks catch.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/crystal.h"

namespace clamp::evaluate {

/// In the order of the table: "linker_cut" (a carbon atom with two or more non-hydrogen neighbours is taken
/// out, with its hydrogen), "node_doubled" (a second metal atom 1.0 Å beside one), "scaled_0.70",
/// "scaled_0.85", "scaled_1.15", "scaled_1.30" (cell lengths), "atoms_swapped" (two atoms of different
/// elements change places).
const std::vector<std::string>& damage_kinds();

/// A damaged copy, a function of crystal, kind and seed; nothing where the crystal has no place for the
/// damage. Throws clamp::Error for an unknown kind.
std::optional<Crystal> damaged(const Crystal& crystal, const std::string& kind, uint64_t seed);

}  // namespace clamp::evaluate
