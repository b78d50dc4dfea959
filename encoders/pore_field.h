// The room between the atoms of a crystal on a grid: void fractions, largest cavity and pore limit.
//
// The distance from each grid point to the nearest van der Waals surface; the largest included sphere is the
// maximum of it, the largest sphere that can pass through the crystal the level at which the points above it
// first connect a point with its own periodic image. Coarse (0.6 Å) and fast: meant as features of an
// encoder, not as a measurement.
#pragma once

#include <array>

#include "core/crystal.h"

namespace clamp::encoders {

constexpr std::array<double, 5> kPoreProbes = {0.0, 0.5, 1.0, 1.4, 1.86};  // Å

struct PoreSummary {
  std::array<double, kPoreProbes.size()> void_fractions{};  ///< of points at least the probe radius away
  double largest_cavity = 0;                                ///< Å, diameter, at most 2 kPoreReach
  double pore_limit = 0;                                    ///< Å, diameter, 0 where nothing passes
};

constexpr double kPoreReach = 7.0;  // Å, distances are cut there

/// Throws nothing; the crystal must have a volume.
PoreSummary pore_summary(const Crystal& crystal);

}  // namespace clamp::encoders
