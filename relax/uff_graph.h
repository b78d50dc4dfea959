// The bond graph with what the force field asks of it: neighbours with their bonds and vectors, rings, bond
// orders.
#pragma once

#include <vector>

#include "core/bond_graph.h"

namespace clamp::relax {

/// A neighbour as seen from an atom in cell 0.
struct Link {
  int atom = 0;
  Vec3i shift = Vec3i::Zero();
  int bond = 0;                ///< index of the bond
  Vec3 vector = Vec3::Zero();  ///< Å, from the atom to the neighbour
};

struct UffGraph {
  std::vector<int> atomic_numbers;       ///< [n_atoms]
  std::vector<std::vector<Link>> links;  ///< [n_atoms]
  std::vector<int> covalent;             ///< [n_atoms] neighbours that are no metals
  std::vector<int> metals;               ///< [n_atoms] neighbours that are metals

  size_t n_atoms() const { return atomic_numbers.size(); }
  int degree(size_t atom) const { return covalent[atom] + metals[atom]; }
};

UffGraph make_uff_graph(const Crystal& crystal, const std::vector<Bond>& bonds);

/// Largest deviation from a plane of an atom and its non-metal neighbours is small: their angles sum up to
/// at least 350 degrees. Only for three non-metal neighbours.
bool is_planar(const UffGraph& graph, size_t atom);

/// Bond orders, from the graph: rings that obey Hückel's rule are aromatic (1.5); elsewhere the mean over all
/// ways to place as many pi bonds as the valences allow (1.5 in a carboxylate, 4/3 in a carbonate); bonds to
/// metals are left at 1. Geometry decides only between quinones and their aromatic dianions (longest bond of
/// the ring) and which nitrogens are linear.
struct BondOrders {
  std::vector<double> order;     ///< [n_bonds]
  std::vector<char> aromatic;    ///< [n_atoms]
  std::vector<char> planar;      ///< [n_atoms] takes part in a pi bond
  std::vector<char> linear;      ///< [n_atoms] sp
  std::vector<char> conjugated;  ///< [n_atoms] next to another pi bond or lone pair
};
BondOrders find_bond_orders(const UffGraph& graph, size_t n_bonds);

}  // namespace clamp::relax
