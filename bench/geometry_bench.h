// Speed of the geometry model beside the peers' network: calls, training, sampling.
#pragma once

#include <torch/types.h>

#include <functional>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::bench {

struct BenchSettings {
  std::string checkpoint;  ///< directory with geometry.safetensors and geometry_table.json
  int n_threads = 1;
};

/// A structure that a network is called with.
struct BenchUnit {
  AsymmetricUnit unit;
  int64_t n_atoms = 0;  ///< of the primitive cell
};

/// `count` structures of exactly `n_atoms` atoms in the primitive cell, those with the middle numbers of
/// slots (what a call costs grows with slots x atoms). Throws clamp::Error where the dataset has fewer.
std::vector<BenchUnit> middle_units(const data::Dataset& dataset, int64_t n_atoms, size_t count);

/// Median of at least `least` runs and of half a second of them, in seconds of bench/clock.h, after one that
/// is not counted.
double median_seconds(const std::function<void()>& work, int n_threads, size_t least = 3);

/// Time, FLOP and stages of a call at 20, 50, 100 and 150 atoms.
void bench_calls(const data::Dataset& dataset, const BenchSettings& settings);
/// Updates: structures a second of the trainer and of the reference.
void bench_training(const data::Dataset& dataset, const BenchSettings& settings);
/// Sampling and polish at 100 atoms.
void bench_sampling(const data::Dataset& dataset, const BenchSettings& settings);

}  // namespace clamp::bench
