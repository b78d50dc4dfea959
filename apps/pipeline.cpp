#include "apps/pipeline.h"

#include <fmt/format.h>

#include "apps/sha256.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "sampler/diffusion_geometry.h"

namespace clamp::apps {
namespace {

std::unique_ptr<sampler::LibraryComposer> load_composer(const CheckpointDir& checkpoint, double temperature) {
  auto library = sampler::ChemistryLibrary::load(checkpoint.library());
  const auto made_with = library.metadata().find("encoders_sha256");
  if (made_with != library.metadata().end() && made_with->second != sha256_of_file(checkpoint.encoders())) {
    fail(fmt::format("{}: made with other encoders than {}; build it anew with clamp-train library",
                     checkpoint.library(), checkpoint.encoders()));
  }
  sampler::LibraryComposerConfig config;
  config.temperature = temperature;
  return std::make_unique<sampler::LibraryComposer>(std::move(library), config);
}

}  // namespace

sampler::Pipeline LoadedModel::pipeline() const {
  sampler::Pipeline parts;
  parts.composer = composer.get();
  parts.geometry = geometry.get();
  parts.table = table.get();
  parts.encode_texts = [this](const std::vector<std::string>& texts) { return clamp.encode_texts(texts); };
  parts.encode_crystals = [this](const std::vector<Crystal>& crystals) {
    return clamp.encode_crystals(crystals);
  };
  return parts;
}

LoadedModel load_model(const CheckpointDir& checkpoint, const LoadOptions& options, torch::Device device) {
  LoadedModel model{encoders::ClampModel::load(checkpoint.path, device), {}, {}, {}};
  const double temperature = options.temperature > 0 ? options.temperature : 1 / model.clamp.scale();
  if (options.library) model.composer = load_composer(checkpoint, temperature);
  if (options.table) {
    model.table = std::make_unique<relax::GeometryTable>(
        relax::GeometryTable::from_json(read_file(checkpoint.geometry_table()), checkpoint.geometry_table()));
  }
  if (options.geometry) {
    auto geometry = sampler::DiffusionGeometry::load(checkpoint.geometry(), device, options.n_threads);
    if (options.guide) {
      auto guide = sampler::ClassifierGuide::load(checkpoint.guide(), device);
      if (guide->dim() != model.clamp.dim()) {
        fail(
            fmt::format("{}: embeds in {} dimensions, the encoders in {}; train it for them with clamp-train "
                        "guide",
                        checkpoint.guide(), guide->dim(), model.clamp.dim()));
      }
      geometry->set_guide(std::move(guide));
    }
    model.geometry = std::move(geometry);
  }
  return model;
}

}  // namespace clamp::apps
