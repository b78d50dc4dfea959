#include "relax/geometry_samples.h"

#include <algorithm>
#include <cmath>
#include <map>

#include "core/elements.h"
#include "core/seed.h"
#include "relax/images.h"

namespace clamp::relax {
namespace {

constexpr size_t kMostSamples = 4000;  // a key; a reservoir beyond
constexpr double kContactReach = 4.5;  // Å

Vec3 place(const Crystal& crystal, const AtomImage& image) {
  return crystal.cell.transpose() * (crystal.frac_coords[image.atom] + image.shift.cast<double>());
}

/// Height of a centre over the plane of its three neighbours, Å.
double height_over(const Vec3& centre, const Vec3& a, const Vec3& b, const Vec3& c) {
  const Vec3 normal = (b - a).cross(c - a);
  return std::abs((centre - a).dot(normal)) / std::max(normal.norm(), 1e-9);
}

}  // namespace

std::string pair_key(const char* kind, const std::string& a, const std::string& b) {
  return std::string(kind) + " " + std::min(a, b) + " " + std::max(a, b);
}

std::string triple_key(const char* kind, const std::string& a, const std::string& centre,
                       const std::string& b, int ring) {
  std::string key = std::string(kind) + " " + std::min(a, b) + " " + centre + " " + std::max(a, b);
  if (ring >= 0) key += " " + std::to_string(ring);
  return key;
}

void GeometrySamples::add_value(const std::string& key, double value) {
  auto& list = values_[key];
  if (list.size() < kMostSamples) {
    list.push_back(static_cast<float>(value));
    return;
  }
  uint64_t& offered = offered_[key];
  ++offered;
  const uint64_t place = Rng(derive_seed(offered, list.size())).below(offered + kMostSamples);
  if (place < kMostSamples) list[place] = static_cast<float>(value);
}

void GeometrySamples::add_bonded(const Topology& topology, const Crystal& crystal, int atom) {
  const auto& near = topology.neighbors[atom];
  const AtomType& centre = topology.types[atom];
  const Vec3 here = place(crystal, {atom, Vec3i::Zero()});
  std::vector<Vec3> positions;
  for (const AtomImage& n : near) positions.push_back(place(crystal, n));
  for (size_t p = 0; p < near.size(); ++p) {
    const AtomType& a = topology.types[near[p].atom];
    const double length = (positions[p] - here).norm();
    add_value(pair_key("b", centre.fine, a.fine), length);
    add_value(pair_key("b", centre.coarse, a.coarse), length);
    add_value(pair_key("b", centre.element, a.element), length);
    for (size_t q = p + 1; q < near.size(); ++q) {
      const AtomType& b = topology.types[near[q].atom];
      const int ring = ring_size(topology, atom, near[p], near[q]);
      const double distance = (positions[p] - positions[q]).norm();
      add_value(triple_key("a", a.coarse, centre.fine, b.coarse, ring), distance);
      add_value(triple_key("a", a.element, centre.coarse, b.element, ring), distance);
      add_value(triple_key("a", a.element, centre.element, b.element, ring), distance);
      add_value(triple_key("a", a.element, centre.coarse, b.element, -1), distance);
      add_value(triple_key("a", a.element, centre.element, b.element, -1), distance);
    }
  }
  if (near.size() == 3 && !is_metal(centre.atomic_number)) {
    const double height = height_over(here, positions[0], positions[1], positions[2]);
    add_value("h " + centre.fine, height);
    add_value("h " + centre.coarse, height);
  }
}

void GeometrySamples::add_contacts(const Topology& topology, const Crystal& crystal, int atom) {
  const std::vector<Separation> near = separations(topology, atom);
  const AtomType& type = topology.types[atom];
  std::map<std::string, double> nearest;
  const Vec3 heights = cell_heights(crystal.cell);
  for (int other = 0; other < static_cast<int>(crystal.atomic_numbers.size()); ++other) {
    const std::string& label = topology.types[other].contact;
    const Vec3 delta = crystal.frac_coords[other] - crystal.frac_coords[atom];
    for_each_image(crystal.cell, heights, delta, kContactReach, [&](const Vec3i& shift, double d2) {
      const int bonds = bonds_between(near, {other, shift});
      if (bonds == 3) add_value(pair_key("c3", type.contact, label), std::sqrt(d2));
      if (bonds <= 3) return;
      const auto [entry, inserted] = nearest.emplace(label, std::sqrt(d2));
      if (!inserted) entry->second = std::min(entry->second, std::sqrt(d2));
    });
  }
  for (const auto& [label, distance] : nearest) add_value(pair_key("c", type.contact, label), distance);
}

void GeometrySamples::add(const AsymmetricUnit& unit) {
  const Crystal crystal = expand(unit);
  const Topology topology = make_topology(crystal.atomic_numbers, expand_bonds(unit));
  const ExpandedAtoms atoms = expand_atoms(unit.chemistry);
  for (const auto& copies : atoms.atom_of) {
    add_bonded(topology, crystal, copies[0]);
    add_contacts(topology, crystal, copies[0]);
  }
}

}  // namespace clamp::relax
