#include "sampler/diffusion_geometry.h"

#include <ATen/Functions.h>
#include <torch/utils.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>

#include "core/parallel.h"
#include "diffusion/geometry_loss.h"
#include "diffusion/reverse_step.h"
#include "diffusion/wrapped_normal.h"
#include "nn/random.h"
#include "nn/threads.h"

namespace clamp::sampler {
namespace {

using diffusion::GeometryBatch;

// The last step leads from this clock (noise of 0.1 Å) to the predicted clean state: the polish does the
// rest.
constexpr double kLastClock = 0.4;
// Classifier guidance moves the predicted clean lattice by the gradient times noise / signal: bounded where
// hardly any signal is left.
constexpr double kLeastSignal = 0.2;
constexpr double kSurpriseLow = 0.4;  // clocks between which the surprise is averaged
constexpr double kSurpriseHigh = 0.7;
constexpr int64_t kSurpriseDraws = 6;
constexpr double kSurpriseLattice = 0.2;  // weight of the lattice loss beside the coordinates'
constexpr uint64_t kSurpriseSeed = 5;

/// One structure's state on the way from noise to data.
struct State {
  torch::Tensor coords;   ///< [1, S, 3] fractional
  torch::Tensor lattice;  ///< [1, 6] standardised
};

torch::Tensor project(const GeometryBatch& batch, const torch::Tensor& lattice) {
  return at::matmul(batch.lattice_projector, lattice.unsqueeze(-1)).squeeze(-1);
}

torch::Tensor from_sites(const GeometryBatch& batch, const torch::Tensor& u) {
  return at::matmul(batch.basis, (u * batch.freedom).unsqueeze(-1)).squeeze(-1);
}

/// Standard normal numbers, drawn on the CPU in one dtype whatever the device.
torch::Tensor normal(at::IntArrayRef shape, at::Generator& generator, torch::Device device) {
  return at::randn(shape, generator, at::TensorOptions(at::kFloat)).to(device);
}

/// A given structure noised to the first clock.
State noised_state(const GeometryBatch& batch, const diffusion::GeometryModel& model,
                   const AsymmetricUnit& start, const diffusion::GeometryInput& input, double t,
                   at::Generator& generator, torch::Device device) {
  diffusion::CleanBatch clean;
  clean.chemistry = batch;
  clean.coords = diffusion::collate_coordinates({&start.frac_coords}).to(device);
  clean.lattice = model.lattices({start.cell}, {&input}).to(device);
  diffusion::GeometryNoise noise;
  noise.t = at::full({1}, t, clean.coords.options());
  noise.coords = normal(clean.coords.sizes(), generator, device);
  noise.lattice = normal({1, 6}, generator, device);
  const auto state = diffusion::add_noise(model.config(), clean, noise);
  return {state.coords, state.lattice};
}

State initial_state(const GeometryBatch& batch, at::Generator& generator, torch::Device device) {
  const auto shape = batch.offset.sizes();
  const auto u = at::rand(shape, generator, at::TensorOptions(at::kFloat)).to(device);
  return {from_sites(batch, u) + batch.offset, project(batch, normal({1, 6}, generator, device))};
}

/// Posterior of the lattice at clock `to` given the state at `from` and the predicted clean lattice.
torch::Tensor lattice_step(const GeometryBatch& batch, const torch::Tensor& lattice,
                           const torch::Tensor& clean, double alpha_from, double alpha_to,
                           const torch::Tensor& noise) {
  const auto posterior = diffusion::preserving_posterior(alpha_from, alpha_to);
  const auto mean = lattice * posterior.noisy + clean * posterior.clean;
  return mean + project(batch, noise) * posterior.deviation;
}

/// Every bond goes to the nearest image of its copy; slots on their sites to double precision.
AsymmetricUnit to_unit(const Chemistry& chemistry, const torch::Tensor& coords, const Mat3& cell) {
  AsymmetricUnit unit;
  unit.chemistry = chemistry;
  unit.cell = cell;
  const auto host = coords.to(at::kCPU, at::kDouble).contiguous();
  const double* x = host.data_ptr<double>();
  for (size_t s = 0; s < chemistry.slots.size(); ++s) {
    const Site& site = chemistry.slots[s].site;
    unit.frac_coords.push_back(site.projector() * Vec3(x[3 * s], x[3 * s + 1], x[3 * s + 2]) + site.offset);
  }
  assign_nearest_images(unit);
  return unit;
}

}  // namespace

std::unique_ptr<DiffusionGeometry> DiffusionGeometry::load(const std::string& path, torch::Device device,
                                                           int n_threads) {
  return std::make_unique<DiffusionGeometry>(diffusion::GeometryModel::load(path, device), device, n_threads);
}

DiffusionGeometry::DiffusionGeometry(diffusion::GeometryModel model, torch::Device device, int n_threads)
    : model_(std::move(model)), device_(device), n_threads_(device.is_cpu() ? n_threads : 1) {}

AsymmetricUnit DiffusionGeometry::sample_one(const GeometryRequest& request, const GeometryOptions& options,
                                             const std::function<void(AsymmetricUnit)>& on_state) {
  const torch::NoGradGuard no_grad;
  const Chemistry& chemistry = request.chemistry;
  if (request.start && options.strength == 0) return *request.start;
  const auto input = diffusion::make_geometry_input(chemistry);
  const bool guided = options.guidance_scale != 0 && options.guidance_scale != 1;
  // With guidance the structure stands twice in the batch: with and without the embedding.
  const auto batch = diffusion::collate({&input}).to(device_);
  const auto pass = guided ? diffusion::collate({&input, &input}).to(device_) : batch;
  const auto rows = pass.size();
  const auto condition = request.embedding.view({1, -1}).to(device_, at::kFloat).expand({rows, -1});
  auto has_embedding = at::full({rows}, options.guidance_scale == 0 ? 0.0 : 1.0, condition.options());
  if (guided) has_embedding[1] = 0;

  auto generator = nn::make_generator(request.seed);
  const double first = request.start ? options.strength : 1.0;
  State state = request.start ? noised_state(batch, model_, *request.start, input, first, generator, device_)
                              : initial_state(batch, generator, device_);
  const auto& noise = model_.config().noise;
  const int64_t steps = options.steps;
  const auto clock = at::linspace(first, std::min(first, kLastClock), steps, at::TensorOptions(at::kDouble));
  const auto sigma = diffusion::coordinate_sigma(clock, batch.n_atoms.to(at::kCPU).expand({steps}),
                                                 model_.config().scale.volume_per_atom, noise);
  const auto rms = diffusion::wrapped_normal_score_rms(sigma);
  const auto alpha = diffusion::lattice_alpha(clock, noise);
  const auto unit_of = [&](const State& at) {
    const auto lattice = at.lattice.to(at::kCPU, at::kDouble).contiguous();
    // Projected again in double precision: the cell has its group to the last digits.
    const diffusion::Vec6 v = diffusion::lattice_projector(chemistry.space_group) *
                              Eigen::Map<const diffusion::Vec6>(lattice.data_ptr<double>());
    return to_unit(
        chemistry, at.coords[0],
        diffusion::cell_from_lattice(v, chemistry.space_group, input.n_atoms, model_.config().scale));
  };
  std::optional<diffusion::GeometryModel::Prediction> guess;
  for (int64_t k = 0; k < steps; ++k) {
    if (on_state) on_state(unit_of(state));
    const auto t = at::full({rows}, clock.data_ptr<double>()[k], condition.options());
    const auto prediction =
        model_.predict(pass, state.coords.expand({rows, -1, -1}), state.lattice.expand({rows, -1}), t,
                       condition, has_embedding, guess ? &*guess : nullptr);
    guess = prediction;
    const auto combine = [&](const torch::Tensor& x) {
      return guided ? x[1].unsqueeze(0) + options.guidance_scale * (x[0] - x[1]).unsqueeze(0) : x;
    };
    const double from = sigma.data_ptr<double>()[k];
    auto score = combine(prediction.score) * rms.data_ptr<double>()[k];
    auto clean_lattice = combine(prediction.lattice);
    if (options.classifier_scale != 0) {
      const auto push = guide_->gradient(model_, batch, state.coords, state.lattice,
                                         clock.data_ptr<double>()[k], request.embedding);
      const double signal = std::max(alpha.data_ptr<double>()[k], kLeastSignal);
      score = score + options.classifier_scale * push.sites;
      clean_lattice =
          clean_lattice + options.classifier_scale * (1 - signal * signal) / signal * push.lattice;
    }
    if (k + 1 == steps) {
      state.coords = state.coords + from_sites(batch, score * (from * from));
      state.lattice = clean_lattice;
      break;
    }
    const double to = sigma.data_ptr<double>()[k + 1];
    const double drift = from * from - to * to;
    const auto z = normal(state.coords.sizes(), generator, device_);
    const auto u = score * drift + z * diffusion::exploding_posterior(from, to).deviation;
    state.coords = state.coords + from_sites(batch, u);
    state.lattice = lattice_step(batch, state.lattice, clean_lattice, alpha.data_ptr<double>()[k],
                                 alpha.data_ptr<double>()[k + 1], normal({1, 6}, generator, device_));
  }
  return unit_of(state);
}

double DiffusionGeometry::surprise_one(const AsymmetricUnit& unit) {
  const torch::NoGradGuard no_grad;
  const auto input = diffusion::make_geometry_input(unit.chemistry);
  const std::vector<const diffusion::GeometryInput*> inputs(kSurpriseDraws, &input);
  const std::vector<const std::vector<Vec3>*> coords(kSurpriseDraws, &unit.frac_coords);
  diffusion::CleanBatch clean;
  clean.chemistry = diffusion::collate(inputs).to(device_);
  clean.coords = diffusion::collate_coordinates(coords).to(device_);
  clean.lattice = model_.lattices(std::vector<Mat3>(kSurpriseDraws, unit.cell), inputs).to(device_);
  clean.embedding =
      at::zeros({kSurpriseDraws, model_.config().denoiser.embedding_dim}, clean.coords.options());
  clean.has_embedding = at::zeros({kSurpriseDraws}, clean.coords.options());
  auto generator = nn::make_generator(kSurpriseSeed);
  diffusion::GeometryNoise noise;
  noise.t = at::linspace(kSurpriseLow, kSurpriseHigh, kSurpriseDraws, clean.coords.options());
  noise.coords = normal(clean.coords.sizes(), generator, device_);
  noise.lattice = normal(clean.lattice.sizes(), generator, device_);
  const auto loss = diffusion::geometry_loss(model_, clean, noise);
  return (loss.coords + kSurpriseLattice * loss.lattice).mean().item<double>();
}

void DiffusionGeometry::for_each(size_t n, const std::function<void(size_t)>& work_on) const {
  parallel_for(n, n_threads_, [&](size_t i) {
    nn::use_threads(1);
    work_on(i);
  });
}

std::vector<AsymmetricUnit> DiffusionGeometry::sample(const std::vector<GeometryRequest>& requests,
                                                      const GeometryOptions& options) {
  TORCH_CHECK(options.steps > 0, "steps must be positive, got ", options.steps);
  TORCH_CHECK(options.classifier_scale == 0 || guide_, "classifier guidance needs set_guide");
  std::vector<AsymmetricUnit> units(requests.size());
  for_each(requests.size(), [&](size_t i) { units[i] = sample_one(requests[i], options); });
  return units;
}

std::vector<AsymmetricUnit> DiffusionGeometry::trace(const GeometryRequest& request,
                                                     const GeometryOptions& options) {
  std::vector<AsymmetricUnit> states;
  for_each(1, [&](size_t) {
    auto result =
        sample_one(request, options, [&](AsymmetricUnit unit) { states.push_back(std::move(unit)); });
    states.push_back(std::move(result));
  });
  return states;
}

std::vector<double> DiffusionGeometry::surprise(const std::vector<AsymmetricUnit>& units) {
  std::vector<double> values(units.size());
  for_each(units.size(), [&](size_t i) { values[i] = surprise_one(units[i]); });
  return values;
}

}  // namespace clamp::sampler
