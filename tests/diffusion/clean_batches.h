// Clean batches of the sample structures, as training makes them.
#pragma once

#include <ATen/Functions.h>
#include <torch/nn/init.h>
#include <torch/utils.h>

#include <vector>

#include "diffusion/geometry_loss.h"
#include "nn/random.h"
#include "tests/support/units.h"

namespace clamp::tests {

inline diffusion::GeometryModelConfig tiny_geometry_config() {
  diffusion::GeometryModelConfig config;
  config.denoiser.dim = 16;
  config.denoiser.layers = 2;
  config.denoiser.heads = 2;
  config.denoiser.pair_dim = 8;
  config.denoiser.condition_dim = 8;
  config.denoiser.embedding_dim = 4;
  return config;
}

/// With self-conditioning and the heads for images and copies.
inline diffusion::GeometryModelConfig full_geometry_config() {
  auto config = tiny_geometry_config();
  config.denoiser.self_conditioning = true;
  config.denoiser.image_head = true;
  config.denoiser.copy_head = true;
  return config;
}

/// A model of all parts whose zero-initialised layers are randomised, so that every path counts.
inline diffusion::GeometryModel random_model(uint64_t seed) {
  at::manual_seed(seed);
  diffusion::GeometryModel model(full_geometry_config());
  const torch::NoGradGuard no_grad;
  for (auto& p : model.denoiser()->parameters()) {
    if (p.abs().max().item<double>() == 0) torch::nn::init::normal_(p, 0, 0.1);
  }
  model.denoiser()->eval();
  return model;
}

/// The small samples (at most `max_slots` slots).
inline std::vector<AsymmetricUnit> small_units(size_t max_slots = 24) {
  std::vector<AsymmetricUnit> units;
  for (const AsymmetricUnit& unit : qmof_units()) {
    if (unit.chemistry.slots.size() <= max_slots) units.push_back(unit);
  }
  return units;
}

inline diffusion::CleanBatch clean_batch(const std::vector<AsymmetricUnit>& units,
                                         const diffusion::GeometryModel& model, bool known_copies = true) {
  std::vector<diffusion::GeometryInput> inputs, known;
  for (const AsymmetricUnit& unit : units) {
    inputs.push_back(diffusion::make_geometry_input(unit.chemistry, known_copies));
    known.push_back(diffusion::make_geometry_input(unit.chemistry));
  }
  std::vector<const diffusion::GeometryInput*> input_pointers, known_pointers;
  std::vector<const std::vector<Vec3>*> coords;
  std::vector<Mat3> cells;
  for (size_t k = 0; k < units.size(); ++k) {
    input_pointers.push_back(&inputs[k]);
    known_pointers.push_back(&known[k]);
    coords.push_back(&units[k].frac_coords);
    cells.push_back(units[k].cell);
  }
  diffusion::CleanBatch batch;
  batch.chemistry = diffusion::collate(input_pointers);
  batch.relation = diffusion::collate_relations(known_pointers);
  batch.coords = diffusion::collate_coordinates(coords);
  batch.lattice = model.lattices(cells, input_pointers);
  const auto b = static_cast<int64_t>(units.size());
  batch.embedding = at::zeros({b, model.config().denoiser.embedding_dim});
  batch.has_embedding = at::zeros({b});
  return batch;
}

inline diffusion::GeometryNoise draw_noise(const diffusion::CleanBatch& batch, double t, uint64_t seed) {
  auto generator = nn::make_generator(seed);
  const at::TensorOptions options(at::kFloat);
  return {at::full({batch.coords.size(0)}, t), at::randn(batch.coords.sizes(), generator, options),
          at::randn(batch.lattice.sizes(), generator, options)};
}

}  // namespace clamp::tests
