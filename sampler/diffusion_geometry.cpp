#include "sampler/diffusion_geometry.h"

#include <ATen/Functions.h>
#include <torch/utils.h>

#include <Eigen/LU>
#include <atomic>
#include <exception>
#include <mutex>
#include <thread>

#include "diffusion/wrapped_normal.h"
#include "nn/random.h"
#include "nn/threads.h"

namespace clamp::sampler {
namespace {

using diffusion::GeometryBatch;

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

State initial_state(const GeometryBatch& batch, at::Generator& generator, torch::Device device) {
  const auto shape = batch.offset.sizes();
  const auto u = at::rand(shape, generator, at::TensorOptions(at::kFloat)).to(device);
  return {from_sites(batch, u) + batch.offset, project(batch, normal({1, 6}, generator, device))};
}

/// Posterior of the lattice at clock `to` given the state at `from` and the predicted clean lattice.
torch::Tensor lattice_step(const GeometryBatch& batch, const torch::Tensor& lattice,
                           const torch::Tensor& clean, double alpha_from, double alpha_to,
                           const torch::Tensor& noise) {
  const double ratio = alpha_from / alpha_to;
  const double variance_from = 1 - alpha_from * alpha_from;
  const double variance_to = 1 - alpha_to * alpha_to;
  const double transition = variance_from - ratio * ratio * variance_to;
  const auto mean =
      lattice * (ratio * variance_to / variance_from) + clean * (alpha_to * transition / variance_from);
  return mean + project(batch, noise) * std::sqrt(std::max(0.0, transition * variance_to / variance_from));
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

AsymmetricUnit DiffusionGeometry::sample_one(const Chemistry& chemistry, const torch::Tensor& embedding,
                                             uint64_t seed, const GeometryOptions& options) {
  const torch::NoGradGuard no_grad;
  const auto input = diffusion::make_geometry_input(chemistry);
  const bool guided = options.guidance_scale != 0 && options.guidance_scale != 1;
  // With guidance the structure stands twice in the batch: with and without the embedding.
  const auto batch = diffusion::collate({&input}).to(device_);
  const auto pass = guided ? diffusion::collate({&input, &input}).to(device_) : batch;
  const auto rows = pass.size();
  const auto condition = embedding.view({1, -1}).to(device_, at::kFloat).expand({rows, -1});
  auto has_embedding = at::full({rows}, options.guidance_scale == 0 ? 0.0 : 1.0, condition.options());
  if (guided) has_embedding[1] = 0;

  auto generator = nn::make_generator(seed);
  State state = initial_state(batch, generator, device_);
  const auto& noise = model_.config().noise;
  const auto clock = at::linspace(1, 0, options.steps + 1, at::TensorOptions(at::kDouble));
  const auto sigma =
      diffusion::coordinate_sigma(clock, batch.n_atoms.to(at::kCPU).expand({options.steps + 1}),
                                  model_.config().scale.volume_per_atom, noise);
  const auto rms = diffusion::wrapped_normal_score_rms(sigma);
  const auto alpha = diffusion::lattice_alpha(clock, noise);
  for (int64_t k = 0; k < options.steps; ++k) {
    const auto t = at::full({rows}, clock.data_ptr<double>()[k], condition.options());
    auto prediction = model_.predict(pass, state.coords.expand({rows, -1, -1}),
                                     state.lattice.expand({rows, -1}), t, condition, has_embedding);
    const auto combine = [&](const torch::Tensor& x) {
      return guided ? x[1].unsqueeze(0) + options.guidance_scale * (x[0] - x[1]).unsqueeze(0) : x;
    };
    const double from = sigma.data_ptr<double>()[k];
    const bool last = k + 1 == options.steps;
    const double to = last ? 0.0 : sigma.data_ptr<double>()[k + 1];
    const double drift = from * from - to * to;
    const auto score = combine(prediction.score) * rms.data_ptr<double>()[k];
    const auto z = normal(state.coords.sizes(), generator, device_);
    const auto u = score * drift + z * std::sqrt(to * to * drift / (from * from));
    state.coords = state.coords + from_sites(batch, u);
    state.lattice =
        lattice_step(batch, state.lattice, combine(prediction.lattice), alpha.data_ptr<double>()[k],
                     alpha.data_ptr<double>()[k + 1], normal({1, 6}, generator, device_));
  }
  const auto lattice = state.lattice.to(at::kCPU, at::kDouble).contiguous();
  // Projected again in double precision: the cell has its group to the last digits.
  const diffusion::Vec6 v = diffusion::lattice_projector(chemistry.space_group) *
                            Eigen::Map<const diffusion::Vec6>(lattice.data_ptr<double>());
  return to_unit(
      chemistry, state.coords[0],
      diffusion::cell_from_lattice(v, chemistry.space_group, input.n_atoms, model_.config().scale));
}

std::vector<AsymmetricUnit> DiffusionGeometry::sample(const std::vector<Chemistry>& chemistries,
                                                      const torch::Tensor& embeddings,
                                                      const std::vector<uint64_t>& seeds,
                                                      const GeometryOptions& options) {
  TORCH_CHECK(
      embeddings.size(0) == static_cast<int64_t>(chemistries.size()) && seeds.size() == chemistries.size(),
      "one embedding and one seed a chemistry are needed, got ", embeddings.size(0), " and ", seeds.size(),
      " for ", chemistries.size());
  std::vector<AsymmetricUnit> units(chemistries.size());
  std::atomic<size_t> next{0};
  std::exception_ptr error;
  std::mutex error_mutex;
  const auto work = [&] {
    nn::use_single_threaded_products();
    for (size_t i = next++; i < chemistries.size(); i = next++) {
      try {
        units[i] = sample_one(chemistries[i], embeddings[static_cast<int64_t>(i)], seeds[i], options);
      } catch (...) {
        const std::lock_guard<std::mutex> lock(error_mutex);
        if (!error) error = std::current_exception();
        next = chemistries.size();
      }
    }
  };
  std::vector<std::thread> threads;
  for (int k = 0; k < n_threads_; ++k) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  if (error) std::rethrow_exception(error);
  return units;
}

}  // namespace clamp::sampler
