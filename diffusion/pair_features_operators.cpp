// pair_geometry() as tensor operators, so that on a GPU nothing leaves the device.
#include <ATen/Functions.h>
#include <torch/utils.h>

#include <cmath>
#include <limits>

#include "core/elements.h"
#include "diffusion/pair_feature_layout.h"
#include "diffusion/pair_features.h"

namespace clamp::diffusion {
namespace {

using namespace pair_layout;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

/// [27, 3] lattice vectors of the images, in the order of the fused pass.
torch::Tensor image_offsets(const at::TensorOptions& options) {
  const auto k = at::arange(kImages, options);
  return at::stack({(k / 9).floor() - 1, (k / 3).floor().remainder(3) - 1, k.remainder(3) - 1}, -1);
}

/// Gaussians at 0 to count - 1 of the log distance in units of the spacing; d [...] Å -> [..., count].
torch::Tensor basis(const torch::Tensor& d, int64_t count) {
  const double spacing = std::log(kLongest / kShortest) / (kNearestBasis - 1);
  const auto x = ((d.clamp_min(kLeastDistance) / kShortest).log() / spacing).clamp_max(kLargestBasis);
  return (-0.5 * (x.unsqueeze(-1) - at::arange(count, d.options())).square()).exp();
}

torch::Tensor radii_of(const GeometryBatch& batch, const at::TensorOptions& options) {
  std::vector<float> radii(kMaxAtomicNumber + 1, 0.0F);
  for (int z = 1; z <= kMaxAtomicNumber; ++z)
    radii[static_cast<size_t>(z)] = static_cast<float>(covalent_radius(z));
  return torch::tensor(radii)
      .to(options)
      .index_select(0, batch.elements.flatten())
      .view(batch.elements.sizes());
}

/// Of the images but the nearest, within the cut-off: their bases under a smooth envelope, summed.
torch::Tensor other_images(const torch::Tensor& d) {
  torch::Tensor sum;
  for (int k = 0; k < kImages; ++k) {
    const auto one = d.select(-1, k);
    const auto near = one.clamp_max(kImageCutoff);
    const auto envelope = 0.5 * (1 + (near * (M_PI / kImageCutoff)).cos()) * (one < kImageCutoff);
    const auto term = basis(near, kImageBasis) * envelope.unsqueeze(-1);
    sum = sum.defined() ? sum + term : term;
  }
  return sum;
}

}  // namespace

PairGeometry pair_geometry_by_operators(const GeometryBatch& batch, const torch::Tensor& coords,
                                        const torch::Tensor& cells) {
  const auto x = coords.detach(), cell = cells.detach();
  const auto options = x.options();
  const auto difference = atom_coordinates(batch, x).unsqueeze(1) - x.unsqueeze(2);
  const auto delta = difference - difference.round();                                      // [B, S, N, 3]
  const auto base = at::matmul(delta, cell.unsqueeze(1));                                  // Å
  const auto shifts = at::matmul(image_offsets(options), cell).unsqueeze(1).unsqueeze(1);  // [B, 1, 1, 27, 3]
  const auto images = base.unsqueeze(-2) + shifts;                                         // [B, S, N, 27, 3]
  const auto is_self = (batch.relation == static_cast<int64_t>(Relation::kSelf)).unsqueeze(-1);
  const auto is_centre = at::arange(kImages, options) == kCentre;
  auto distances = images.square().sum(-1).sqrt().masked_fill(is_self & is_centre, kInfinity);
  const auto [shortest, nearest] = distances.min(-1, true);  // [B, S, N, 1]

  const auto within = distances < shortest + kTieReach * kTieWidth;
  const auto weights = ((shortest - distances) / kTieWidth).exp() * within;
  const auto vector = (weights.unsqueeze(-1) * images).sum(-2) / weights.sum(-1, true);
  const auto rest = distances.scatter(-1, nearest, kInfinity);
  const auto d = shortest.squeeze(-1);
  const auto second = rest.amin(-1);

  const auto phase = delta * (2 * M_PI);
  const auto fourier =
      at::stack({phase.sin(), phase.cos(), (2 * phase).sin(), (2 * phase).cos()}, -1).flatten(-2);
  const auto relation =
      at::one_hot(batch.relation.to(at::kLong), kRelations).to(options).narrow(-1, 1, kRelations - 1);
  const auto slot_radii = radii_of(batch, options);
  const auto radii = slot_radii.unsqueeze(-1) + slot_radii.gather(1, batch.atom_slot).unsqueeze(1);
  const auto bonded = relation.select(-1, static_cast<int64_t>(Relation::kIntraBond) - 1) +
                      relation.select(-1, static_cast<int64_t>(Relation::kSymmetryBond) - 1);
  const auto slots = at::arange(x.size(1), batch.atom_slot.options()).view({1, -1, 1});
  const auto single = [](const torch::Tensor& t) { return t.unsqueeze(-1); };
  const auto features =
      at::cat({basis(d, kNearestBasis), other_images(rest), vector / shortest.clamp_min(kLeastDistance),
               fourier, relation, single(((d - radii) / kNarrowBond).tanh() * bonded),
               single(((d - radii) / kWideBond).tanh() * bonded),
               single((batch.atom_slot.unsqueeze(1) == slots).to(options)),
               single((2 * (d / radii - 1.5)).tanh()), single((d - second).exp())},
              -1);
  const auto mask = batch.slot_mask.unsqueeze(-1).unsqueeze(-1) * batch.atom_mask.unsqueeze(1).unsqueeze(-1);
  const auto masked = [&](const torch::Tensor& t) { return t.masked_fill(mask == 0, 0); };
  return {at::constant_pad_nd(masked(features), {0, kPairFeatures - features.size(-1)}), masked(vector),
          masked(delta)};
}

}  // namespace clamp::diffusion
