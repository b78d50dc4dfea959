// Geometry of every (slot, atom) pair, computed once a network call: periodic distances and directions.
//
// Inputs of the network, never differentiated. One fused pass over pairs on the CPU, tensor operators on
// other devices.
#pragma once

#include <torch/types.h>

#include "diffusion/geometry_batch.h"

namespace clamp::diffusion {

constexpr int64_t kPairFeatures = 64;

struct PairGeometry {
  torch::Tensor features;  ///< [B, S, N, kPairFeatures] float
  torch::Tensor vector;    ///< [B, S, N, 3] Å, to the nearest image (averaged where several are as near)
  torch::Tensor delta;     ///< [B, S, N, 3] fractional difference, wrapped to [-0.5, 0.5]
};

/// @param coords  [B, S, 3] fractional slot coordinates
/// @param cells   [B, 3, 3] rows are lattice vectors, Å, canonical orientation
/// Padded pairs are zero.
PairGeometry pair_geometry(const GeometryBatch& batch, const torch::Tensor& coords,
                           const torch::Tensor& cells);

/// The same on any device, several times slower on a CPU.
PairGeometry pair_geometry_by_operators(const GeometryBatch& batch, const torch::Tensor& coords,
                                        const torch::Tensor& cells);

/// Positions of all atoms of the cell, R x + t: [B, N, 3] fractional.
torch::Tensor atom_coordinates(const GeometryBatch& batch, const torch::Tensor& coords);

}  // namespace clamp::diffusion
