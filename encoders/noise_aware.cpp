#include "encoders/noise_aware.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "core/bond_graph.h"
#include "core/error.h"

namespace clamp::encoders {
namespace {

constexpr int64_t kClockWaves = 8;
constexpr double kPi = 3.14159265358979323846;
constexpr double kSharpness = 20.0;   // of the composition's logarithm: one atom in twenty is "much"
constexpr double kMeanVolume = 12.0;  // Å^3 an atom, of frameworks

/// Nearest neighbours of all atoms with their lattice translations.
struct NeighborTable {
  torch::Tensor atoms;   ///< [n, k] int64, the atom itself where there is none
  torch::Tensor shifts;  ///< [n, k, 3] float
  torch::Tensor mask;    ///< [n, k] float
};

struct Near {
  double length;
  int64_t atom;
  Vec3i shift;
};

/// The `k` nearest of each atom within `cutoff`; a smaller radius is tried first, as most find enough there.
std::vector<std::vector<Near>> nearest(const Crystal& crystal, int64_t k, double cutoff) {
  std::vector<std::vector<Near>> lists;
  for (const double reach : {0.6 * cutoff, cutoff}) {
    lists.assign(static_cast<size_t>(crystal.n_atoms()), {});
    for (const Bond& pair : neighbor_pairs(crystal, reach)) {
      lists[static_cast<size_t>(pair.i)].push_back({pair.length, pair.j, pair.shift});
      lists[static_cast<size_t>(pair.j)].push_back({pair.length, pair.i, -pair.shift});
    }
    const bool enough = std::all_of(lists.begin(), lists.end(),
                                    [k](const auto& list) { return static_cast<int64_t>(list.size()) >= k; });
    if (enough) break;
  }
  for (auto& list : lists) {
    const auto kept = std::min(list.size(), static_cast<size_t>(k));
    std::partial_sort(list.begin(), list.begin() + static_cast<int64_t>(kept), list.end(),
                      [](const Near& a, const Near& b) { return a.length < b.length; });
    list.resize(kept);
  }
  return lists;
}

NeighborTable find_neighbors(const NoisyCrystals& crystals, int64_t k, double cutoff) {
  const auto frac = crystals.frac.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const auto cells = crystals.cells.detach().to(torch::kCPU, torch::kFloat64).contiguous();
  const auto owner = crystals.crystal_of.to(torch::kCPU).contiguous();
  const int64_t n = frac.size(0);
  NeighborTable table;
  table.atoms = torch::arange(n, torch::kInt64).unsqueeze(1).repeat({1, k});
  table.shifts = torch::zeros({n, k, 3}, torch::kFloat32);
  table.mask = torch::zeros({n, k}, torch::kFloat32);
  const auto* of = owner.data_ptr<int64_t>();
  for (int64_t begin = 0; begin < n;) {
    int64_t end = begin;
    Crystal crystal;
    crystal.cell = Eigen::Map<const Eigen::Matrix<double, 3, 3, Eigen::RowMajor>>(cells.data_ptr<double>() +
                                                                                  of[begin] * 9);
    for (; end < n && of[end] == of[begin]; ++end) {
      crystal.frac_coords.emplace_back(Eigen::Map<const Vec3>(frac.data_ptr<double>() + end * 3));
      crystal.atomic_numbers.push_back(1);
    }
    const auto lists = nearest(crystal, k, cutoff);
    for (int64_t i = begin; i < end; ++i) {
      const auto& list = lists[static_cast<size_t>(i - begin)];
      for (size_t slot = 0; slot < list.size(); ++slot) {
        const auto at = i * k + static_cast<int64_t>(slot);
        table.atoms.data_ptr<int64_t>()[at] = begin + list[slot].atom;
        table.mask.data_ptr<float>()[at] = 1;
        for (int c = 0; c < 3; ++c)
          table.shifts.data_ptr<float>()[at * 3 + c] = static_cast<float>(list[slot].shift[c]);
      }
    }
    begin = end;
  }
  const auto device = crystals.frac.device();
  return {table.atoms.to(device), table.shifts.to(device), table.mask.to(device)};
}

/// [n, k] Å; differentiable with respect to coordinates and cells, also where two atoms coincide.
torch::Tensor distances(const NoisyCrystals& crystals, const NeighborTable& table) {
  const int64_t n = table.atoms.size(0), k = table.atoms.size(1);
  const auto there = crystals.frac.index_select(0, table.atoms.view({-1})).view({n, k, 3});
  const auto delta = there + table.shifts.to(there.scalar_type()) - crystals.frac.unsqueeze(1);
  const auto cells = crystals.cells.index_select(0, crystals.crystal_of);  // [n, 3, 3]
  return (at::matmul(delta, cells).square().sum(-1) + 1e-8).sqrt();
}

torch::Tensor clock_features(const torch::Tensor& t) {
  const auto waves = torch::arange(1, kClockWaves + 1, t.options()).mul(0.5 * kPi);  // [w]
  const auto phase = t.unsqueeze(-1) * waves;                                        // [b, w]
  return at::cat({phase.sin(), phase.cos()}, -1);
}

}  // namespace

torch::Tensor one_hot_species(const torch::Tensor& numbers) {
  return at::one_hot(numbers, kSoftSpecies).to(torch::kFloat32);
}

void read(YamlMap& map, NoiseAwareConfig& config) {
  map.get("dim", config.dim, 1, 8192);
  map.get("width", config.width, 1, 4096);
  map.get("layers", config.layers, 0, 64);
  map.get("hidden", config.hidden, 1, 8192);
  map.get("neighbors", config.neighbors, 1, 64);
  map.get("cutoff_A", config.cutoff, 1.0, 20.0);
  map.get("gaussians", config.gaussians, 2, 512);
}

std::string to_yaml(const NoiseAwareConfig& c, int indent) {
  const std::string space(static_cast<size_t>(indent), ' ');
  return fmt::format(
      "{0}dim: {1}\n{0}width: {2}\n{0}layers: {3}\n{0}hidden: {4}\n{0}neighbors: {5}\n{0}cutoff_A: {6}\n"
      "{0}gaussians: {7}\n",
      space, c.dim, c.width, c.layers, c.hidden, c.neighbors, c.cutoff, c.gaussians);
}

NoiseAwareEncoderImpl::NoiseAwareEncoderImpl(const NoiseAwareConfig& config)
    : config_(config),
      elements_(torch::nn::LinearOptions(kSoftSpecies, config.width).bias(false)),
      clock_(2 * kClockWaves, config.width),
      norm_pooled_(torch::nn::LayerNormOptions({config.width})),
      composition_(kSoftSpecies, config.hidden),
      proj_in_(config.width + 1 + 2 * kClockWaves, config.hidden),
      norm_out_(torch::nn::LayerNormOptions({config.hidden})),
      proj_out_(config.hidden, config.dim) {
  basis_.last = config.cutoff;
  basis_.count = config.gaussians;
  register_module("elements", elements_);
  register_module("clock", clock_);
  register_module("convolutions", convolutions_);
  register_module("norm_pooled", norm_pooled_);
  register_module("composition", composition_);
  register_module("proj_in", proj_in_);
  register_module("norm_out", norm_out_);
  register_module("proj_out", proj_out_);
  log_scale_ = register_parameter("log_scale", torch::full({}, std::log(1 / 0.07)));
  const torch::NoGradGuard no_grad;
  elements_->weight.normal_(0.0, 1.0);
  for (int64_t i = 0; i < config.layers; ++i) {
    convolutions_->push_back(CgcnnConvolution(config.width, config.gaussians));
  }
}

torch::Tensor NoiseAwareEncoderImpl::forward(const NoisyCrystals& crystals) {
  const int64_t b = crystals.cells.size(0), n = crystals.frac.size(0);
  TORCH_CHECK(crystals.species.sizes() == at::IntArrayRef({n, kSoftSpecies}), "species must be [", n, ", ",
              kSoftSpecies, "], got ", crystals.species.sizes());
  const auto table = find_neighbors(crystals, config_.neighbors, config_.cutoff);
  const auto edge = nn::gaussian_basis(distances(crystals, table), basis_);  // [n, k, g]
  const auto clock = clock_features(crystals.t);                             // [b, 2 w]
  auto v = elements_(crystals.species) + clock_(clock).index_select(0, crystals.crystal_of);
  for (const auto& convolution : *convolutions_) {
    v = convolution->as<CgcnnConvolutionImpl>()->forward(v, edge, table.atoms,
                                                         table.mask.to(v.scalar_type()));
  }
  const auto counts = torch::zeros({b}, v.options())
                          .index_add(0, crystals.crystal_of, torch::ones({n}, v.options()))
                          .unsqueeze(1);  // [b, 1]
  const auto mean = [&](const torch::Tensor& rows) {
    return torch::zeros({b, rows.size(1)}, v.options()).index_add(0, crystals.crystal_of, rows) / counts;
  };
  const auto& l = crystals.cells;
  const auto volume = (l.select(1, 0).cross(l.select(1, 1), 1) * l.select(1, 2)).sum(-1, true).abs();
  const auto size = at::log(volume / counts / kMeanVolume + 1e-6);  // [b, 1]
  const auto composition = at::log1p(kSharpness * mean(crystals.species));
  const auto x = at::silu(proj_in_(at::cat({norm_pooled_(mean(v)), size, clock}, 1)) +
                          composition_(composition));  // [b, hidden]
  const auto y = proj_out_(norm_out_(x));
  return y / y.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-6);
}

torch::Tensor NoiseAwareEncoderImpl::scale() const { return log_scale_.exp().clamp_max(100.0); }

void save_noise_aware(const std::string& path, const NoiseAwareConfig& config, const nn::TensorMap& weights,
                      const nn::Metadata& more) {
  nn::TensorMap halves;
  for (const auto& [name, tensor] : weights)
    halves["guide." + name] = tensor.dim() >= 2 ? tensor.to(torch::kHalf) : tensor;
  nn::Metadata metadata = more;
  metadata["format"] = kGuideFormat;
  metadata["config"] = to_yaml(config, 0);
  nn::save_tensors(path, halves, metadata);
}

NoiseAwareEncoder load_noise_aware(const std::string& path, torch::Device device) {
  const auto file = nn::load_tensors(path);
  const auto format = file.metadata.find("format");
  if (format == file.metadata.end() || format->second != kGuideFormat) {
    fail(fmt::format("{}: format is '{}', expected '{}'", path,
                     format == file.metadata.end() ? "missing" : format->second, kGuideFormat));
  }
  NoiseAwareConfig config;
  const auto text = file.metadata.find("config");
  if (text == file.metadata.end()) fail(fmt::format("{}: metadata 'config' is missing", path));
  auto map = YamlMap::from_text(text->second, path);
  read(map, config);
  map.finish();
  NoiseAwareEncoder encoder(config);
  nn::load_state(*encoder, file.tensors, "guide.", path);
  encoder->to(device);
  encoder->eval();
  for (auto& parameter : encoder->parameters()) parameter.set_requires_grad(false);
  return encoder;
}

}  // namespace clamp::encoders
