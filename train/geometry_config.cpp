#include "train/geometry_config.h"

#include <fmt/format.h>

#include "core/error.h"

namespace clamp::train {
namespace {

void read(YamlMap& map, diffusion::GeometryModelConfig& model) {
  auto& config = model.denoiser;
  constexpr int64_t kLargest = 4096;
  map.get("dim", config.dim, 8, kLargest);
  map.get("layers", config.layers, 1, 64);
  map.get("heads", config.heads, 1, 64);
  map.get("pair_dim", config.pair_dim, 4, kLargest);
  map.get("condition_dim", config.condition_dim, 4, kLargest);
  map.get("embedding_dim", config.embedding_dim, 1, kLargest);
  map.get("self_conditioning", config.self_conditioning);
  map.get("image_head", config.image_head);
  map.get("copy_head", config.copy_head);
  map.get("predict_clean_coords", model.predict_clean_coords);
  map.get("predict_clean_lattice", model.predict_clean_lattice);
}

void read(YamlMap& map, diffusion::NoiseConfig& config) {
  map.get("sigma_min", config.sigma_min, 1e-4, 1.0);
  map.get("sigma_max", config.sigma_max, 0.1, 1.0);
  map.get("lattice_power", config.lattice_power, 0.5, 10.0);
}

void read(YamlMap& map, GeometryTraining& config) {
  read(map, static_cast<UpdateConfig&>(config));
  map.get("batch_atoms", config.batch_atoms, 0, 100000000);
  map.get("lattice_weight", config.lattice_weight, 0.0, 100.0);
  map.get("distance_weight", config.distance_weight, 0.0, 100.0);
  map.get("image_weight", config.image_weight, 0.0, 100.0);
  map.get("copy_weight", config.copy_weight, 0.0, 100.0);
  map.get("embedding_dropout", config.embedding_dropout, 0.0, 1.0);
  map.get("unknown_copies", config.unknown_copies, 0.0, 1.0);
  map.get("focus_share", config.focus_share, 0.0, 1.0);
  map.get("focus_low", config.focus_low, 0.0, 1.0);
  map.get("focus_high", config.focus_high, 0.0, 1.0);
  map.get("captions", config.captions, 0, 1000);
  map.get("quality_structures", config.quality_structures, 0, 100000);
}

}  // namespace

std::string GeometryRun::yaml() const {
  const auto& d = model.denoiser;
  const auto& n = model.noise;
  const auto& t = training;
  return fmt::format(
             "geometry:\n"
             "  model:\n    dim: {}\n    layers: {}\n    heads: {}\n    pair_dim: {}\n    condition_dim: {}\n"
             "    embedding_dim: {}\n    self_conditioning: {}\n    image_head: {}\n    copy_head: {}\n"
             "    predict_clean_coords: {}\n    predict_clean_lattice: {}\n"
             "  noise:\n    sigma_min: {}\n    sigma_max: {}\n    lattice_power: {}\n"
             "  training:\n",
             d.dim, d.layers, d.heads, d.pair_dim, d.condition_dim, d.embedding_dim, d.self_conditioning,
             d.image_head, d.copy_head, model.predict_clean_coords, model.predict_clean_lattice, n.sigma_min,
             n.sigma_max, n.lattice_power) +
         to_yaml(t, 4) +
         fmt::format(
             "    batch_atoms: {}\n    lattice_weight: {}\n    distance_weight: {}\n    image_weight: {}\n"
             "    copy_weight: {}\n    embedding_dropout: {}\n    unknown_copies: {}\n    focus_share: {}\n  "
             "  focus_low: {}\n    focus_high: {}\n"
             "    captions: {}\n    quality_structures: {}\n",
             t.batch_atoms, t.lattice_weight, t.distance_weight, t.image_weight, t.copy_weight,
             t.embedding_dropout, t.unknown_copies, t.focus_share, t.focus_low, t.focus_high, t.captions,
             t.quality_structures);
}

GeometryRun read_geometry_run(const std::string& path) {
  GeometryRun run;
  auto map = path.empty() ? YamlMap::from_text("", "defaults") : YamlMap::from_file(path);
  map.section("geometry", [&](YamlMap& geometry) {
    geometry.section("model", [&](YamlMap& section) { read(section, run.model); });
    geometry.section("noise", [&](YamlMap& section) { read(section, run.model.noise); });
    geometry.section("training", [&](YamlMap& section) { read(section, run.training); });
  });
  allow_other_sections(map);
  map.finish();
  const auto& d = run.model.denoiser;
  if (d.dim % d.heads != 0) {
    fail_usage(fmt::format("{}: geometry.model.dim {} is not a multiple of geometry.model.heads {}", path,
                           d.dim, d.heads));
  }
  if (run.training.image_weight > 0 && !d.image_head) {
    fail_usage(fmt::format("{}: geometry.training.image_weight {} needs geometry.model.image_head", path,
                           run.training.image_weight));
  }
  if (run.training.copy_weight > 0 && !d.copy_head) {
    fail_usage(fmt::format("{}: geometry.training.copy_weight {} needs geometry.model.copy_head", path,
                           run.training.copy_weight));
  }
  if (run.training.focus_low >= run.training.focus_high) {
    fail_usage(fmt::format("{}: geometry.training.focus_low {} is not below focus_high {}", path,
                           run.training.focus_low, run.training.focus_high));
  }
  return run;
}

}  // namespace clamp::train
