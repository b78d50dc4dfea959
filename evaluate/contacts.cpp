// Non-bonded contacts over the sum of van der Waals radii.
//
// Radii as in core/elements.h, except hydrogen (1.00 Å) and metals (1.40 Å, about ionic): with Bondi's 1.20 Å
// for hydrogen an ordinary hydrogen bond (H...O 1.7 Å) would count as a clash, and with Alvarez' radii of
// metals a bridging metal pair. With these, 84 % of real QMOF structures have no contact under 0.65.
#include <algorithm>
#include <array>
#include <limits>
#include <unordered_set>

#include "core/elements.h"
#include "evaluate/checks.h"

namespace clamp::evaluate {
namespace {

constexpr double kReach = 6;  // Å
constexpr double kHydrogenRadius = 1.0;
constexpr double kMetalRadius = 1.4;

double contact_radius(int z) {
  if (z == 1) return kHydrogenRadius;
  return is_metal(z) ? kMetalRadius : vdw_radius(z);
}

struct Image {
  int64_t atom;
  Vec3i shift;
  bool operator==(const Image& other) const { return atom == other.atom && shift == other.shift; }
};

using Adjacency = std::vector<std::vector<Image>>;

Adjacency adjacency(int64_t n_atoms, const std::vector<Bond>& bonds) {
  Adjacency neighbors(n_atoms);
  for (const Bond& b : bonds) {
    neighbors[b.i].push_back({b.j, b.shift});
    neighbors[b.j].push_back({b.i, -b.shift});
  }
  return neighbors;
}

/// Bonded to atom i, or to an atom that is.
std::vector<Image> within_two_bonds(const Adjacency& neighbors, int64_t i) {
  std::vector<Image> near = neighbors[i];
  for (const Image& first : neighbors[i]) {
    for (const Image& second : neighbors[first.atom])
      near.push_back({second.atom, first.shift + second.shift});
  }
  return near;
}

}  // namespace

double worst_contact(const Crystal& crystal, const std::vector<Bond>& bonds) {
  const auto& z = crystal.atomic_numbers;
  double worst = std::numeric_limits<double>::infinity();
  double largest = 0;
  for (const int number : z) largest = std::max(largest, contact_radius(number));
  const Adjacency neighbors = adjacency(crystal.n_atoms(), bonds);
  int64_t cached = -1;
  std::vector<Image> near;
  // Contacts at most as long as the radii decide nearly always; only where there is none is the full reach
  // searched.
  for (const double reach : {std::min(kReach, 2 * largest), kReach}) {
    for (const Bond& pair : neighbor_pairs(crystal, reach)) {
      const double ratio = pair.length / (contact_radius(z[pair.i]) + contact_radius(z[pair.j]));
      if (ratio >= worst) continue;
      if (pair.i != cached) {
        near = within_two_bonds(neighbors, pair.i);
        cached = pair.i;
      }
      if (std::find(near.begin(), near.end(), Image{pair.j, pair.shift}) == near.end()) worst = ratio;
    }
    if (worst <= 1) break;
  }
  return worst;
}

}  // namespace clamp::evaluate
