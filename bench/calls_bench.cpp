// Forward calls at 20 to 150 atoms: milliseconds, GFLOP, share of the matrix peak, and where the time goes.
#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <cmath>
#include <cstdio>

#include "bench/cspnet.h"
#include "bench/geometry_bench.h"
#include "bench/op_recorder.h"
#include "core/asymmetric_unit.h"
#include "diffusion/geometry_loss.h"
#include "nn/mixed_precision.h"
#include "nn/random.h"

namespace clamp::bench {
namespace {

constexpr uint64_t kSeed = 1;
constexpr double kClock = 0.5;  // about 0.3 Å of noise
constexpr double kGiga = 1e9;

/// One noisy structure as the sampler gives it to the denoiser.
struct Call {
  diffusion::GeometryBatch batch;
  diffusion::DenoiserInput input;
};

Call make_call(const diffusion::GeometryModel& model, const AsymmetricUnit& unit) {
  const auto chemistry = diffusion::make_geometry_input(unit.chemistry);
  diffusion::CleanBatch clean;
  clean.chemistry = diffusion::collate({&chemistry});
  clean.coords = diffusion::collate_coordinates({&unit.frac_coords});
  clean.lattice = model.lattices({unit.cell}, {&chemistry});
  auto generator = nn::make_generator(kSeed);
  const at::TensorOptions options(at::kFloat);
  diffusion::GeometryNoise noise;
  noise.t = at::full({1}, kClock, options);
  noise.coords = at::randn(clean.coords.sizes(), generator, options);
  noise.lattice = at::randn({1, 6}, generator, options);
  const auto state = diffusion::add_noise(model.config(), clean, noise);
  const auto embedding = at::zeros({1, model.config().denoiser.embedding_dim}, options);
  const auto cells = model.cells(state.lattice, clean.chemistry);
  return {clean.chemistry,
          {state.coords, state.lattice, cells, noise.t, embedding, at::zeros({1}, options), {}, {}}};
}

/// The same structure as the peers' network takes it.
CspnetInput reference_input(const Call& call) {
  CspnetInput input;
  const auto n = call.batch.n_atoms.item<int64_t>();
  const auto atom_slot = call.batch.atom_slot.narrow(1, 0, n);
  input.elements = call.batch.elements.gather(1, atom_slot);
  input.frac_coords = diffusion::atom_coordinates(call.batch, call.input.coords).narrow(1, 0, n);
  input.cells = call.input.cells;
  input.t = call.input.t;
  return input;
}

/// GFLOP/s of a large product.
double peak(at::ScalarType type, int n_threads) {
  constexpr int64_t kSide = 2048;
  const auto a = at::randn({kSide, kSide}, at::TensorOptions(at::kFloat)).to(type);
  const auto b = at::randn({kSide, kSide}, at::TensorOptions(at::kFloat)).to(type);
  const double seconds = median_seconds([&] { at::mm(a, b); }, n_threads, 5);
  return 2 * std::pow(static_cast<double>(kSide), 3) / seconds / kGiga;
}

double parameters_in_millions(const torch::nn::Module& module) {
  double n = 0;
  for (const auto& p : module.parameters()) n += static_cast<double>(p.numel());
  return n / 1e6;
}

struct Measured {
  double seconds = 0;
  std::map<std::string, StageCount> counts;
};

Measured measure(const std::function<void()>& call, int n_threads) {
  Measured measured;
  measured.seconds = median_seconds(call, n_threads);
  measured.counts = count_operations(call, n_threads);
  return measured;
}

void print_row(const std::string& name, int64_t atoms, int64_t slots, const Measured& measured,
               double matrix_peak) {
  const double gflop = measured.counts.at("").product_flop / kGiga;
  const double rate = gflop / measured.seconds;
  fmt::print("| {} | {} | {} | {:.1f} | {:.3f} | {:.0f} | {:.1f} % |\n", name, atoms, slots,
             measured.seconds * 1e3, gflop, rate, 100 * rate / matrix_peak);
  std::fflush(stdout);
}

void print_stages(const Measured& measured, int64_t atoms) {
  fmt::print("\nStages of our call at {} atoms, float32:\n\n", atoms);
  fmt::print("| stage | ms | share | of it products | GFLOP |\n|---|---|---|---|---|\n");
  const auto& all = measured.counts.at("");
  StageCount rest = all;
  const auto print = [&](const std::string& name, const StageCount& stage) {
    fmt::print("| {} | {:.2f} | {:.0f} % | {:.2f} | {:.3f} |\n", name, stage.seconds * 1e3,
               100 * stage.seconds / all.seconds, stage.product_seconds * 1e3, stage.product_flop / kGiga);
  };
  for (const auto& [name, stage] : measured.counts) {
    if (name.empty()) continue;
    print(name, stage);
    rest.seconds -= stage.seconds;
    rest.product_seconds -= stage.product_seconds;
    rest.product_flop -= stage.product_flop;
  }
  print("rest", rest);
  print("all, with the recorder", all);
}

Measured measure_reference(Cspnet& reference, const CspnetConfig& config, const CspnetInput& input,
                           int n_threads) {
  const auto measured = measure([&] { reference->forward(input); }, n_threads);
  const double expected = cspnet_flop(config, 1, input.elements.size(1));
  const double counted = measured.counts.at("").product_flop;
  TORCH_CHECK(std::abs(counted - expected) < 1e-6 * expected, "the recorder counts ", counted,
              " FLOP of the reference, its shapes say ", expected);
  return measured;
}

}  // namespace

void bench_calls(const data::Dataset& dataset, const BenchSettings& settings) {
  const torch::NoGradGuard no_grad;
  auto model = diffusion::GeometryModel::load(settings.checkpoint + "/geometry.safetensors", torch::kCPU);
  const CspnetConfig config;
  Cspnet reference(config);
  reference->eval();
  const bool low_precision = nn::cpu_multiplies_bfloat16();
  const double matrix_peak = peak(low_precision ? at::kBFloat16 : at::kFloat, settings.n_threads);
  fmt::print("\nMatrix peak (a 2048 x 2048 product) in {}: {:.0f} GFLOP/s\n",
             low_precision ? "bfloat16" : "float32, the processor has no products in bfloat16", matrix_peak);
  fmt::print("Parameters: ours {:.2f} M, CSPNet {:.2f} M\n\n", parameters_in_millions(*model.denoiser()),
             parameters_in_millions(*reference));
  fmt::print("| network | atoms | slots | ms a call | GFLOP a call | GFLOP/s | of the peak |\n");
  fmt::print("|---|---|---|---|---|---|---|\n");
  std::vector<std::pair<int64_t, Measured>> staged;
  for (const int64_t atoms : {20, 50, 100, 150}) {
    const auto unit = middle_units(dataset, atoms, 1).front();
    const auto call = make_call(model, unit.unit);
    const auto input = reference_input(call);
    const int64_t slots = call.input.coords.size(1);
    const auto forward = [&] { model.denoiser()->forward(call.batch, call.input); };
    for (const bool low : {false, true}) {
      if (low && !low_precision) continue;
      model.denoiser()->set_low_precision(low);
      reference->set_low_precision(low);
      const std::string type = low ? "bfloat16" : "float32";
      const auto ours = measure(forward, settings.n_threads);
      print_row("ours, " + type, atoms, slots, ours, matrix_peak);
      print_row("CSPNet, " + type, atoms, atoms,
                measure_reference(reference, config, input, settings.n_threads), matrix_peak);
      if (!low) staged.emplace_back(atoms, ours);
    }
  }
  for (const auto& [atoms, ours] : staged) print_stages(ours, atoms);
}

}  // namespace clamp::bench
