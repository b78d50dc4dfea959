// Training throughput: updates of the real trainer, and of the reference with as many parameters.
#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <iterator>
#include <limits>

#include "bench/clock.h"
#include "bench/cspnet.h"
#include "bench/geometry_bench.h"
#include "bench/op_recorder.h"
#include "nn/adamw.h"
#include "nn/mixed_precision.h"
#include "nn/random.h"
#include "train/geometry_trainer.h"

namespace clamp::bench {
namespace {

constexpr uint64_t kSeed = 1;
constexpr int64_t kLargest = 64;
constexpr int64_t kUpdates = 24;          // of ours that are timed
constexpr int64_t kReferenceUpdates = 4;  // of the reference
// Structures an update of the reference: its edges need 1 GB of memory for four; more are not faster.
constexpr int64_t kReferenceBatch = 8;

struct Throughput {
  double structures = 0;  ///< a second
  double gflop = 0;       ///< of matrix products a second
};

/// `update` does one update and says of how many structures.
Throughput throughput(const std::function<int64_t()>& update, int64_t updates, int n_threads) {
  update();
  int64_t structures = 0;
  const double begin = clock_seconds(n_threads);
  for (int64_t k = 0; k < updates; ++k) structures += update();
  const double seconds = clock_seconds(n_threads) - begin;
  int64_t counted = 0;
  const auto counts = count_operations([&] { counted = update(); }, n_threads);
  const double each = counts.at("").product_flop / static_cast<double>(counted);
  const double rate = static_cast<double>(structures) / seconds;
  return {rate, rate * each / 1e9};
}

Throughput trainer_throughput(const train::GeometryRun& run, const train::GeometrySet& set, int n_threads) {
  train::GeometryTrainer trainer(run, set, {}, kSeed, torch::kCPU);
  return throughput([&] { return trainer.step().structures; }, kUpdates, n_threads);
}

int64_t count_parameters(const torch::nn::Module& module) {
  int64_t n = 0;
  for (const auto& p : module.parameters()) n += p.numel();
  return n;
}

/// The reference whose number of parameters is nearest to `parameters`; widths in steps of 8.
CspnetConfig matching_reference(int64_t parameters) {
  CspnetConfig best;
  int64_t least = std::numeric_limits<int64_t>::max();
  for (int64_t dim = 64; dim <= 512; dim += 8) {
    CspnetConfig config;
    config.dim = dim;
    const int64_t off = std::abs(count_parameters(*Cspnet(config)) - parameters);
    if (off >= least) continue;
    least = off;
    best = config;
  }
  return best;
}

/// `structures` random states of kLargest atoms: what the products cost does not depend on their values.
CspnetInput random_states(int64_t structures) {
  auto generator = nn::make_generator(kSeed);
  const at::TensorOptions options(at::kFloat);
  CspnetInput input;
  input.elements = at::randint(1, 80, {structures, kLargest}, generator, options.dtype(at::kLong));
  input.frac_coords = at::rand({structures, kLargest, 3}, generator, options);
  input.cells = 10 * at::eye(3, options).expand({structures, 3, 3});  // Å
  input.t = at::rand({structures}, generator, options);
  return input;
}

Throughput reference_throughput(const CspnetConfig& config, const train::GeometryTraining& training,
                                int n_threads) {
  Cspnet reference(config);
  reference->set_low_precision(nn::cpu_multiplies_bfloat16());
  nn::AdamW optimizer(nn::decay_groups(*reference, training.weight_decay), nn::AdamWConfig());
  const auto input = random_states(kReferenceBatch);
  const auto target = at::zeros_like(input.frac_coords);
  return throughput(
      [&] {
        optimizer.zero_grad();
        const auto out = reference->forward(input);
        const auto loss = (out.coords - target).square().mean() + out.cells.square().mean();
        loss.backward();
        optimizer.clip_grad_norm(training.clip_norm);
        optimizer.step(training.learning_rate);
        return kReferenceBatch;
      },
      kReferenceUpdates, n_threads);
}

train::GeometrySet of_size(const train::GeometrySet& set, int64_t n_atoms) {
  train::GeometrySet chosen;
  std::copy_if(set.examples.begin(), set.examples.end(), std::back_inserter(chosen.examples),
               [&](const auto& example) { return example.input.n_atoms == n_atoms; });
  return chosen;
}

double mean_of(const train::GeometrySet& set, int64_t diffusion::GeometryInput::*count) {
  double sum = 0;
  for (const auto& example : set.examples) sum += static_cast<double>(example.input.*count);
  return sum / static_cast<double>(set.size());
}

void print_row(const std::string& name, const train::GeometrySet& set, const Throughput& found) {
  fmt::print("| {} | {:.1f} | {:.1f} | {:.1f} | {:.0f} |\n", name,
             mean_of(set, &diffusion::GeometryInput::n_atoms),
             mean_of(set, &diffusion::GeometryInput::n_slots), found.structures, found.gflop);
  std::fflush(stdout);
}

}  // namespace

void bench_training(const data::Dataset& dataset, const BenchSettings& settings) {
  auto run = train::GeometryRun();
  run.model =
      diffusion::GeometryModel::load(settings.checkpoint + "/geometry.safetensors", torch::kCPU).config();
  run.training.max_atoms = kLargest;
  const auto set = train::load_geometry_set(dataset, "train", run.training, nullptr, kSeed);
  const auto largest = of_size(set, kLargest);
  const int64_t parameters = count_parameters(*diffusion::GeometryModel(run.model).denoiser());
  const auto config = matching_reference(parameters);
  fmt::print(
      "\nTraining, {}: ours {:.2f} M parameters, batches of at most {} atoms; CSPNet of width {}, {:.2f} M, "
      "batch {}\n\n",
      nn::cpu_multiplies_bfloat16() ? "bfloat16" : "float32", static_cast<double>(parameters) / 1e6,
      run.training.batch_atoms, config.dim, static_cast<double>(count_parameters(*Cspnet(config))) / 1e6,
      kReferenceBatch);
  fmt::print("| training | mean atoms | mean slots | structures/s | GFLOP/s |\n|---|---|---|---|---|\n");
  print_row(fmt::format("ours, at most {} atoms", kLargest), set,
            trainer_throughput(run, set, settings.n_threads));
  const auto ours = trainer_throughput(run, largest, settings.n_threads);
  print_row(fmt::format("ours, {} atoms", kLargest), largest, ours);
  const auto reference = reference_throughput(config, run.training, settings.n_threads);
  fmt::print("| CSPNet, {0} atoms | {0} | {0} | {1:.1f} | {2:.0f} |\n\n", kLargest, reference.structures,
             reference.gflop);
  fmt::print("At {} atoms ours trains {:.1f} times as fast\n", kLargest,
             ours.structures / reference.structures);
}

}  // namespace clamp::bench
