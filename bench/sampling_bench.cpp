// Sampling, polish and packing of structures of 100 atoms, through the code that generation uses.
#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>

#include "bench/clock.h"
#include "bench/geometry_bench.h"
#include "core/atomic_file.h"
#include "core/parallel.h"
#include "relax/polish.h"
#include "sampler/diffusion_geometry.h"

namespace clamp::bench {
namespace {

constexpr int64_t kAtoms = 100;
constexpr size_t kStructures = 8;
constexpr int64_t kCalls = 100;  // of the network a sample

double seconds_of(const std::function<void()>& work, int n_threads) {
  const double begin = clock_seconds(n_threads);
  work();
  return clock_seconds(n_threads) - begin;
}

std::vector<sampler::GeometryRequest> requests_of(const std::vector<BenchUnit>& units, int64_t dim) {
  std::vector<sampler::GeometryRequest> requests;
  for (const auto& [unit, n_atoms] : units) {
    requests.push_back(
        {unit.chemistry, at::zeros({dim}, at::TensorOptions(at::kFloat)), requests.size(), {}});
  }
  return requests;
}

}  // namespace

void bench_sampling(const data::Dataset& dataset, const BenchSettings& settings) {
  auto model = diffusion::GeometryModel::load(settings.checkpoint + "/geometry.safetensors", torch::kCPU);
  const int64_t dim = model.config().denoiser.embedding_dim;
  sampler::DiffusionGeometry geometry(std::move(model), torch::kCPU, settings.n_threads);
  const auto units = middle_units(dataset, kAtoms, kStructures);
  const auto requests = requests_of(units, dim);
  sampler::GeometryOptions options;
  options.guidance_scale = 0;
  options.steps = 1;
  geometry.sample(requests, options);  // not counted
  options.steps = kCalls;
  std::vector<AsymmetricUnit> sampled;
  const double sampling =
      seconds_of([&] { sampled = geometry.sample(requests, options); }, settings.n_threads);

  const std::string path = settings.checkpoint + "/geometry_table.json";
  const auto table = relax::GeometryTable::from_json(read_file(path), path);
  std::vector<double> seconds(kStructures);
  const double polishing = seconds_of(
      [&] {
        parallel_for(kStructures, settings.n_threads, [&](size_t k) {
          const auto finish = [&] {
            relax::PolishConfig config;
            const auto polished = relax::polish(sampled[k], table, config);
            relax::pack(polished.unit, table, config);
          };
          seconds[k] = seconds_of(finish, settings.n_threads);
        });
      },
      settings.n_threads);
  std::sort(seconds.begin(), seconds.end());
  fmt::print("\n{} structures of {} atoms ({} to {} slots), {} calls each, unguided:\n", kStructures, kAtoms,
             units.front().unit.chemistry.slots.size(), units.back().unit.chemistry.slots.size(), kCalls);
  fmt::print("sampling {:.2f} s a structure ({:.2f} s in all)\n", sampling / kStructures, sampling);
  fmt::print(
      "polish and packing {:.3f} s a structure ({:.2f} s in all); one alone: median {:.3f} s, longest {:.3f} "
      "s\n",
      polishing / kStructures, polishing, seconds[kStructures / 2], seconds.back());
}

}  // namespace clamp::bench
