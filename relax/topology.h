// The periodic bond graph with what the geometry table asks of it: atom types, separations in bonds, small
// rings.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/bond_graph.h"

namespace clamp::relax {

/// A copy of an atom of the cell, `shift` lattice vectors away.
struct AtomImage {
  int atom = 0;
  Vec3i shift = Vec3i::Zero();
  bool operator==(const AtomImage& other) const { return atom == other.atom && shift == other.shift; }
};

/// Hash key of an image; shifts beyond +-500 cells do not occur.
uint64_t image_key(const AtomImage& image);

struct AtomType {
  int atomic_number = 0;
  int degree = 0;
  std::string element;  ///< "C"
  std::string coarse;   ///< element and degree: "C3"
  std::string fine;     ///< with its neighbours, every metal as M: "C3(CCO)"; a metal is its coarse type
  std::string contact;  ///< for contacts: the element, "Hx" for hydrogen that is not on carbon
};

struct Separation {
  uint64_t key = 0;  ///< image_key
  int bonds = 0;     ///< 1..3
};

struct Topology {
  std::vector<int> atomic_numbers;                ///< [n_atoms]
  std::vector<std::vector<AtomImage>> neighbors;  ///< [n_atoms], a neighbour as seen from the atom in cell 0
  std::vector<AtomType> types;                    ///< [n_atoms]
};

Topology make_topology(const std::vector<int>& atomic_numbers, const std::vector<Bond>& bonds);

/// Images within three bonds of `atom`, itself (0 bonds) included, sorted by key.
std::vector<Separation> separations(const Topology& topology, int atom);

/// Bonds between the atom that `near` belongs to and an image: 0..3, or 4 for more.
int bonds_between(const std::vector<Separation>& near, const AtomImage& image);

/// Size of the smallest ring through a - centre - b, 3..6, without metals except the centre; 0 where there is
/// none. `a` and `b` are images as seen from the centre in cell 0.
int ring_size(const Topology& topology, int centre, const AtomImage& a, const AtomImage& b);

}  // namespace clamp::relax
