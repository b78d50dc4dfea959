#include "evaluate/duplicates.h"

#include <algorithm>
#include <cmath>

#include "core/bond_graph.h"
#include "evaluate/primitive_cell.h"

namespace clamp::evaluate {
namespace {

double length_scale(const Crystal& crystal) {
  return std::cbrt(crystal.volume() / static_cast<double>(crystal.n_atoms()));
}

}  // namespace

std::vector<std::vector<double>> neighbor_distances(const Crystal& crystal, int k) {
  std::vector<std::vector<double>> distances;
  if (crystal.n_atoms() == 0) return distances;
  // A sphere of this radius holds about twice k atoms of the mean density.
  double reach = length_scale(crystal) * std::cbrt(3 * 2.0 * k / (4 * M_PI));
  for (bool enough = false; !enough; reach *= 1.3) {
    distances.assign(crystal.atomic_numbers.size(), {});
    for (const Bond& pair : neighbor_pairs(crystal, reach)) {
      distances[pair.i].push_back(pair.length);
      distances[pair.j].push_back(pair.length);
    }
    enough = std::all_of(distances.begin(), distances.end(),
                         [k](const auto& list) { return static_cast<int>(list.size()) >= k; });
  }
  for (auto& list : distances) {
    std::partial_sort(list.begin(), list.begin() + k, list.end());
    list.resize(static_cast<size_t>(k));
  }
  return distances;
}

std::vector<double> average_minimum_distances(const Crystal& crystal, int k) {
  std::vector<double> means(k, 0);
  for (const auto& list : neighbor_distances(crystal, k)) {
    for (int n = 0; n < k; ++n) means[n] += list[n] / static_cast<double>(crystal.n_atoms());
  }
  return means;
}

Fingerprint fingerprint(const Crystal& crystal) {
  Fingerprint print;
  print.primitive = primitive_cell(crystal);
  print.formula = formula(print.primitive.atomic_numbers);
  print.distances = average_minimum_distances(print.primitive, kFingerprintNeighbors);
  if (print.primitive.n_atoms() == 0) return print;
  const double scale = length_scale(print.primitive);
  for (double& d : print.distances) d /= scale;
  return print;
}

double fingerprint_distance(const Fingerprint& a, const Fingerprint& b) {
  double largest = 0;
  for (size_t k = 0; k < a.distances.size(); ++k)
    largest = std::max(largest, std::abs(a.distances[k] - b.distances[k]));
  return largest;
}

int64_t DuplicateIndex::add(Fingerprint crystal) {
  by_formula_[crystal.formula].push_back(size());
  crystals_.push_back(std::move(crystal));
  return size() - 1;
}

std::optional<DuplicateIndex::Match> DuplicateIndex::find(const Fingerprint& crystal, int64_t before) const {
  const auto same = by_formula_.find(crystal.formula);
  if (same == by_formula_.end()) return {};
  for (const int64_t index : same->second) {
    if (index >= before) break;
    const Fingerprint& other = crystals_[static_cast<size_t>(index)];
    if (fingerprint_distance(crystal, other) > kFilterDistance) continue;
    const auto rms = match_rms_primitive(other.primitive, crystal.primitive, tolerances_);
    if (rms) return Match{index, *rms};
  }
  return {};
}

}  // namespace clamp::evaluate
