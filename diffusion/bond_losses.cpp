#include "diffusion/bond_losses.h"

#include <ATen/Functions.h>

#include "diffusion/denoiser.h"
#include "diffusion/pair_features.h"

namespace clamp::diffusion {
namespace {

constexpr double kTie = 0.05;           // fractional: a nearest vector that is the mean of several images
constexpr double kDistanceFloor = 0.1;  // Å

torch::Tensor is(const torch::Tensor& relation, Relation kind) {
  return relation == static_cast<int64_t>(kind);
}

/// Differences atom - slot of fractional coordinates, not wrapped, [B, S, N, 3].
torch::Tensor differences(const torch::Tensor& atoms, const torch::Tensor& slots) {
  return atoms.unsqueeze(1) - slots.unsqueeze(2);
}

/// Mean of `values` over the pairs that `mask` marks, [B]; both [B, S, N].
torch::Tensor mean_over(const torch::Tensor& values, const torch::Tensor& mask) {
  return (values * mask).sum({1, 2}) / mask.sum({1, 2}).clamp_min(1);
}

}  // namespace

CleanBonds clean_bonds(const GeometryBatch& batch, const torch::Tensor& coords, const torch::Tensor& cells) {
  const auto nearest = pair_geometry(batch, coords, cells).vector;  // the mean where several are as near
  const auto difference = differences(atom_coordinates(batch, coords), coords);
  const auto shift = at::matmul(nearest, std::get<0>(at::linalg_inv_ex(cells)).unsqueeze(1)) - difference;
  CleanBonds bonds;
  bonds.shift = shift.round();
  bonds.vector = at::matmul(difference + bonds.shift, cells.unsqueeze(1));
  const auto single = (shift - bonds.shift).abs().amax(-1) < kTie;
  const auto bonded = is(batch.relation, Relation::kIntraBond) | is(batch.relation, Relation::kSymmetryBond);
  bonds.bonded = (bonded & single).to(coords.scalar_type());
  bonds.near = ((bonded | is(batch.relation, Relation::kSecond)) & single).to(coords.scalar_type());
  return bonds;
}

torch::Tensor distance_loss(const GeometryBatch& batch, const CleanBonds& bonds, const torch::Tensor& cells,
                            const torch::Tensor& error, const torch::Tensor& sigma) {
  const auto index = batch.atom_slot.unsqueeze(-1).expand({-1, -1, 3});
  const auto of_atoms = at::matmul(batch.rotation, error.gather(1, index).unsqueeze(-1)).squeeze(-1);
  const auto moved = at::matmul(differences(of_atoms, error), cells.unsqueeze(1));  // Å
  const auto predicted = ((bonds.vector + moved).square().sum(-1) + 1e-4).sqrt();
  const auto real = (bonds.vector.square().sum(-1) + 1e-4).sqrt();
  const auto unit = (sigma + kDistanceFloor).view({-1, 1, 1});
  return mean_over(((predicted - real) / unit).square(), bonds.near);
}

torch::Tensor image_classes(const GeometryBatch& batch, const CleanBonds& bonds, const torch::Tensor& noisy) {
  const auto bond = differences(atom_coordinates(batch, noisy), noisy) + bonds.shift;
  const auto beyond = bond.round();  // of the wrapped difference, which lies in [-1/2, 1/2]
  const auto known = (beyond.abs().amax(-1) <= 1) & (bonds.bonded > 0);
  const auto digits = beyond + 1;
  const auto classes = digits.select(-1, 0) * 9 + digits.select(-1, 1) * 3 + digits.select(-1, 2);
  return at::where(known, classes, at::full({}, -1.0, classes.options())).to(at::kLong);
}

torch::Tensor image_loss(const GeometryBatch& batch, const CleanBonds& bonds, const torch::Tensor& noisy,
                         const torch::Tensor& logits) {
  const auto classes = image_classes(batch, bonds, noisy);
  const auto log_p = at::log_softmax(logits, -1).gather(-1, classes.clamp_min(0).unsqueeze(-1)).squeeze(-1);
  return mean_over(-log_p, (classes >= 0).to(logits.scalar_type()));
}

torch::Tensor open_copies(const GeometryBatch& batch, const torch::Tensor& relation) {
  const auto known = is(relation, Relation::kPossibleBond).logical_not();
  return is(batch.relation, Relation::kPossibleBond) & known & is(relation, Relation::kSelf).logical_not();
}

torch::Tensor copy_loss(const GeometryBatch& batch, const torch::Tensor& relation,
                        const torch::Tensor& logits) {
  const auto bonded = is(relation, Relation::kSymmetryBond).to(logits.scalar_type());
  const auto entropy = at::binary_cross_entropy_with_logits(logits, bonded, {}, {}, at::Reduction::None);
  return mean_over(entropy, open_copies(batch, relation).to(logits.scalar_type()));
}

}  // namespace clamp::diffusion
