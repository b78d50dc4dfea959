#include "encoders/crystal_graph.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "core/error.h"
#include "encoders/crystal_descriptors.h"

namespace clamp::encoders {
namespace {

struct Neighbor {
  double distance;  ///< Å
  int atomic_number;
  int64_t atom;
  std::tuple<int64_t, int, int64_t> order() const {
    constexpr double kSame = 1e-4;  // Å
    return {std::llround(distance / kSame), -atomic_number, atom};
  }
};

using NeighborLists = std::vector<std::vector<Neighbor>>;

NeighborLists lists_within(const Crystal& crystal, double cutoff) {
  NeighborLists lists(static_cast<size_t>(crystal.n_atoms()));
  for (const auto& pair : neighbor_pairs(crystal, cutoff)) {
    const auto i = static_cast<size_t>(pair.i), j = static_cast<size_t>(pair.j);
    lists[i].push_back({pair.length, crystal.atomic_numbers[j], pair.j});
    lists[j].push_back({pair.length, crystal.atomic_numbers[i], pair.i});
  }
  return lists;
}

/// All atoms have `count` neighbours with some room for equal distances: a larger cutoff changes nothing.
bool complete(NeighborLists& lists, size_t count, double cutoff) {
  constexpr double kRoom = 1e-3;  // Å
  for (auto& list : lists) {
    if (list.size() < count) return false;
    const auto nth = list.begin() + static_cast<int64_t>(count) - 1;
    std::nth_element(list.begin(), nth, list.end(),
                     [](const Neighbor& a, const Neighbor& b) { return a.distance < b.distance; });
    if (nth->distance > cutoff - kRoom) return false;
  }
  return true;
}

NeighborLists nearest(const Crystal& crystal, const NeighborConfig& config) {
  const auto count = static_cast<size_t>(config.count);
  NeighborLists lists;
  for (const double cutoff : {4.0, 5.5, config.cutoff}) {
    if (cutoff > config.cutoff) continue;
    lists = lists_within(crystal, cutoff);
    if (complete(lists, count, cutoff)) break;
  }
  for (auto& list : lists) {
    std::sort(list.begin(), list.end(),
              [](const Neighbor& a, const Neighbor& b) { return a.order() < b.order(); });
    if (list.size() > count) list.resize(count);
  }
  return lists;
}

}  // namespace

std::string why_unusable(const Crystal& crystal) {
  if (crystal.n_atoms() == 0) return "has no atoms";
  for (const int z : crystal.atomic_numbers) {
    if (z < 1 || z > kMaxAtomicNumber) {
      return fmt::format("atomic number {}, expected 1 to {}", z, kMaxAtomicNumber);
    }
  }
  for (const auto& x : crystal.frac_coords) {
    if (!x.allFinite()) return "a coordinate is not finite";
  }
  const double volume = crystal.volume();
  if (!std::isfinite(volume) || volume < 1e-3) return fmt::format("cell volume is {} Å^3", volume);
  return "";
}

CrystalGraph make_crystal_graph(const Crystal& crystal, const NeighborConfig& config) {
  const auto problem = why_unusable(crystal);
  if (!problem.empty()) fail(fmt::format("{}: {}", crystal.name.empty() ? "crystal" : crystal.name, problem));
  const int64_t n = crystal.n_atoms(), k = config.count;
  CrystalGraph graph;
  graph.volume = crystal.volume();
  graph.numbers = torch::empty({n}, torch::kInt64);
  graph.neighbors = torch::empty({n, k}, torch::kInt32);
  graph.distances = torch::full({n, k}, -1.0f, torch::kFloat32);
  auto* const neighbors = graph.neighbors.data_ptr<int32_t>();
  auto* const distances = graph.distances.data_ptr<float>();
  if (config.descriptors) graph.descriptors = torch::tensor(crystal_descriptors(crystal));
  const auto lists = nearest(crystal, config);
  for (int64_t i = 0; i < n; ++i) {
    const auto& list = lists[static_cast<size_t>(i)];
    graph.numbers.data_ptr<int64_t>()[i] = crystal.atomic_numbers[static_cast<size_t>(i)];
    std::fill_n(neighbors + i * k, k, static_cast<int32_t>(i));
    for (size_t slot = 0; slot < list.size(); ++slot) {
      neighbors[i * k + static_cast<int64_t>(slot)] = static_cast<int32_t>(list[slot].atom);
      distances[i * k + static_cast<int64_t>(slot)] = static_cast<float>(list[slot].distance);
    }
  }
  return graph;
}

GraphBatch GraphBatch::to(torch::Device device) const {
  GraphBatch moved{numbers.to(device),
                   neighbors.to(device),
                   distances.to(device),
                   crystal_of.to(device),
                   counts.to(device),
                   volumes.to(device),
                   {}};
  if (descriptors.defined()) moved.descriptors = descriptors.to(device);
  return moved;
}

GraphBatch GraphBatch::narrow(int64_t begin, int64_t count) const {
  const auto sizes = counts.to(torch::kInt64).cumsum(0);
  const int64_t first = begin == 0 ? 0 : sizes[begin - 1].item<int64_t>();
  const int64_t n = sizes[begin + count - 1].item<int64_t>() - first;
  GraphBatch part{numbers.narrow(0, first, n),
                  neighbors.narrow(0, first, n) - first,
                  distances.narrow(0, first, n),
                  crystal_of.narrow(0, first, n) - begin,
                  counts.narrow(0, begin, count),
                  volumes.narrow(0, begin, count),
                  {}};
  if (descriptors.defined()) part.descriptors = descriptors.narrow(0, begin, count);
  return part;
}

GraphBatch collate(const std::vector<const CrystalGraph*>& graphs) {
  TORCH_CHECK(!graphs.empty(), "a batch needs one crystal or more");
  std::vector<torch::Tensor> numbers, neighbors, distances, crystal_of, descriptors;
  const auto b = static_cast<int64_t>(graphs.size());
  GraphBatch batch;
  batch.counts = torch::empty({b}, torch::kFloat32);
  batch.volumes = torch::empty({b}, torch::kFloat32);
  int64_t first_atom = 0;
  for (int64_t i = 0; i < b; ++i) {
    const auto& graph = *graphs[static_cast<size_t>(i)];
    numbers.push_back(graph.numbers);
    neighbors.push_back(graph.neighbors.to(torch::kInt64).add_(first_atom));
    distances.push_back(graph.distances);
    crystal_of.push_back(torch::full({graph.n_atoms()}, i, torch::kInt64));
    batch.counts.data_ptr<float>()[i] = static_cast<float>(graph.n_atoms());
    batch.volumes.data_ptr<float>()[i] = static_cast<float>(graph.volume);
    first_atom += graph.n_atoms();
    if (graph.descriptors.defined()) descriptors.push_back(graph.descriptors);
  }
  batch.numbers = torch::cat(numbers);
  batch.neighbors = torch::cat(neighbors);
  batch.distances = torch::cat(distances);
  batch.crystal_of = torch::cat(crystal_of);
  if (descriptors.size() == graphs.size()) batch.descriptors = torch::stack(descriptors);
  return batch;
}

}  // namespace clamp::encoders
