#include "evaluate/damage.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cstdlib>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"

namespace clamp::evaluate {
namespace {

constexpr int kHydrogen = 1, kCarbon = 6;
constexpr double kDoubling = 1.0;  // Å

std::vector<std::vector<int64_t>> neighbors_of(const Crystal& crystal) {
  std::vector<std::vector<int64_t>> neighbors(crystal.atomic_numbers.size());
  for (const Bond& bond : perceive_bonds(crystal)) {
    neighbors[bond.i].push_back(bond.j);
    neighbors[bond.j].push_back(bond.i);
  }
  return neighbors;
}

void remove_atoms(Crystal& crystal, std::vector<int64_t> atoms) {
  std::sort(atoms.begin(), atoms.end());
  atoms.erase(std::unique(atoms.begin(), atoms.end()), atoms.end());
  for (auto i = atoms.rbegin(); i != atoms.rend(); ++i) {
    crystal.atomic_numbers.erase(crystal.atomic_numbers.begin() + *i);
    crystal.frac_coords.erase(crystal.frac_coords.begin() + *i);
  }
}

template <typename Predicate>
std::vector<int64_t> atoms_with(const Crystal& crystal, Predicate predicate) {
  std::vector<int64_t> atoms;
  for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
    if (predicate(i)) atoms.push_back(i);
  }
  return atoms;
}

std::optional<Crystal> cut_linker(Crystal crystal, Rng& rng) {
  const auto neighbors = neighbors_of(crystal);
  const auto& z = crystal.atomic_numbers;
  const auto inner = atoms_with(crystal, [&](int64_t i) {
    const auto heavy = std::count_if(neighbors[i].begin(), neighbors[i].end(),
                                     [&](int64_t j) { return z[j] != kHydrogen && !is_metal(z[j]); });
    return z[i] == kCarbon && heavy >= 2;
  });
  if (inner.empty()) return {};
  const int64_t taken = inner[rng.below(inner.size())];
  std::vector<int64_t> gone = {taken};
  for (const int64_t j : neighbors[taken]) {
    if (z[j] == kHydrogen) gone.push_back(j);
  }
  remove_atoms(crystal, gone);
  return crystal;
}

std::optional<Crystal> double_node(Crystal crystal, Rng& rng) {
  const auto metals = atoms_with(crystal, [&](int64_t i) { return is_metal(crystal.atomic_numbers[i]); });
  if (metals.empty()) return {};
  const int64_t metal = metals[rng.below(metals.size())];
  const Vec3 direction = Vec3(rng.normal(), rng.normal(), rng.normal()).normalized();
  crystal.atomic_numbers.push_back(crystal.atomic_numbers[metal]);
  crystal.frac_coords.emplace_back(crystal.frac_coords[metal] +
                                   crystal.cell.transpose().inverse() * (kDoubling * direction));
  return crystal;
}

std::optional<Crystal> swap_atoms(Crystal crystal, Rng& rng) {
  const auto first = static_cast<int64_t>(rng.below(crystal.atomic_numbers.size()));
  const auto others = atoms_with(
      crystal, [&](int64_t i) { return crystal.atomic_numbers[i] != crystal.atomic_numbers[first]; });
  if (others.empty()) return {};
  const int64_t second = others[rng.below(others.size())];
  std::swap(crystal.atomic_numbers[first], crystal.atomic_numbers[second]);
  return crystal;
}

}  // namespace

const std::vector<std::string>& damage_kinds() {
  static const std::vector<std::string> kKinds = {"linker_cut",   "node_doubled", "scaled_0.70",
                                                  "scaled_0.85",  "scaled_1.15",  "scaled_1.30",
                                                  "atoms_swapped"};
  return kKinds;
}

std::optional<Crystal> damaged(const Crystal& crystal, const std::string& kind, uint64_t seed) {
  if (crystal.n_atoms() == 0) return {};
  Rng rng(seed);
  if (kind == "linker_cut") return cut_linker(crystal, rng);
  if (kind == "node_doubled") return double_node(crystal, rng);
  if (kind == "atoms_swapped") return swap_atoms(crystal, rng);
  const std::string scaled = "scaled_";
  if (kind.rfind(scaled, 0) != 0) fail(fmt::format("damage '{}': no such kind", kind));
  Crystal copy = crystal;
  copy.cell *= std::strtod(kind.c_str() + scaled.size(), nullptr);
  return copy;
}

}  // namespace clamp::evaluate
