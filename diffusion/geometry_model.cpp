#include "diffusion/geometry_model.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/error.h"
#include "diffusion/wrapped_normal.h"

namespace clamp::diffusion {

std::string to_json(const GeometryModelConfig& config) {
  const auto& d = config.denoiser;
  const auto& n = config.noise;
  const auto& s = config.scale;
  const nlohmann::json json = {
      {"denoiser",
       {{"dim", d.dim},
        {"layers", d.layers},
        {"heads", d.heads},
        {"pair_dim", d.pair_dim},
        {"condition_dim", d.condition_dim},
        {"embedding_dim", d.embedding_dim},
        {"self_conditioning", d.self_conditioning},
        {"image_head", d.image_head},
        {"copy_head", d.copy_head}}},
      {"targets",
       {{"clean_coords", config.predict_clean_coords}, {"clean_lattice", config.predict_clean_lattice}}},
      {"noise", {{"sigma_min", n.sigma_min}, {"sigma_max", n.sigma_max}, {"lattice_power", n.lattice_power}}},
      {"lattice",
       {{"volume_per_atom", s.volume_per_atom},
        {"trace_mean", s.trace_mean},
        {"trace_std", s.trace_std},
        {"deviator_std", s.deviator_std}}}};
  return json.dump();
}

GeometryModelConfig geometry_config_from_json(const std::string& text, const std::string& source) {
  GeometryModelConfig config;
  try {
    const auto json = nlohmann::json::parse(text);
    const auto& d = json.at("denoiser");
    d.at("dim").get_to(config.denoiser.dim);
    d.at("layers").get_to(config.denoiser.layers);
    d.at("heads").get_to(config.denoiser.heads);
    d.at("pair_dim").get_to(config.denoiser.pair_dim);
    d.at("condition_dim").get_to(config.denoiser.condition_dim);
    d.at("embedding_dim").get_to(config.denoiser.embedding_dim);
    config.denoiser.self_conditioning = d.value("self_conditioning", false);
    config.denoiser.image_head = d.value("image_head", false);
    config.denoiser.copy_head = d.value("copy_head", false);
    const auto targets = json.value("targets", nlohmann::json::object());
    config.predict_clean_coords = targets.value("clean_coords", false);
    config.predict_clean_lattice = targets.value("clean_lattice", false);
    const auto& n = json.at("noise");
    n.at("sigma_min").get_to(config.noise.sigma_min);
    n.at("sigma_max").get_to(config.noise.sigma_max);
    n.at("lattice_power").get_to(config.noise.lattice_power);
    const auto& s = json.at("lattice");
    s.at("volume_per_atom").get_to(config.scale.volume_per_atom);
    s.at("trace_mean").get_to(config.scale.trace_mean);
    s.at("trace_std").get_to(config.scale.trace_std);
    s.at("deviator_std").get_to(config.scale.deviator_std);
  } catch (const nlohmann::json::exception& e) {
    fail(fmt::format("{}: the model configuration in its header cannot be read ({})", source, e.what()));
  }
  constexpr int64_t kLargest = 16384;
  const auto& d = config.denoiser;
  for (const int64_t size : {d.dim, d.layers, d.heads, d.pair_dim, d.condition_dim, d.embedding_dim}) {
    if (size < 1 || size > kLargest) {
      fail(fmt::format("{}: a layer size of {} in its configuration, expected 1 to {}", source, size,
                       kLargest));
    }
  }
  if (d.dim % d.heads != 0) {
    fail(fmt::format("{}: denoiser.dim {} is not a multiple of denoiser.heads {}", source, d.dim, d.heads));
  }
  return config;
}

GeometryModel::GeometryModel(const GeometryModelConfig& config)
    : config_(config), denoiser_(config.denoiser) {}

GeometryModel GeometryModel::load(const std::string& path, torch::Device device) {
  const nn::TensorFile file = nn::load_tensors(path);
  const auto format = file.metadata.find("format");
  const auto config = file.metadata.find("config");
  if (format == file.metadata.end() || format->second != kGeometryFormat || config == file.metadata.end()) {
    fail(fmt::format("{}: format '{}', expected '{}'; it is no geometry checkpoint of this version", path,
                     format == file.metadata.end() ? "none" : format->second, kGeometryFormat));
  }
  GeometryModel model(geometry_config_from_json(config->second, path));
  nn::load_state(*model.denoiser_, file.tensors, "denoiser.", path);
  model.denoiser_->to(device);
  model.denoiser_->eval();
  return model;
}

torch::Tensor GeometryModel::lattices(const std::vector<Mat3>& cells,
                                      const std::vector<const GeometryInput*>& inputs) const {
  auto out = at::zeros({static_cast<int64_t>(cells.size()), 6}, at::kFloat);
  float* target = out.data_ptr<float>();
  for (size_t b = 0; b < cells.size(); ++b) {
    const Vec6 v = lattice_from_cell(cells[b], static_cast<int>(inputs[b]->space_group), inputs[b]->n_atoms,
                                     config_.scale);
    for (int k = 0; k < 6; ++k) target[b * 6 + static_cast<size_t>(k)] = static_cast<float>(v[k]);
  }
  return out;
}

torch::Tensor cells_by_operators(const torch::Tensor& lattices, const GeometryBatch& batch,
                                 const LatticeScale& scale) {
  constexpr int64_t kTerms = 7, kSquarings = 4;  // exact to float32 for strains of norm up to 5
  const auto v = lattices.detach().to(at::kFloat);
  const auto mixed = v / std::sqrt(2.0);
  const auto at = [](const torch::Tensor& t, int64_t k) { return t.select(-1, k); };
  const auto matrix = at::stack({at(v, 0), at(mixed, 5), at(mixed, 4), at(mixed, 5), at(v, 1), at(mixed, 3),
                                 at(mixed, 4), at(mixed, 3), at(v, 2)},
                                -1)
                          .view({-1, 3, 3});
  const auto sum = (at(v, 0) + at(v, 1) + at(v, 2)).view({-1, 1, 1});
  const auto identity = at::eye(3, v.options()).unsqueeze(0);
  const auto strain = (matrix - sum / 3 * identity) * scale.deviator_std;
  // exp of the traceless part by its series, scaled down and squared up again.
  const auto small = strain / static_cast<double>(1 << kSquarings);
  auto stretch = identity.expand_as(small);
  for (int64_t k = kTerms; k > 0; --k)
    stretch = identity + at::matmul(small, stretch) / static_cast<double>(k);
  for (int64_t k = 0; k < kSquarings; ++k) stretch = at::matmul(stretch, stretch);
  const auto reference =
      (batch.n_atoms.to(at::kFloat) * scale.volume_per_atom).log() - at::linalg_det(batch.metric_root).log();
  const auto trace = sum / std::sqrt(3.0) * scale.trace_std + scale.trace_mean + reference.view({-1, 1, 1});
  return at::matmul(batch.metric_root, stretch) * (trace / 3).exp();
}

torch::Tensor GeometryModel::cells(const torch::Tensor& lattices, const GeometryBatch& batch) const {
  if (!lattices.device().is_cpu()) return cells_by_operators(lattices, batch, config_.scale);
  const auto v = lattices.detach().to(at::kDouble).contiguous();
  const auto& n_atoms = batch.n_atoms;
  const auto& groups = batch.space_group;
  auto out = at::zeros({v.size(0), 3, 3}, at::kFloat);
  float* target = out.data_ptr<float>();
  for (int64_t b = 0; b < v.size(0); ++b) {
    const Vec6 lattice = Eigen::Map<const Vec6>(v.data_ptr<double>() + b * 6);
    const Mat3 cell = cell_from_lattice(lattice, static_cast<int>(groups.data_ptr<int64_t>()[b]),
                                        n_atoms.data_ptr<int64_t>()[b], config_.scale);
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) target[b * 9 + r * 3 + c] = static_cast<float>(cell(r, c));
    }
  }
  return out;
}

GeometryModel::Prediction GeometryModel::predict(const GeometryBatch& batch, const torch::Tensor& coords,
                                                 const torch::Tensor& lattice, const torch::Tensor& t,
                                                 const torch::Tensor& embedding,
                                                 const torch::Tensor& has_embedding,
                                                 const Prediction* guess) {
  DenoiserInput input{coords, lattice, cells(lattice, batch), t, embedding, has_embedding, {}, {}};
  if (guess != nullptr && config_.denoiser.self_conditioning) {
    input.guess_coords = guess->coords;
    input.guess_cells = cells(guess->lattice, batch);
  }
  const auto out = denoiser_->forward(batch, input);
  Prediction prediction;
  prediction.images = out.images;
  prediction.copies = out.copies;
  const auto sigma =
      coordinate_sigma(t, batch.n_atoms, config_.scale.volume_per_atom, config_.noise).view({-1, 1, 1});
  const auto rms = wrapped_normal_score_rms(sigma);
  auto way = out.coords * (rms * sigma * sigma);  // to the clean site coordinates
  prediction.score = out.coords;
  if (config_.predict_clean_coords) {
    const auto unit = batch.n_atoms.to(sigma.scalar_type()).pow(-1.0 / 3.0).view({-1, 1, 1});
    way = out.coords * unit;
    prediction.score = way / (rms * sigma * sigma);
  }
  prediction.coords = coords + at::matmul(batch.basis, (way * batch.freedom).unsqueeze(-1)).squeeze(-1);
  const auto alpha = lattice_alpha(t, config_.noise).unsqueeze(-1);
  const auto noise = (1 - alpha * alpha).clamp_min(0).sqrt();
  if (config_.predict_clean_lattice) {
    prediction.lattice = out.lattice;
    prediction.lattice_residual = (out.lattice - alpha * lattice) / noise.clamp_min(1e-4);
  } else {
    prediction.lattice_residual = out.lattice;
    prediction.lattice = alpha * lattice + noise * out.lattice;
  }
  return prediction;
}

}  // namespace clamp::diffusion
