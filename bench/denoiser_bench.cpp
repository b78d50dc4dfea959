// denoiser-bench DATA.h5 CHECKPOINT [THREADS [calls|training|sampling]...]: speed of the geometry model
// beside the peers' network (bench/cspnet.h), all parts where none is named.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <map>

#include "bench/clock.h"
#include "bench/geometry_bench.h"
#include "core/error.h"
#include "diffusion/geometry_batch.h"
#include "nn/threads.h"

namespace clamp::bench {

std::vector<BenchUnit> middle_units(const data::Dataset& dataset, int64_t n_atoms, size_t count) {
  std::vector<std::pair<int64_t, BenchUnit>> found;
  for (int64_t k = 0; k < dataset.size(); ++k) {
    if (dataset.n_atoms(k) != n_atoms) continue;
    auto unit = dataset.asymmetric_unit(k);
    if (!unit || diffusion::make_geometry_input(unit->chemistry).n_atoms != n_atoms) continue;
    const auto slots = static_cast<int64_t>(unit->chemistry.slots.size());
    found.push_back({slots, {std::move(*unit), n_atoms}});
  }
  if (found.size() < count) {
    fail(fmt::format("the dataset has {} structures of {} atoms, {} are needed", found.size(), n_atoms,
                     count));
  }
  std::stable_sort(found.begin(), found.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::vector<BenchUnit> middle;
  const size_t first = (found.size() - count) / 2;
  for (size_t k = first; k < first + count; ++k) middle.push_back(std::move(found[k].second));
  return middle;
}

double clock_seconds(int n_threads) {
  if (n_threads == 1) return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

double median_seconds(const std::function<void()>& work, int n_threads, size_t least) {
  constexpr double kEnough = 0.5;  // seconds
  work();
  std::vector<double> seconds;
  double total = 0;
  while (seconds.size() < least || total < kEnough) {
    const double begin = clock_seconds(n_threads);
    work();
    seconds.push_back(clock_seconds(n_threads) - begin);
    total += seconds.back();
  }
  std::sort(seconds.begin(), seconds.end());
  return seconds[seconds.size() / 2];
}

namespace {

int run(const std::vector<std::string>& arguments) {
  using Part = void (*)(const data::Dataset&, const BenchSettings&);
  const std::map<std::string, Part> parts = {
      {"calls", bench_calls}, {"training", bench_training}, {"sampling", bench_sampling}};
  const auto usage = [] {
    std::cerr << "usage: denoiser-bench DATA.h5 CHECKPOINT [THREADS [calls|training|sampling]...]\n";
    return 2;
  };
  if (arguments.size() < 2) return usage();
  BenchSettings settings;
  settings.checkpoint = arguments[1];
  settings.n_threads = arguments.size() > 2 ? std::atoi(arguments[2].c_str()) : 1;
  std::vector<std::string> named = {"calls", "training", "sampling"};
  if (arguments.size() > 3) named.assign(arguments.begin() + 3, arguments.end());
  const auto known = [&](const std::string& name) { return parts.count(name) > 0; };
  if (settings.n_threads < 1 || !std::all_of(named.begin(), named.end(), known)) return usage();
  nn::use_threads(settings.n_threads);
  fmt::print("{}\n", settings.n_threads == 1 ? "1 thread, CPU time"
                                             : fmt::format("{} threads, wall time", settings.n_threads));
  const auto dataset = data::Dataset::open(arguments[0]);
  for (const auto& name : named) parts.at(name)(dataset, settings);
  return 0;
}

}  // namespace
}  // namespace clamp::bench

int main(int argc, char** argv) {
  try {
    return clamp::bench::run({argv + 1, argv + argc});
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
