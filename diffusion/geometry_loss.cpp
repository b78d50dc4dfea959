#include "diffusion/geometry_loss.h"

#include <ATen/Functions.h>
#include <torch/utils.h>

#include "diffusion/bond_losses.h"
#include "diffusion/wrapped_normal.h"

namespace clamp::diffusion {

NoisyState add_noise(const GeometryModelConfig& config, const CleanBatch& clean, const GeometryNoise& noise) {
  NoisyState state;
  state.sigma =
      coordinate_sigma(noise.t, clean.chemistry.n_atoms, config.scale.volume_per_atom, config.noise);
  const auto u = noise.coords * clean.chemistry.freedom * state.sigma.view({-1, 1, 1});  // [B, S, 3]
  state.coords = clean.coords + at::matmul(clean.chemistry.basis, u.unsqueeze(-1)).squeeze(-1);
  const auto alpha = lattice_alpha(noise.t, config.noise).unsqueeze(-1);
  const auto projected =
      at::matmul(clean.chemistry.lattice_projector, noise.lattice.unsqueeze(-1)).squeeze(-1);
  state.lattice = alpha * clean.lattice + (1 - alpha * alpha).clamp_min(0).sqrt() * projected;
  return state;
}

GeometryModel::Prediction predict(GeometryModel& model, const CleanBatch& clean, const NoisyState& state,
                                  const torch::Tensor& t, bool guess) {
  const auto ask = [&](const GeometryModel::Prediction* before) {
    return model.predict(clean.chemistry, state.coords, state.lattice, t, clean.embedding,
                         clean.has_embedding, before);
  };
  if (!guess || !model.config().denoiser.self_conditioning) return ask(nullptr);
  const auto first = [&] {
    const torch::NoGradGuard no_grad;
    return ask(nullptr);
  }();
  return ask(&first);
}

GeometryLoss geometry_loss(GeometryModel& model, const CleanBatch& clean, const GeometryNoise& noise,
                           const LossTerms& terms) {
  const GeometryBatch& chemistry = clean.chemistry;
  const NoisyState state = add_noise(model.config(), clean, noise);
  const auto prediction = predict(model, clean, state, noise.t, terms.guess);

  const auto sigma = state.sigma.view({-1, 1, 1});
  const auto displacement = noise.coords * chemistry.freedom * sigma;
  const auto rms = wrapped_normal_score_rms(state.sigma).view({-1, 1, 1});
  const auto score = wrapped_normal_score(displacement, sigma.expand_as(displacement)) / rms;
  const auto as_fractional =
      at::matmul(chemistry.basis, (score * chemistry.freedom).unsqueeze(-1)).squeeze(-1);
  const auto target = to_site_coordinates(chemistry, as_fractional);
  const auto free = chemistry.freedom.sum({1, 2}).clamp_min(1);

  const auto alpha = lattice_alpha(noise.t, model.config().noise).unsqueeze(-1);
  const auto variance = (1 - alpha * alpha).clamp_min(1e-8);
  const auto residual = (clean.lattice - alpha * state.lattice) / variance.sqrt();
  const auto free_lattice = chemistry.lattice_projector.diagonal(0, 1, 2).sum(-1).clamp_min(1);
  const auto weight = (variance / (variance + kLatticeNoiseFloor * kLatticeNoiseFloor)).squeeze(-1);

  GeometryLoss loss;
  loss.coords = (prediction.score - target).square().sum({1, 2}) / free;
  loss.lattice = (prediction.lattice_residual - residual).square().sum(-1) / free_lattice * weight;
  if (terms.distances || terms.images) {
    const auto cells = model.cells(clean.lattice, chemistry);
    const auto bonds = clean_bonds(chemistry, clean.coords, cells);
    const auto edge = at::linalg_det(cells).abs().pow(1.0 / 3.0);  // [B] Å
    if (terms.distances)
      loss.distances =
          distance_loss(chemistry, bonds, cells, prediction.coords - clean.coords, state.sigma * edge);
    if (terms.images) loss.images = image_loss(chemistry, bonds, state.coords, prediction.images);
  }
  if (terms.copies) loss.copies = copy_loss(chemistry, clean.relation, prediction.copies);
  return loss;
}

}  // namespace clamp::diffusion
