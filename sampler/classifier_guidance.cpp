#include "sampler/classifier_guidance.h"

#include <ATen/Functions.h>
#include <torch/autograd.h>
#include <torch/utils.h>

#include <cmath>

#include "core/seed.h"
#include "diffusion/pair_features.h"
#include "sampler/result_json.h"

namespace clamp::sampler {
namespace {

constexpr double kLatticeStep = 1e-3;  // of the central difference, in standard deviations

/// d similarity / d lattice from d similarity / d cell [1, 3, 3], by central differences of the cell.
torch::Tensor through_lattice(const diffusion::GeometryModel& model, const diffusion::GeometryBatch& batch,
                              const torch::Tensor& lattice, const torch::Tensor& by_cell) {
  auto gradient = at::zeros_like(lattice);
  for (int64_t k = 0; k < lattice.size(1); ++k) {
    auto step = at::zeros_like(lattice);
    step.select(1, k).fill_(kLatticeStep);
    const auto change = model.cells(lattice + step, batch) - model.cells(lattice - step, batch);
    gradient.select(1, k).copy_((by_cell * change).sum({1, 2}) / (2 * kLatticeStep));
  }
  return at::matmul(batch.lattice_projector, gradient.unsqueeze(-1)).squeeze(-1);
}

}  // namespace

std::shared_ptr<ClassifierGuide> ClassifierGuide::load(const std::string& path, torch::Device device) {
  return std::make_shared<ClassifierGuide>(encoders::load_noise_aware(path, device));
}

ClassifierGuide::Gradient ClassifierGuide::gradient(const diffusion::GeometryModel& model,
                                                    const diffusion::GeometryBatch& batch,
                                                    const torch::Tensor& coords, const torch::Tensor& lattice,
                                                    double t, const torch::Tensor& target) {
  const at::AutoGradMode with_gradient(true);
  const auto x = coords.detach().clone().requires_grad_();
  const auto cells = model.cells(lattice, batch).requires_grad_();
  const auto atoms = diffusion::atom_coordinates(batch, x);  // [1, N, 3]
  const int64_t n = batch.n_atoms.item<int64_t>();
  encoders::NoisyCrystals crystal;
  crystal.species = encoders::one_hot_species(batch.elements.gather(1, batch.atom_slot)[0].narrow(0, 0, n));
  crystal.frac = atoms[0].narrow(0, 0, n);
  crystal.cells = cells;
  crystal.crystal_of = at::zeros({n}, batch.elements.options());
  crystal.t = at::full({1}, t, coords.options());
  const auto similarity = encoder_->forward(crystal)[0].dot(target.to(coords.device()));
  const auto gradients = torch::autograd::grad({(encoder_->scale() * similarity).unsqueeze(0)}, {x, cells});
  const at::AutoGradMode without_gradient(false);
  Gradient result;
  result.similarity = similarity.item<double>();
  result.sites =
      at::matmul(batch.basis.transpose(-1, -2), gradients[0].unsqueeze(-1)).squeeze(-1) * batch.freedom;
  result.lattice = through_lattice(model, batch, lattice, gradients[1]);
  return result;
}

double ClassifierGuide::similarity(const Chemistry& chemistry, double volume, const torch::Tensor& target,
                                   uint64_t seed) {
  TORCH_CHECK(volume > 0, "a cell of ", volume, " A^3");
  const torch::NoGradGuard no_grad;
  const auto numbers = atomic_numbers_of(chemistry);
  const auto n = static_cast<int64_t>(numbers.size());
  const auto device = encoder_->scale().device();
  Rng rng(seed);
  auto frac = at::empty({n, 3}, at::kFloat);
  auto* values = frac.data_ptr<float>();
  for (int64_t k = 0; k < 3 * n; ++k) values[k] = static_cast<float>(rng.uniform());
  encoders::NoisyCrystals crystal;
  crystal.species = encoders::one_hot_species(
      torch::tensor(std::vector<int64_t>(numbers.begin(), numbers.end())).to(device));
  crystal.frac = frac.to(device);
  crystal.cells = (std::cbrt(volume) * at::eye(3, frac.options())).unsqueeze(0).to(device);
  crystal.crystal_of = at::zeros({n}, at::TensorOptions(at::kLong).device(device));
  crystal.t = at::ones({1}, crystal.frac.options());
  const auto cosine = encoder_->forward(crystal)[0].dot(target.to(device));
  return (encoder_->scale() * cosine).item<double>();
}

}  // namespace clamp::sampler
