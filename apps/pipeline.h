// The parts of a checkpoint put together for generation and evaluation.
#pragma once

#include <memory>

#include "apps/checkpoint_dir.h"
#include "encoders/clamp_model.h"
#include "relax/geometry_table.h"
#include "sampler/generate.h"
#include "sampler/library_composer.h"

namespace clamp::apps {

/// What sampler::Pipeline points to.
struct LoadedModel {
  encoders::ClampModel clamp;
  std::unique_ptr<sampler::LibraryComposer> composer;
  std::unique_ptr<relax::GeometryTable> table;
  std::unique_ptr<sampler::GeometrySampler> geometry;

  sampler::Pipeline pipeline() const;
};

struct LoadOptions {
  bool library = true;
  bool geometry = true;
  bool guide = false;  ///< also what classifier guidance follows
  bool table = true;
  int n_threads = 1;       ///< structures sampled at once on the CPU
  double temperature = 0;  ///< of the composer; 0: as the encoders were trained
};

/// Throws clamp::Error naming the file that is missing, damaged or does not belong to the others.
LoadedModel load_model(const CheckpointDir& checkpoint, const LoadOptions& options, torch::Device device);

}  // namespace clamp::apps
