// Auxiliary losses of the geometry model on what is bonded: distances of the predicted structure, and the
// copy and the lattice translation that each bond goes to.
#pragma once

#include "diffusion/geometry_batch.h"

namespace clamp::diffusion {

/// Bonds and pairs two bonds apart of the clean structures.
struct CleanBonds {
  torch::Tensor vector;  ///< [B, S, N, 3] Å, from the slot's representative to the nearest image of the atom
  torch::Tensor shift;   ///< [B, S, N, 3] the lattice translation of that image (of the unwrapped difference)
  torch::Tensor bonded;  ///< [B, S, N] float: 1 for bonds with a known copy
  torch::Tensor near;    ///< [B, S, N] float: 1 for these and for pairs two bonds apart
};
/// Pairs whose nearest image is not the only one, by symmetry, are left out.
/// @param coords [B, S, 3] clean; cells [B, 3, 3] clean
CleanBonds clean_bonds(const GeometryBatch& batch, const torch::Tensor& coords, const torch::Tensor& cells);

/// Mean square error of the distances of near pairs, in units of the noise (and a tenth of an Ångström).
/// @param error [B, S, 3] predicted minus clean fractional slot coordinates; sigma [B] noise, Å. @return [B]
torch::Tensor distance_loss(const GeometryBatch& batch, const CleanBonds& bonds, const torch::Tensor& cells,
                            const torch::Tensor& error, const torch::Tensor& sigma);

/// The class of each bond's translation beyond the wrapped difference of the noisy state, [B, S, N] int64;
/// -1 where there is no bond or the translation is none of the kImageClasses.
torch::Tensor image_classes(const GeometryBatch& batch, const CleanBonds& bonds, const torch::Tensor& noisy);

/// Pairs of which the network is to say whether they are bonded, [B, S, N] bool: those that may be bonds to
/// one of several copies, in `batch`, of which `relation` [B, S, N] knows which. Not the representative
/// itself, unless it is bonded to its own images.
torch::Tensor open_copies(const GeometryBatch& batch, const torch::Tensor& relation);

/// Mean binary cross entropy of that under `logits` [B, S, N], [B]; 0 without such pairs.
torch::Tensor copy_loss(const GeometryBatch& batch, const torch::Tensor& relation,
                        const torch::Tensor& logits);

/// Mean cross entropy of those classes under `logits` [B, S, N, kImageClasses], [B]; 0 without bonds.
torch::Tensor image_loss(const GeometryBatch& batch, const CleanBonds& bonds, const torch::Tensor& noisy,
                         const torch::Tensor& logits);

}  // namespace clamp::diffusion
