#include "data/symmetry_pass.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <tuple>
#include <vector>

#include "core/asymmetric_unit.h"
#include "core/bond_graph.h"
#include "core/error.h"
#include "core/symmetry.h"
#include "data/ordered_pool.h"

namespace clamp::data {
namespace {

/// Å; expanding an exactly symmetric structure reproduces it to rounding.
constexpr double kSamePlace = 1e-4;

/// For each expanded atom the atom of `crystal` at its place and the lattice shift between them.
struct AtomMap {
  std::vector<int64_t> atom;
  std::vector<Vec3i> shift;  ///< x_expanded = x_crystal + shift
};

std::optional<AtomMap> match_atoms(const Crystal& expanded, const Crystal& crystal) {
  if (expanded.n_atoms() != crystal.n_atoms()) return std::nullopt;
  AtomMap map;
  std::vector<bool> used(crystal.atomic_numbers.size(), false);
  for (size_t i = 0; i < expanded.atomic_numbers.size(); ++i) {
    bool found = false;
    for (size_t j = 0; j < crystal.atomic_numbers.size() && !found; ++j) {
      if (used[j] || crystal.atomic_numbers[j] != expanded.atomic_numbers[i]) continue;
      const Vec3 delta = expanded.frac_coords[i] - crystal.frac_coords[j];
      const Vec3 whole = delta.array().round();
      if ((crystal.cell.transpose() * (delta - whole)).norm() > kSamePlace) continue;
      used[j] = found = true;
      map.atom.push_back(static_cast<int64_t>(j));
      map.shift.push_back(whole.cast<int>());
    }
    if (!found) return std::nullopt;
  }
  return map;
}

using BondKey = std::tuple<int64_t, int64_t, int, int, int>;

BondKey bond_key(int64_t i, int64_t j, Vec3i shift) {
  const std::array<int, 3> s{shift[0], shift[1], shift[2]}, zero{0, 0, 0};
  if (i > j || (i == j && s < zero)) return {j, i, -s[0], -s[1], -s[2]};
  return {i, j, s[0], s[1], s[2]};
}

std::vector<BondKey> sorted(std::vector<BondKey> keys) {
  std::sort(keys.begin(), keys.end());
  return keys;
}

/// True where expanding the unit gives the atoms and bonds that it was made from.
bool reproduces(const AsymmetricUnit& unit, const Crystal& crystal, const std::vector<Bond>& bonds) {
  const std::optional<AtomMap> map = match_atoms(expand(unit), crystal);
  if (!map) return false;
  std::vector<BondKey> expected, found;
  for (const Bond& bond : bonds) expected.push_back(bond_key(bond.i, bond.j, bond.shift));
  for (const Bond& bond : expand_bonds(unit)) {
    const auto i = static_cast<size_t>(bond.i), j = static_cast<size_t>(bond.j);
    found.push_back(bond_key(map->atom[i], map->atom[j], bond.shift + map->shift[j] - map->shift[i]));
  }
  return sorted(std::move(expected)) == sorted(std::move(found));
}

std::optional<CachedUnit> unit_in_group(const Crystal& crystal, int number, double max_move) {
  const std::vector<Bond> bonds = perceive_bonds(crystal);
  CachedUnit cached;
  cached.unit = make_asymmetric_unit(crystal, number, bonds);
  cached.max_move = max_move;
  if (!reproduces(cached.unit, crystal, bonds)) return std::nullopt;
  return cached;
}

}  // namespace

std::optional<CachedUnit> compute_unit(const Crystal& crystal, double symprec, std::string& reason) {
  try {
    if (const auto symmetry = find_symmetry(crystal, symprec)) {
      if (auto cached = unit_in_group(symmetry->primitive, symmetry->number, symmetry->max_move))
        return cached;
    }
  } catch (const Error&) {
    // The structure is not exactly symmetric in its group: P1 below, counted as a fallback.
  }
  try {
    auto cached = unit_in_group(crystal, 1, 0.0);
    if (cached) cached->fallback = true;
    if (!cached) reason = "atoms and bonds are not reproduced in P1";
    return cached;
  } catch (const Error& e) {
    reason = e.what();
    return std::nullopt;
  }
}

SymmetrySummary cache_symmetry(const std::string& path, double symprec, int n_threads,
                               const ProgressCallback& progress) {
  SymmetrySummary summary;
  SymmetryWriter writer(path, symprec);
  {
    const Dataset dataset = Dataset::open(path);
    const int64_t total = dataset.size();
    int64_t given = 0, done = 0;
    std::atomic<bool> stopped{false};
    OrderedPool<int64_t, std::optional<CachedUnit>> pool(
        [&](int64_t& index) {
          index = given++;
          return index < total;
        },
        [&](int64_t index) {
          std::string reason;
          return stopped ? std::nullopt : compute_unit(dataset.read_crystal(index), symprec, reason);
        },
        [&](std::optional<CachedUnit>&& unit) {
          writer.add(unit);
          ++(!unit ? summary.n_missing : unit->fallback ? summary.n_fallback : summary.n_exact);
          if (!progress(++done, total)) stopped = true;
        },
        n_threads);
    pool.run();
  }
  writer.finish();
  return summary;
}

}  // namespace clamp::data
