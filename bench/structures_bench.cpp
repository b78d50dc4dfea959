// Time a structure of the steps that every generated structure goes through, on a real one (tests/data/qmof).
#include <benchmark/benchmark.h>

#include <string>

#include "core/asymmetric_unit.h"
#include "core/cif.h"
#include "evaluate/checks.h"
#include "relax/polish.h"

namespace clamp {
namespace {

const std::string kPath = CLAMP_TEST_DATA "/qmof/qmof-83a307d.cif";
constexpr double kSymprec = 0.01;  // Å

Crystal sample() { return find_symmetry(read_crystal(kPath), kSymprec).value().primitive; }

AsymmetricUnit sample_unit() {
  const auto symmetry = find_symmetry(read_crystal(kPath), kSymprec).value();
  return make_asymmetric_unit(symmetry.primitive, symmetry.number, perceive_bonds(symmetry.primitive));
}

void read_cif(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(read_crystal(kPath));
}
BENCHMARK(read_cif)->Unit(benchmark::kMillisecond);

void bond_graph(benchmark::State& state) {
  const auto crystal = sample();
  for (auto _ : state) benchmark::DoNotOptimize(perceive_bonds(crystal));
  state.counters["atoms"] = static_cast<double>(crystal.n_atoms());
}
BENCHMARK(bond_graph)->Unit(benchmark::kMillisecond);

void symmetry(benchmark::State& state) {
  const auto crystal = sample();
  for (auto _ : state) benchmark::DoNotOptimize(find_symmetry(crystal, kSymprec));
}
BENCHMARK(symmetry)->Unit(benchmark::kMillisecond);

void mof_checks(benchmark::State& state) {
  const auto crystal = sample();
  for (auto _ : state) benchmark::DoNotOptimize(evaluate::check_mof(crystal));
}
BENCHMARK(mof_checks)->Unit(benchmark::kMillisecond);

void polish(benchmark::State& state) {
  const auto unit = sample_unit();
  const auto table = relax::GeometryTable::measure({unit});
  auto start = unit;
  start.cell *= 1.05;
  for (auto _ : state) benchmark::DoNotOptimize(relax::polish(start, table, relax::PolishConfig{}));
}
BENCHMARK(polish)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace clamp
