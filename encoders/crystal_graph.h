// What a crystal encoder sees of a crystal: its species and each atom's nearest neighbours with their
// distances.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "core/crystal.h"

namespace clamp::encoders {

struct NeighborConfig {
  int64_t count = 12;        ///< nearest neighbours kept for each atom
  double cutoff = 8.0;       ///< Å
  bool descriptors = false;  ///< also the descriptors of the whole crystal (crystal_descriptors.h)
};

/// One crystal. Entries without a neighbour (fewer than `count` within the cutoff) point to the atom itself
/// at distance -1.
struct CrystalGraph {
  torch::Tensor numbers;      ///< [n] int64, atomic numbers
  torch::Tensor neighbors;    ///< [n, k] int32
  torch::Tensor distances;    ///< [n, k] float32, Å
  torch::Tensor descriptors;  ///< [kDescriptors] float32, or undefined
  double volume = 0;          ///< Å^3
  int64_t n_atoms() const { return numbers.size(0); }
};

/// Why an encoder cannot take a crystal (no atoms, unknown element, no volume), or an empty text.
std::string why_unusable(const Crystal& crystal);

/// Neighbours in periodic images count one by one. Equal distances (within 1e-4 Å) are ordered by the
/// neighbour's atomic number, so that which of them is kept does not depend on the order of the atoms.
/// Throws clamp::Error for a crystal without atoms, with an unknown element or without a volume.
CrystalGraph make_crystal_graph(const Crystal& crystal, const NeighborConfig& config);

/// Several crystals, atoms one after the other. b crystals, n atoms in all.
struct GraphBatch {
  torch::Tensor numbers;      ///< [n] int64
  torch::Tensor neighbors;    ///< [n, k] int64, rows of this batch
  torch::Tensor distances;    ///< [n, k] float32, Å, -1 where there is no neighbour
  torch::Tensor crystal_of;   ///< [n] int64, which crystal an atom belongs to
  torch::Tensor counts;       ///< [b] float32, atoms of each crystal
  torch::Tensor volumes;      ///< [b] float32, Å^3
  torch::Tensor descriptors;  ///< [b, kDescriptors] float32, or undefined
  GraphBatch to(torch::Device device) const;
  /// Crystals begin .. begin + count of this batch.
  GraphBatch narrow(int64_t begin, int64_t count) const;
};
GraphBatch collate(const std::vector<const CrystalGraph*>& graphs);

}  // namespace clamp::encoders
