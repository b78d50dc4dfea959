// Is a composed chemistry possible at all? Checks on the bond graph, before any geometry.
#pragma once

#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "evaluate/building_blocks.h"

namespace clamp::sampler {

/// Names of the checks, in the order of the tables.
///   molecules    usual valences and RDKit's sanitisation of every molecule
///   charges      some plausible oxidation states of the metals balance the molecules' charges
///   attached     no metal without a bond, and at least one molecule that holds a metal
///   organic      carbon
///   coordination no metal, and no donor atom, with more bonds than its element takes
///   sites        no two atoms on one point
///   bonds        no bond of an atom to itself, no two bonds between the same atoms of a molecule
///   dimension    enough independent cycles of bonds for the framework dimension meant
const std::vector<std::string>& graph_check_names();

struct GraphChecks {
  std::vector<std::string> failures;  ///< names of the checks that failed
  std::string reason;                 ///< of the first failure, in words; empty where all passed
  evaluate::BuildingBlocks blocks;
  bool passed() const { return failures.empty(); }
};

/// Milliseconds; never throws for a chemistry whose indices are in range.
GraphChecks check_chemistry(const Chemistry& chemistry, int framework_dimension);

/// Plausible oxidation states of a metal (Greenwood and Earnshaw, Chemistry of the Elements, 2nd ed.); those
/// of its coordination chemistry, rare ones left out.
const std::vector<int>& oxidation_states(int atomic_number);

/// Metals, molecules and their ratio: equal for equal compositions. "Zn*1|O=C...*1".
std::string composition_key(const evaluate::BuildingBlocks& blocks);
/// A 63-bit hash of composition_key, the same on every platform.
int64_t composition_hash(const evaluate::BuildingBlocks& blocks);

}  // namespace clamp::sampler
