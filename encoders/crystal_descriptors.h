// Numbers that describe a whole crystal: composition, bonded environments, fragments, coordination,
// framework, pores and symmetry. Input of the encoder "described-cgcnn" beside the graph.
//
// All are ratios or classes that a supercell shares. Environments are hashed as in extended-connectivity
// fingerprints (Rogers and Hahn, J. Chem. Inf. Model. 2010, 50, 742): radius 1 with the metals' elements, 2
// and 3 with all metals alike, so that a linker looks the same on any metal. Fragments are what is left
// connected when the metals are taken out; their hash covers the whole of each. Different environments may
// share a place.
#pragma once

#include <cstdint>
#include <vector>

#include "core/crystal.h"

namespace clamp::encoders {

/// Places of the parts, in this order.
struct DescriptorLayout {
  static constexpr int64_t kElements = 103;       ///< square roots of the atomic fractions
  static constexpr int64_t kPresence = 103;       ///< 1 for an element that occurs
  static constexpr int64_t kEnvironments1 = 256;  ///< square roots of shares of the heavy atoms
  static constexpr int64_t kEnvironments2 = 512;
  static constexpr int64_t kEnvironments3 = 512;
  static constexpr int64_t kFragments = 1024;   ///< square roots of the share of fragments
  static constexpr int64_t kCoordination = 14;  ///< shares of metal atoms with 0..13 bonds
  static constexpr int64_t kFramework = 8;      ///< dimension 0-3; 0, 1, 2, 3 or more nets of that dimension
  static constexpr int64_t kMeasures = 12;      ///< density, volumes, pores (crystal_descriptors.cpp)
  static constexpr int64_t kSystems = 7;        ///< crystal system
  static constexpr int64_t kSpaceGroups = 231;  ///< by number; 0: none found
};

constexpr int64_t kDescriptors =
    DescriptorLayout::kElements + DescriptorLayout::kPresence + DescriptorLayout::kEnvironments1 +
    DescriptorLayout::kEnvironments2 + DescriptorLayout::kEnvironments3 + DescriptorLayout::kFragments +
    DescriptorLayout::kCoordination + DescriptorLayout::kFramework + DescriptorLayout::kMeasures +
    DescriptorLayout::kSystems + DescriptorLayout::kSpaceGroups;

/// [kDescriptors], all finite, of order 1. The crystal must be usable (why_unusable in crystal_graph.h).
std::vector<float> crystal_descriptors(const Crystal& crystal);

}  // namespace clamp::encoders
