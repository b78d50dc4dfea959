#include "relax/topology.h"

#include <algorithm>
#include <unordered_map>

#include "core/elements.h"

namespace clamp::relax {
namespace {

constexpr int kLargestRing = 6;
constexpr int kShiftOffset = 512;
constexpr int kShiftBits = 10;
constexpr int kDepth = 3;

std::string neighbor_letter(int z) { return is_metal(z) ? "M" : element_symbol(z); }

AtomType make_type(int z, const std::vector<AtomImage>& neighbors, const std::vector<int>& atomic_numbers) {
  AtomType type;
  type.atomic_number = z;
  type.degree = static_cast<int>(neighbors.size());
  type.element = element_symbol(z);
  type.coarse = type.element + std::to_string(type.degree);
  type.fine = type.coarse;
  type.contact = type.element;
  std::vector<std::string> letters;
  bool on_carbon = false;
  for (const AtomImage& n : neighbors) {
    letters.push_back(neighbor_letter(atomic_numbers[n.atom]));
    on_carbon |= atomic_numbers[n.atom] == 6;
  }
  if (z == 1 && !on_carbon) type.contact = "Hx";
  if (is_metal(z)) return type;
  std::sort(letters.begin(), letters.end());
  type.fine += "(";
  for (const std::string& letter : letters) type.fine += letter;
  type.fine += ")";
  return type;
}

}  // namespace

uint64_t image_key(const AtomImage& image) {
  uint64_t key = static_cast<uint64_t>(image.atom);
  for (int k = 0; k < 3; ++k)
    key = (key << kShiftBits) | static_cast<uint64_t>(image.shift[k] + kShiftOffset);
  return key;
}

Topology make_topology(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds) {
  Topology topology;
  topology.atomic_numbers = atomic_numbers;
  topology.neighbors.resize(atomic_numbers.size());
  for (const Bond& b : bonds) {
    topology.neighbors[b.i].push_back({static_cast<int>(b.j), b.shift});
    topology.neighbors[b.j].push_back({static_cast<int>(b.i), -b.shift});
  }
  for (size_t a = 0; a < atomic_numbers.size(); ++a) {
    topology.types.push_back(make_type(atomic_numbers[a], topology.neighbors[a], atomic_numbers));
  }
  return topology;
}

std::vector<Separation> separations(const Topology& topology, int atom) {
  std::unordered_map<uint64_t, int> seen;
  std::vector<AtomImage> shell = {{atom, Vec3i::Zero()}};
  seen[image_key(shell[0])] = 0;
  for (int depth = 1; depth <= kDepth; ++depth) {
    std::vector<AtomImage> next;
    for (const AtomImage& from : shell) {
      for (const AtomImage& to : topology.neighbors[from.atom]) {
        const AtomImage reached{to.atom, from.shift + to.shift};
        if (seen.emplace(image_key(reached), depth).second) next.push_back(reached);
      }
    }
    shell.swap(next);
  }
  std::vector<Separation> found;
  for (const auto& [key, bonds] : seen) found.push_back({key, bonds});
  std::sort(found.begin(), found.end(),
            [](const Separation& a, const Separation& b) { return a.key < b.key; });
  return found;
}

int bonds_between(const std::vector<Separation>& near, const AtomImage& image) {
  const uint64_t key = image_key(image);
  const auto it = std::lower_bound(near.begin(), near.end(), key,
                                   [](const Separation& s, uint64_t k) { return s.key < k; });
  return it != near.end() && it->key == key ? it->bonds : kDepth + 1;
}

int ring_size(const Topology& topology, int centre, const AtomImage& a, const AtomImage& b) {
  const uint64_t centre_key = image_key({centre, Vec3i::Zero()});
  std::vector<AtomImage> shell = {a};
  std::vector<uint64_t> seen = {centre_key, image_key(a)};
  // A path of k bonds from a to b closes a ring of k + 2 atoms less the two ends counted once: k + 2.
  for (int path = 1; path + 2 <= kLargestRing; ++path) {
    std::vector<AtomImage> next;
    for (const AtomImage& from : shell) {
      for (const AtomImage& to : topology.neighbors[from.atom]) {
        const AtomImage reached{to.atom, from.shift + to.shift};
        if (reached == b) return path + 2;
        if (is_metal(topology.atomic_numbers[reached.atom])) continue;
        const uint64_t key = image_key(reached);
        if (std::find(seen.begin(), seen.end(), key) != seen.end()) continue;
        seen.push_back(key);
        next.push_back(reached);
      }
    }
    shell.swap(next);
  }
  return 0;
}

}  // namespace clamp::relax
