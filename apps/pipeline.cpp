#include "apps/pipeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "apps/prompt_parts.h"
#include "apps/sha256.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "sampler/diffusion_geometry.h"
#include "sampler/folding_composer.h"
#include "sampler/guided_composer.h"

namespace clamp::apps {
namespace {

void require_same_encoders(const nn::Metadata& metadata, const std::string& file,
                           const CheckpointDir& checkpoint, const std::string& remedy) {
  const auto made_with = metadata.find("encoders_sha256");
  if (made_with == metadata.end() || made_with->second == sha256_of_file(checkpoint.encoders())) return;
  fail(fmt::format("{}: made with other encoders than {}; {}", file, checkpoint.encoders(), remedy));
}

sampler::ChemistryLibrary load_library(const CheckpointDir& checkpoint) {
  auto library = sampler::ChemistryLibrary::load(checkpoint.library());
  require_same_encoders(library.metadata(), checkpoint.library(), checkpoint,
                        "build it anew with clamp-train library");
  return library;
}

/// What a prompt says of volumes, where the checkpoint has the structures to tell.
std::shared_ptr<const sampler::PromptVolume> load_prompt_volume(const CheckpointDir& checkpoint,
                                                                const relax::GeometryTable* table) {
  if (table == nullptr || !std::filesystem::exists(checkpoint.library())) return nullptr;
  return std::make_shared<sampler::PromptVolume>(load_library(checkpoint), *table);
}

// The size of the largest cell that the composer learnt from; 0 where its file does not say.
int64_t trained_atoms(const nn::Metadata& metadata, const std::string& file) {
  const auto found = metadata.find("max_atoms");
  if (found == metadata.end()) return 0;
  int64_t atoms = 0;
  const auto& text = found->second;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), atoms);
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || atoms < 1)
    fail(fmt::format("{}: max_atoms is '{}', expected a number of atoms", file, text));
  return atoms;
}

std::shared_ptr<sampler::ClassifierGuide> load_guide(const CheckpointDir& checkpoint,
                                                     const encoders::ClampModel& clamp,
                                                     torch::Device device) {
  auto guide = sampler::ClassifierGuide::load(checkpoint.guide(), device);
  if (guide->dim() != clamp.dim()) {
    fail(
        fmt::format("{}: embeds in {} dimensions, the encoders in {}; train it for them with clamp-train "
                    "guide",
                    checkpoint.guide(), guide->dim(), clamp.dim()));
  }
  return guide;
}

std::unique_ptr<sampler::Composer> guided(std::unique_ptr<sampler::Composer> composer, double scale,
                                          std::shared_ptr<sampler::ClassifierGuide> guide) {
  sampler::GuidingConfig config;
  config.scale = scale;
  auto similarity = [guide = std::move(guide)](const sampler::ComposedChemistry& composed,
                                               const torch::Tensor& prompt, uint64_t seed) {
    return guide->similarity(composed.chemistry, composed.reference_volume, prompt, seed);
  };
  return std::make_unique<sampler::GuidedComposer>(std::move(composer), std::move(similarity), config);
}

std::unique_ptr<sampler::Composer> load_composer_model(const CheckpointDir& checkpoint,
                                                       const ComposerOptions& options, torch::Device device,
                                                       const relax::GeometryTable* table,
                                                       std::shared_ptr<const sampler::PromptVolume> volume,
                                                       std::shared_ptr<sampler::ClassifierGuide> guide) {
  auto model = diffusion::ComposerModel::load(checkpoint.composer(), device);
  require_same_encoders(model->metadata(), checkpoint.composer(), checkpoint,
                        "train it anew with clamp-train diffusion --part composer");
  sampler::ModelComposerConfig config;
  config.guidance_scale = options.guidance;
  if (options.temperature > 0) config.temperature = options.temperature;
  config.most_atoms = std::max(config.max_atoms, trained_atoms(model->metadata(), checkpoint.composer()));
  std::unique_ptr<sampler::Composer> composer =
      std::make_unique<sampler::ModelComposer>(std::move(model), config, table, std::move(volume));
  if (options.classifier > 0) composer = guided(std::move(composer), options.classifier, std::move(guide));
  if (options.fold_starts == 0 || table == nullptr) return composer;
  sampler::FoldingConfig folding;
  folding.starts = options.fold_starts;
  return std::make_unique<sampler::FoldingComposer>(std::move(composer), folding, *table);
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
  if (composer_reads_states)
    parts.encode_states = [this](const std::string& text) {
      return clamp.encode_text_states({text}).states[0];
    };
  parts.named_parts = [this](const std::string& prompt) { return named_parts(prompt); };
  return parts;
}

sampler::NamedParts LoadedModel::named_parts(const std::string& prompt) const {
  return demands_named ? parts_named(prompt) : sampler::NamedParts{};
}

ComposerKind composer_kind(const std::string& asked, const CheckpointDir& checkpoint) {
  const bool there = std::filesystem::exists(checkpoint.composer());
  if (asked == "library") return ComposerKind::kLibrary;
  if (asked == "model" && !there) {
    fail_usage(
        fmt::format("--composer model: {} does not exist; train one with clamp-train diffusion --part "
                    "composer, or pass --composer library",
                    checkpoint.composer()));
  }
  return there ? ComposerKind::kModel : ComposerKind::kLibrary;
}

LoadedModel load_model(const CheckpointDir& checkpoint, const LoadOptions& options, torch::Device device) {
  LoadedModel model{encoders::ClampModel::load(checkpoint.path, device), {}, {}, false, false, {}, {}};
  if (options.table) {
    model.table = std::make_unique<relax::GeometryTable>(
        relax::GeometryTable::from_json(read_file(checkpoint.geometry_table()), checkpoint.geometry_table()));
  }
  const auto& composing = options.composing;
  const bool draws = options.composer == ComposerKind::kModel;
  std::shared_ptr<sampler::ClassifierGuide> guide;
  if (options.guide || (draws && composing.classifier > 0))
    guide = load_guide(checkpoint, model.clamp, device);
  if (options.composer == ComposerKind::kLibrary) {
    sampler::LibraryComposerConfig config;
    config.temperature = composing.temperature > 0 ? composing.temperature : 1 / model.clamp.scale();
    model.composer = std::make_unique<sampler::LibraryComposer>(load_library(checkpoint), config);
  } else if (draws) {
    // Without guidance the prompt plays no part.
    if (composing.guidance > 0) model.prompt_volume = load_prompt_volume(checkpoint, model.table.get());
    model.composer =
        load_composer_model(checkpoint, composing, device, model.table.get(), model.prompt_volume, guide);
    model.composer_reads_states = true;
    model.demands_named = composing.named == "demand";
  }
  if (options.geometry) {
    auto geometry = sampler::DiffusionGeometry::load(checkpoint.geometry(), device, options.n_threads);
    if (options.guide) geometry->set_guide(guide);
    model.geometry = std::move(geometry);
  }
  return model;
}

}  // namespace clamp::apps
