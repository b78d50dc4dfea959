#include "evaluate/pores.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/elements.h"
#include "core/error.h"
#include "evaluate/lattice_reduction.h"
#include "evaluate/pore_network.h"

namespace clamp::evaluate {
namespace {

constexpr double kDefaultRadius = 2.0;  // Å
constexpr double kTouching = 1e-7;      // Å

struct ElementRadius {
  int atomic_number;
  double radius;  // Å
};
constexpr ElementRadius kRadii[] = {
    {1, 1.09},  {2, 1.40},  {3, 1.82},  {6, 1.70},  {7, 1.55},  {8, 1.52},  {9, 1.47},  {10, 1.54},
    {11, 2.27}, {12, 1.73}, {14, 2.10}, {15, 1.80}, {16, 1.80}, {17, 1.75}, {18, 1.88}, {19, 2.75},
    {28, 1.63}, {29, 1.40}, {30, 1.39}, {31, 1.87}, {33, 1.85}, {34, 1.90}, {35, 1.85}, {36, 2.02},
    {46, 1.63}, {47, 1.72}, {48, 1.58}, {49, 1.93}, {50, 2.17}, {52, 2.06}, {53, 1.98}, {54, 2.16},
    {78, 1.72}, {79, 1.66}, {80, 1.55}, {81, 1.96}, {82, 2.02}, {92, 1.86}};

Vec3 fibonacci_point(int64_t k, int64_t n) {
  const double z = 1 - (2.0 * static_cast<double>(k) + 1) / static_cast<double>(n);
  const double phi = static_cast<double>(k) * M_PI * (3 - std::sqrt(5.0));
  const double r = std::sqrt(1 - z * z);
  return {r * std::cos(phi), r * std::sin(phi), z};
}

void measure_surface(const PeriodicSpheres& spheres, PoreNetwork& network, const PoreOptions& options,
                     Pores& pores) {
  for (int64_t atom = 0; atom < spheres.size(); ++atom) {
    const double radius = spheres.radii()[atom] + options.probe_radius;
    int64_t open = 0, closed = 0;
    for (int64_t k = 0; k < options.points_per_atom; ++k) {
      const Vec3 offset = radius * fibonacci_point(k, options.points_per_atom);
      if (spheres.nearest(spheres.center(atom) + offset).distance < options.probe_radius - kTouching)
        continue;
      ++(network.access(atom, offset) == 2 ? open : closed);
    }
    const double area = 4 * M_PI * radius * radius / static_cast<double>(options.points_per_atom);
    pores.surface += area * static_cast<double>(open);
    pores.surface_pockets += area * static_cast<double>(closed);
  }
}

/// Points that fill a cell evenly: multiples of the powers of the root of x^4 = x + 1 (the R3 sequence).
Vec3 even_point(int64_t k) {
  constexpr double kRoot = 1.2207440846057596;
  Vec3 f;
  double power = 1;
  for (int axis = 0; axis < 3; ++axis) {
    power /= kRoot;
    f[axis] = 0.5 + static_cast<double>(k) * power;
    f[axis] -= std::floor(f[axis]);
  }
  return f;
}

void measure_volume(const PeriodicSpheres& spheres, PoreNetwork& network, const PoreOptions& options,
                    Pores& pores) {
  int64_t open = 0, closed = 0, empty = 0;
  for (int64_t k = 0; k < options.volume_points; ++k) {
    const Vec3 point = spheres.cell().transpose() * even_point(k);
    const auto nearest = spheres.nearest(point);
    empty += nearest.distance >= 0 ? 1 : 0;
    if (nearest.distance < options.probe_radius) continue;
    ++(network.access(nearest.sphere.atom, point - nearest.sphere.center) == 2 ? open : closed);
  }
  const auto total = static_cast<double>(options.volume_points);
  pores.accessible_fraction = static_cast<double>(open) / total;
  pores.pocket_fraction = static_cast<double>(closed) / total;
  pores.void_fraction = static_cast<double>(empty) / total;
}

}  // namespace

double pore_radius(int atomic_number) {
  element_symbol(atomic_number);  // refuses what is no element
  for (const auto& [z, radius] : kRadii) {
    if (z == atomic_number) return radius;
  }
  return kDefaultRadius;
}

Pores measure_pores(const Crystal& crystal, const PoreOptions& options) {
  if (crystal.n_atoms() == 0) fail(fmt::format("{}: no atoms, pores need at least one", crystal.name));
  const Crystal reduced = reduced_cell(crystal);
  std::vector<double> radii;
  for (const int z : reduced.atomic_numbers) radii.push_back(pore_radius(z));
  const PeriodicSpheres spheres(reduced.cell, reduced.frac_coords, radii);
  PoreNetwork network(spheres);
  const PoreDiameters& diameters = network.diameters();
  Pores pores;
  pores.lcd = diameters.cavity;
  pores.pld = diameters.free;
  pores.lfpd = diameters.path;
  network.open_for(options.probe_radius);
  if (options.points_per_atom > 0) measure_surface(spheres, network, options, pores);
  if (options.volume_points > 0) measure_volume(spheres, network, options, pores);
  constexpr double kSquareMetrePerCubicCentimetre = 1e4;  // Å^2 / Å^3 in m^2/cm^3
  pores.surface_m2_cm3 = pores.surface / crystal.volume() * kSquareMetrePerCubicCentimetre;
  pores.surface_m2_g = pores.surface_m2_cm3 / crystal.density();
  return pores;
}

}  // namespace clamp::evaluate
