// Pores of a crystal: largest cavity, windows, accessible surface and volume, in the terms of Zeo++.
//
// Definitions: T. F. Willems, C. H. Rycroft, M. Kazi, J. C. Meza, M. Haranczyk, Microporous Mesoporous Mater.
// 2012, 149, 134 (diameters, accessible surface and volume); atoms are spheres with the radii of
// pore_radius().
#pragma once

#include "core/crystal.h"

namespace clamp::evaluate {

/// Radius of an atom in Å, the default of Zeo++: the van der Waals radii of the Cambridge Crystallographic
/// Data Centre (Bondi's where he gives one, hydrogen 1.09 Å, 2.00 Å for elements without a value).
double pore_radius(int atomic_number);

struct PoreOptions {
  double probe_radius = 1.86;     ///< Å; 1.86 is nitrogen, 1.20 about hydrogen, 0 the geometric void
  int64_t points_per_atom = 300;  ///< of the surface; 0: no surface
  int64_t volume_points = 40000;  ///< in the cell; 0: no volume
};

struct Pores {
  double lcd = 0;      ///< Å, largest cavity diameter (Di); negative where the spheres leave no room at all
  double pld = 0;      ///< Å, pore-limiting diameter (Df); NaN where nothing passes
  double lfpd = 0;     ///< Å, largest diameter along the free path (Dif); NaN where nothing passes
  double surface = 0;  ///< Å^2 a cell, reached by the probe's centre, in channels
  double surface_pockets = 0;      ///< Å^2 a cell, in closed pockets
  double surface_m2_g = 0;         ///< of `surface`
  double surface_m2_cm3 = 0;       ///< of `surface`
  double accessible_fraction = 0;  ///< of the cell: places of the probe's centre in channels
  double pocket_fraction = 0;      ///< of the cell: places of the probe's centre in closed pockets
  double void_fraction = 0;        ///< of the cell: outside of all spheres, no probe
};

/// All of the above. A function of the crystal alone: sampling points are fixed. Throws clamp::Error for a
/// crystal without atoms or with a cell without volume.
Pores measure_pores(const Crystal& crystal, const PoreOptions& options = {});

}  // namespace clamp::evaluate
