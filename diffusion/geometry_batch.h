// What the geometry model sees of a framework's chemistry: slots, sites, copies and bonds as padded tensors.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <vector>

#include "core/asymmetric_unit.h"
#include "diffusion/lattice_frame.h"

namespace clamp::diffusion {

/// Relation of a slot's representative to an atom of the cell, from the bond graph without images.
enum class Relation : uint8_t {
  kFar = 0,           ///< four or more bonds apart, or not connected
  kIntraBond = 1,     ///< bond inside the asymmetric unit, copied by the operations
  kSymmetryBond = 2,  ///< bond to a known copy across symmetry
  kPossibleBond = 3,  ///< some copy of this atom's slot is bonded, which one is not known
  kSecond = 4,        ///< two bonds apart
  kThird = 5,         ///< three bonds apart
  kSelf = 6,          ///< the representative itself
};

/// One structure's chemistry, ready to be batched. S slots, N atoms of the primitive cell.
struct GeometryInput {
  int64_t n_slots = 0;
  int64_t n_atoms = 0;
  int64_t n_operations = 1;
  int64_t space_group = 1;
  std::vector<int64_t> elements;         ///< [S]
  std::vector<int64_t> site_dimension;   ///< [S]
  std::vector<int64_t> degree;           ///< [S] bonds of the representative
  std::vector<float> multiplicity;       ///< [S]
  std::vector<float> basis;              ///< [S, 3, 3] A
  std::vector<float> coordinates;        ///< [S, 3, 3] B
  std::vector<float> offset;             ///< [S, 3] b
  std::vector<int64_t> atom_slot;        ///< [N]
  std::vector<float> rotation;           ///< [N, 3, 3] of the copying operation
  std::vector<float> translation;        ///< [N, 3]
  std::vector<uint8_t> relation;         ///< [S, N]
  std::vector<float> lattice_projector;  ///< [6, 6]
  std::vector<float> metric_root;        ///< [3, 3] G0^(1/2) of diffusion/lattice_frame.h
  std::vector<float>
      polar_projector;  ///< [3, 3] mean rotation: the directions along which the origin is free
};

/// Where `known_copies` is false, bonds across symmetry are given as possible bonds to every copy.
GeometryInput make_geometry_input(const Chemistry& chemistry, bool known_copies = true);

/// A padded batch of B structures; masks are 1 for real entries.
struct GeometryBatch {
  torch::Tensor elements, site_dimension, degree;  ///< [B, S] int64, 0 where padded
  torch::Tensor slot_mask, multiplicity;           ///< [B, S] float
  torch::Tensor basis, coordinates;                ///< [B, S, 3, 3] float
  torch::Tensor offset;                            ///< [B, S, 3] float
  torch::Tensor freedom;                           ///< [B, S, 3] float: 1 for the components of u that exist
  torch::Tensor atom_slot;                         ///< [B, N] int64
  torch::Tensor atom_mask;                         ///< [B, N] float
  torch::Tensor rotation, translation;             ///< [B, N, 3, 3], [B, N, 3] float
  torch::Tensor relation;                          ///< [B, S, N] uint8
  torch::Tensor lattice_projector;                 ///< [B, 6, 6] float
  torch::Tensor metric_root;                       ///< [B, 3, 3] float
  torch::Tensor polar_projector;                   ///< [B, 3, 3] float
  torch::Tensor n_atoms, n_operations, space_group;  ///< [B] int64

  int64_t size() const { return elements.size(0); }
  GeometryBatch to(torch::Device device) const;
};

/// Padded to the largest S and N among `inputs` (N to a multiple of 4).
GeometryBatch collate(const std::vector<const GeometryInput*>& inputs);

/// Their relations alone, [B, S, N] uint8, as in the batch.
torch::Tensor collate_relations(const std::vector<const GeometryInput*>& inputs);

/// Slot coordinates [B, S, 3] of structures, padded with zeros.
torch::Tensor collate_coordinates(const std::vector<const std::vector<Vec3>*>& frac_coords);

}  // namespace clamp::diffusion
