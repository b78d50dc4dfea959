#include "apps/report/structure_view.h"

#include <fmt/format.h>

#include <cmath>
#include <map>
#include <set>

#include "core/elements.h"

namespace clamp::apps {
namespace {

constexpr double kEdge = 1e-4;  // fractional; an atom that is this little below 0 counts as at 0

Vec3i into_cell(const Vec3& frac) { return -(frac.array() + kEdge).floor().matrix().cast<int>(); }

struct Neighbour {
  int64_t atom;
  Vec3i shift;
};
using Neighbours = std::vector<std::vector<Neighbour>>;

Neighbours organic_neighbours(const Crystal& crystal, const std::vector<Bond>& bonds) {
  const auto& z = crystal.atomic_numbers;
  Neighbours neighbours(z.size());
  for (const Bond& bond : bonds) {
    if (is_metal(z[bond.i]) || is_metal(z[bond.j])) continue;
    neighbours[bond.i].push_back({bond.j, bond.shift});
    neighbours[bond.j].push_back({bond.i, -bond.shift});
  }
  return neighbours;
}

/// Shifts by lattice vectors that join the molecule of an atom; atoms[0] is that atom.
struct Walk {
  std::vector<int64_t> atoms;
  std::map<int64_t, Vec3i> shift;
  bool closed = true;  ///< every atom was met in one image only
};

Walk walk_from(int64_t start, const Neighbours& neighbours) {
  Walk walk;
  walk.atoms = {start};
  walk.shift[start] = Vec3i::Zero();
  for (size_t k = 0; k < walk.atoms.size(); ++k) {
    const int64_t atom = walk.atoms[k];
    for (const Neighbour& next : neighbours[atom]) {
      const Vec3i shift = walk.shift[atom] + next.shift;
      const auto [there, is_new] = walk.shift.emplace(next.atom, shift);
      if (is_new) walk.atoms.push_back(next.atom);
      if (there->second != shift) walk.closed = false;
    }
  }
  return walk;
}

std::vector<Vec3i> joining_shifts(const Crystal& crystal, const std::vector<Bond>& bonds) {
  const auto neighbours = organic_neighbours(crystal, bonds);
  std::vector<Vec3i> shifts;
  for (const Vec3& frac : crystal.frac_coords) shifts.push_back(into_cell(frac));
  std::vector<bool> seen(crystal.frac_coords.size(), false);
  for (int64_t start = 0; start < crystal.n_atoms(); ++start) {
    if (seen[start] || is_metal(crystal.atomic_numbers[start])) continue;
    const Walk walk = walk_from(start, neighbours);
    Vec3 centre = Vec3::Zero();
    for (const int64_t atom : walk.atoms) {
      seen[atom] = true;
      centre += crystal.frac_coords[atom] + walk.shift.at(atom).cast<double>();
    }
    if (!walk.closed) continue;
    const Vec3i home = into_cell(centre / static_cast<double>(walk.atoms.size()));
    for (const int64_t atom : walk.atoms) shifts[atom] = walk.shift.at(atom) + home;
  }
  return shifts;
}

std::string elements_json(const std::vector<int>& atomic_numbers) {
  std::string text;
  for (const int z : std::set<int>(atomic_numbers.begin(), atomic_numbers.end())) {
    text += fmt::format("{}\"{}\":{{\"symbol\":\"{}\",\"radius\":{:.2f},\"metal\":{}}}",
                        text.empty() ? "" : ",", z, element_symbol(z), covalent_radius(z), is_metal(z));
  }
  return "{" + text + "}";
}

}  // namespace

WholeMolecules with_whole_molecules(const Crystal& crystal) {
  WholeMolecules whole{crystal, perceive_bonds(crystal)};
  const auto shifts = joining_shifts(crystal, whole.bonds);
  for (size_t k = 0; k < shifts.size(); ++k) whole.crystal.frac_coords[k] += shifts[k].cast<double>();
  for (Bond& bond : whole.bonds) bond.shift += shifts[bond.i] - shifts[bond.j];
  return whole;
}

std::string view_json(const Crystal& crystal) {
  const auto whole = with_whole_molecules(crystal);
  const Mat3& cell = whole.crystal.cell;
  std::string rows, numbers, coordinates, bonds;
  for (int k = 0; k < 9; ++k) rows += fmt::format("{}{:.3f}", k == 0 ? "" : ",", cell(k / 3, k % 3));
  for (int64_t i = 0; i < whole.crystal.n_atoms(); ++i) {
    const Vec3 cart = cell.transpose() * whole.crystal.frac_coords[i];
    numbers += fmt::format("{}{}", i == 0 ? "" : ",", whole.crystal.atomic_numbers[i]);
    coordinates += fmt::format("{}{:.2f},{:.2f},{:.2f}", i == 0 ? "" : ",", cart.x(), cart.y(), cart.z());
  }
  for (const Bond& bond : whole.bonds) {
    bonds += fmt::format("{}{},{},{},{},{}", bonds.empty() ? "" : ",", bond.i, bond.j, bond.shift.x(),
                         bond.shift.y(), bond.shift.z());
  }
  return fmt::format("{{\"cell\":[{}],\"z\":[{}],\"xyz\":[{}],\"bonds\":[{}],\"elements\":{}}}", rows,
                     numbers, coordinates, bonds, elements_json(crystal.atomic_numbers));
}

}  // namespace clamp::apps
