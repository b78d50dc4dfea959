// A small geometry training run on the sample structures.
#pragma once

#include <ATen/Context.h>

#include <algorithm>
#include <string>
#include <utility>

#include "tests/support/units.h"
#include "train/geometry_data.h"

namespace clamp::tests {

inline train::GeometrySet small_set() {
  train::GeometrySet set;
  for (const AsymmetricUnit& unit : qmof_units()) {
    if (unit.chemistry.slots.size() > 20) continue;
    train::GeometryExample example;
    example.id = "group " + std::to_string(unit.chemistry.space_group);
    example.unit = unit;
    example.input = diffusion::make_geometry_input(unit.chemistry, true);
    example.input_unknown = diffusion::make_geometry_input(unit.chemistry, false);
    set.examples.push_back(std::move(example));
  }
  return set;
}

inline int64_t largest_of(const train::GeometrySet& set) {
  int64_t atoms = 0;
  for (const auto& example : set.examples) atoms = std::max(atoms, example.input.n_atoms);
  return atoms;
}

inline train::GeometryRun tiny_run(int64_t steps) {
  train::GeometryRun run;
  auto& d = run.model.denoiser;
  d.dim = 16;
  d.layers = 1;
  d.heads = 2;
  d.pair_dim = 8;
  d.condition_dim = 8;
  d.embedding_dim = 4;
  d.self_conditioning = true;
  d.image_head = true;
  d.copy_head = true;
  run.model.scale = train::measure_lattice_scale(small_set());
  run.training.steps = steps;
  run.training.distance_weight = 0.1;
  run.training.image_weight = 0.1;
  run.training.copy_weight = 0.1;
  run.training.batch_size = 4;
  run.training.batch_atoms = 3 * largest_of(small_set());  // some batches have three
  run.training.warmup_steps = 2;
  run.training.learning_rate = 3e-3;
  run.training.log_every = 1;
  run.training.validate_every = 5;
  run.training.save_every = 3;
  return run;
}

/// Products in float32 for the time of a test: bfloat16 ones are rounded in every process.
class Float32Products {
 public:
  Float32Products() { at::globalContext().setUserEnabledMkldnn(false); }
  ~Float32Products() { at::globalContext().setUserEnabledMkldnn(true); }
};

}  // namespace clamp::tests
