// Bond orders and formal charges from connectivity alone, all hydrogen atoms present.
//
// Each atom of degree d takes extra bond units (a double bond is one, a triple bond two, for both its atoms);
// what its valence then is costs nothing where it is usual (C 4, N 3, O 2 ...) and something where it needs a
// charge. The assignment of least total cost is found exactly by dynamic programming over the atoms in
// breadth-first order: a state is the units used so far by the atoms that still have bonds ahead. Molecules
// have few such atoms at a time; beyond kMaxBondStates states the cheapest are kept.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace clamp::evaluate {

/// Bound on the states of the search: milliseconds.
constexpr size_t kMaxBondStates = 4096;

/// A finite molecule cut out of a crystal with the metals removed.
struct MolecularGraph {
  std::vector<int> atomic_numbers;         ///< [n_atoms], no metals
  std::vector<std::pair<int, int>> bonds;  ///< each once
  std::vector<int> metal_bonds;            ///< [n_atoms] bonds to metals that were removed
};

struct BondOrders {
  std::vector<int> orders;   ///< [n_bonds] 1, 2 or 3
  std::vector<int> charges;  ///< [n_atoms] formal charges
  std::string reason;        ///< empty: every atom has a usual valence; else the first one that has not
};

/// What donor atoms of metals prefer.
enum class DonorCharge {
  kLeast,   ///< as few charges as possible
  kAnions,  ///< O and S on rings, N in rings, are rather anions than that a double bond leaves the ring
};

/// The result does not depend on anything but the graph, the order of its atoms and `donors`.
BondOrders assign_bond_orders(const MolecularGraph& graph, DonorCharge donors = DonorCharge::kLeast);

}  // namespace clamp::evaluate
