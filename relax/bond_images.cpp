#include "relax/bond_images.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <tuple>

namespace clamp::relax {
namespace {

constexpr int kImageRange = 2;          // lattice vectors about the nearest by rounding
constexpr double kOrbitPreference = 4;  // Å that a bond may be longer to stand for the right number of bonds
constexpr double kShortest = 0.1;       // Å; nearer "images" are the atom itself

using BondKey = std::tuple<int, int, std::array<int, 3>>;

BondKey bond_key(int i, int j, const Vec3i& s) {
  return std::min(BondKey{i, j, {s[0], s[1], s[2]}}, BondKey{j, i, {-s[0], -s[1], -s[2]}});
}

/// All bonds of the cell that are images of one slot bond.
std::set<BondKey> orbit(const SymmetricState& state, const SlotBond& bond) {
  const SpaceGroup& group = state.group();
  const ExpandedAtoms& atoms = state.atoms();
  const auto op = static_cast<size_t>(bond.op);
  std::set<BondKey> keys;
  for (size_t h = 0; h < group.operations.size(); ++h) {
    const int m = group.product[h][op];
    const Vec3i to_first = atoms.shift_of[bond.i][h];
    const Vec3i to_second =
        atoms.shift_of[bond.j][m] + group.product_shift[h][op] + group.operations[h].rotation * bond.shift;
    keys.insert(bond_key(atoms.atom_of[bond.i][h], atoms.atom_of[bond.j][m], to_second - to_first));
  }
  return keys;
}

Vec3i nearest_by_rounding(const Vec3& delta) {
  return {static_cast<int>(-std::round(delta[0])), static_cast<int>(-std::round(delta[1])),
          static_cast<int>(-std::round(delta[2]))};
}

template <typename Visit>
void for_shifts_about(const Vec3i& centre, Visit visit) {
  for (int a = -kImageRange; a <= kImageRange; ++a) {
    for (int b = -kImageRange; b <= kImageRange; ++b) {
      for (int c = -kImageRange; c <= kImageRange; ++c) visit(centre + Vec3i(a, b, c));
    }
  }
}

void unwrap_along_parents(SymmetricState& state) {
  for (size_t s = 0; s < state.n_slots(); ++s) {
    const int parent = state.slot(s).parent;
    if (parent < 0) continue;
    const Vec3 delta = state.slot_coords()[s] - state.slot_coords()[parent];
    const Site& site = state.slot(s).site;
    if (site.dimension == 0) continue;
    Vec3i best = Vec3i::Zero();
    double shortest = (state.cell().transpose() * delta).norm() - 1e-6;
    for_shifts_about(nearest_by_rounding(delta), [&](const Vec3i& shift) {
      // Only shifts within the site's subspace leave the slot on its site.
      const Vec3 moved = site.projector() * shift.cast<double>();
      if ((moved - shift.cast<double>()).cwiseAbs().maxCoeff() > 1e-6) return;
      const double length = (state.cell().transpose() * (delta + moved)).norm();
      if (length < shortest) {
        shortest = length;
        best = shift;
      }
    });
    if (!best.isZero()) state.shift_slot(s, best);
  }
}

struct Candidate {
  double length;
  int op;
  Vec3i shift;
};

std::vector<Candidate> candidates(const SymmetricState& state, const SlotBond& bond) {
  std::vector<Candidate> found;
  const int n_operations = static_cast<int>(state.group().operations.size());
  const int first = bond.op < 0 ? 0 : bond.op;
  const int last = bond.op < 0 ? n_operations : bond.op + 1;
  for (int op = first; op < last; ++op) {
    const auto& operation = state.group().operations[op];
    const Vec3 copy = operation.rotation.cast<double>() * state.slot_coords()[bond.j] + operation.translation;
    const Vec3 delta = copy - state.slot_coords()[bond.i];
    for_shifts_about(nearest_by_rounding(delta), [&](const Vec3i& shift) {
      const double length = (state.cell().transpose() * (delta + shift.cast<double>())).norm();
      if (length > kShortest || bond.i != bond.j) found.push_back({length, op, shift});
    });
  }
  std::sort(found.begin(), found.end(), [](const Candidate& a, const Candidate& b) {
    return std::make_tuple(a.length, a.op, a.shift[0], a.shift[1], a.shift[2]) <
           std::make_tuple(b.length, b.op, b.shift[0], b.shift[1], b.shift[2]);
  });
  return found;
}

/// Chooses the image of one bond and adds its orbit to `taken`.
void choose_image(const SymmetricState& state, size_t wanted, SlotBond& bond, std::set<BondKey>& taken) {
  SlotBond best = bond;
  std::set<BondKey> best_orbit;
  double best_length = 0;
  for (const Candidate& c : candidates(state, bond)) {
    if (!best_orbit.empty() && c.length > best_length + kOrbitPreference) break;
    SlotBond tried = bond;
    tried.op = c.op;
    tried.shift = c.shift;
    std::set<BondKey> images = orbit(state, tried);
    if (taken.count(*images.begin()) > 0) continue;
    const auto& [i, j, shift] = *images.begin();
    if (i == j && shift == std::array<int, 3>{0, 0, 0}) continue;
    const bool fits = wanted == 0 || images.size() == wanted;
    if (best_orbit.empty() || fits) {
      best = tried;
      best_length = best_orbit.empty() ? c.length : best_length;
      best_orbit = std::move(images);
    }
    if (fits) break;
  }
  bond = best;
  taken.insert(best_orbit.begin(), best_orbit.end());
}

}  // namespace

std::vector<size_t> orbit_sizes(const SymmetricState& state, const std::vector<SlotBond>& bonds) {
  std::vector<size_t> sizes;
  for (const SlotBond& bond : bonds) sizes.push_back(bond.op < 0 ? 0 : orbit(state, bond).size());
  return sizes;
}

std::vector<Bond> assign_images(SymmetricState& state, const std::vector<size_t>& orbit_sizes,
                                std::vector<SlotBond>& bonds) {
  unwrap_along_parents(state);
  std::set<BondKey> keys;
  for (SlotBond& bond : bonds) {
    if (!bond.intra) continue;
    bond.op = 0;
    bond.shift = Vec3i::Zero();
    const std::set<BondKey> images = orbit(state, bond);
    keys.insert(images.begin(), images.end());
  }
  for (size_t k = 0; k < bonds.size(); ++k) {
    if (!bonds[k].intra) choose_image(state, orbit_sizes[k], bonds[k], keys);
  }
  std::vector<Bond> all;
  for (const auto& [i, j, shift] : keys) {
    Bond bond{i, j, Vec3i(shift[0], shift[1], shift[2]), 0};
    const Vec3 delta = state.atom_coords()[j] + bond.shift.cast<double>() - state.atom_coords()[i];
    bond.length = (state.cell().transpose() * delta).norm();
    all.push_back(bond);
  }
  return all;
}

}  // namespace clamp::relax
