// The parts of a checkpoint put together for generation and evaluation.
#pragma once

#include <memory>

#include "apps/checkpoint_dir.h"
#include "apps/composer_options.h"
#include "encoders/clamp_model.h"
#include "relax/geometry_table.h"
#include "sampler/generate.h"
#include "sampler/library_composer.h"
#include "sampler/model_composer.h"

namespace clamp::apps {

/// What sampler::Pipeline points to.
struct LoadedModel {
  encoders::ClampModel clamp;
  std::unique_ptr<relax::GeometryTable> table;  ///< the composer points to it
  std::unique_ptr<sampler::Composer> composer;
  bool composer_reads_states = false;
  bool demands_named = false;  ///< parts that a prompt names must be there where the composer finds a way
  std::unique_ptr<sampler::GeometrySampler> geometry;
  std::shared_ptr<const sampler::PromptVolume> prompt_volume;  ///< of the model composer; may be null

  sampler::Pipeline pipeline() const;
  /// The parts of a prompt to be demanded; none where names steer only.
  sampler::NamedParts named_parts(const std::string& prompt) const;
};

enum class ComposerKind { kNone, kLibrary, kModel };

struct LoadOptions {
  ComposerKind composer = ComposerKind::kLibrary;
  bool geometry = true;
  bool guide = false;  ///< also what classifier guidance follows
  bool table = true;
  int n_threads = 1;  ///< structures sampled at once on the CPU
  ComposerOptions
      composing;  ///< but its kind, which is `composer`; folding and the classifier need the table
};

/// What `asked` names: "model", "library", or "auto" for the model where the checkpoint has one.
/// Throws clamp::UsageError for a model that is not there.
ComposerKind composer_kind(const std::string& asked, const CheckpointDir& checkpoint);

/// Throws clamp::Error naming the file that is missing, damaged or does not belong to the others.
LoadedModel load_model(const CheckpointDir& checkpoint, const LoadOptions& options, torch::Device device);

}  // namespace clamp::apps
