// grid-percolation SPACING FILE.cif...: the pore-limiting diameter by brute force, for comparison with
// evaluate/pores.h. Points of a grid (SPACING in Å) are opened from the widest clearance down until
// neighbouring open points connect a point with one of its own images. It can only come out too small, by
// about the spacing.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <numeric>

#include "core/cif.h"
#include "evaluate/lattice_reduction.h"
#include "evaluate/pore_network.h"
#include "evaluate/pores.h"

namespace {

using clamp::Vec3;
using clamp::Vec3i;

struct Grid {
  Vec3i n;
  std::vector<double> clearance;  // Å

  int64_t index(const Vec3i& p) const { return (int64_t{p[0]} * n[1] + p[1]) * n[2] + p[2]; }
  Vec3i point(int64_t k) const {
    return {static_cast<int>(k / n[2] / n[1]), static_cast<int>(k / n[2] % n[1]), static_cast<int>(k % n[2])};
  }
};

Grid fill(const clamp::evaluate::PeriodicSpheres& spheres, double spacing) {
  Grid grid;
  for (int k = 0; k < 3; ++k)
    grid.n[k] = std::max(2, static_cast<int>(spheres.cell().row(k).norm() / spacing));
  grid.clearance.resize(static_cast<size_t>(int64_t{grid.n[0]} * grid.n[1] * grid.n[2]));
  for (size_t k = 0; k < grid.clearance.size(); ++k) {
    const Vec3 f = grid.point(static_cast<int64_t>(k)).cast<double>().cwiseQuotient(grid.n.cast<double>());
    grid.clearance[k] = spheres.nearest(spheres.cell().transpose() * f).distance;
  }
  return grid;
}

double percolation(const Grid& grid) {
  std::vector<int64_t> order(grid.clearance.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](int64_t a, int64_t b) { return grid.clearance[a] > grid.clearance[b]; });
  std::vector<char> open(grid.clearance.size(), 0);
  clamp::evaluate::PeriodicUnion parts;
  for (const int64_t here : order) {
    open[here] = 1;
    for (int step = 0; step < 27; ++step) {
      const Vec3i to = grid.point(here) + Vec3i(step / 9 - 1, step / 3 % 3 - 1, step % 3 - 1);
      Vec3i shift, wrapped;
      for (int k = 0; k < 3; ++k) {
        shift[k] = to[k] < 0 ? -1 : (to[k] >= grid.n[k] ? 1 : 0);
        wrapped[k] = to[k] - shift[k] * grid.n[k];
      }
      const int64_t there = grid.index(wrapped);
      if (open[there] != 0 && (there != here || shift != Vec3i::Zero())) parts.join(here, there, shift);
    }
    if (parts.passes(here)) return 2 * grid.clearance[here];
  }
  return 2 * grid.clearance[order.back()];
}

void print_diameters(const std::string& path, double spacing) {
  const auto crystal = clamp::evaluate::reduced_cell(clamp::read_crystal(path));
  std::vector<double> radii;
  for (const int z : crystal.atomic_numbers) radii.push_back(clamp::evaluate::pore_radius(z));
  const clamp::evaluate::PeriodicSpheres spheres(crystal.cell, crystal.frac_coords, radii);
  const clamp::evaluate::PoreNetwork network(spheres);
  std::cout << fmt::format("{}\tgrid {:.3f}\tnetwork {:.3f}\n", path, percolation(fill(spheres, spacing)),
                           network.diameters().free);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: grid-percolation SPACING FILE.cif...\n";
    return 2;
  }
  try {
    for (int k = 2; k < argc; ++k) print_diameters(argv[k], std::strtod(argv[1], nullptr));
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
