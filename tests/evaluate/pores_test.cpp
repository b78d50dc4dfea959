#include "evaluate/pores.h"

#include <gtest/gtest.h>

#include <cmath>

#include "core/error.h"
#include "core/seed.h"
#include "evaluate/clearance.h"
#include "evaluate/lattice_reduction.h"
#include "evaluate/voronoi_cell.h"
#include "tests/support/crystals.h"
#include "tests/support/settings.h"

namespace clamp::evaluate {
namespace {

constexpr double kClimbing = 4e-3;  // Å, of a diameter: climbing ends at steps of 5e-4 Å

constexpr int kCarbon = 6;  // radius 1.70 Å

Crystal lattice(const Mat3& cell, const std::vector<int>& elements, const std::vector<Vec3>& frac_coords) {
  Crystal crystal;
  crystal.name = "spheres";
  crystal.cell = cell;
  crystal.atomic_numbers = elements;
  crystal.frac_coords = frac_coords;
  return crystal;
}

Crystal simple_cubic(double a) { return lattice(a * Mat3::Identity(), {kCarbon}, {Vec3(0.1, 0.2, 0.3)}); }

// Largest sphere in the middle of the cube, window in the middle of its face.
TEST(MeasurePores, SimpleCubicHasItsClosedForm) {
  const double a = 8, r = 1.70;
  PoreOptions options;
  options.probe_radius = 1.2;
  const Pores pores = measure_pores(simple_cubic(a), options);
  EXPECT_NEAR(pores.lcd, a * std::sqrt(3) - 2 * r, kClimbing);
  EXPECT_NEAR(pores.pld, a * std::sqrt(2) - 2 * r, kClimbing);
  EXPECT_NEAR(pores.lfpd, pores.lcd, kClimbing);
  const auto ball = [](double radius) { return 4.0 / 3 * M_PI * radius * radius * radius; };
  EXPECT_NEAR(pores.void_fraction, 1 - ball(r) / (a * a * a), 1e-3);
  EXPECT_NEAR(pores.accessible_fraction, 1 - ball(r + 1.2) / (a * a * a), 1e-3);
  EXPECT_EQ(pores.pocket_fraction, 0);
  EXPECT_NEAR(pores.surface, 4 * M_PI * (r + 1.2) * (r + 1.2), 1e-9);
  EXPECT_NEAR(pores.surface_m2_cm3, pores.surface / (a * a * a) * 1e4, 1e-9);
}

// Face-centred cubic: octahedral holes joined through tetrahedral ones by the triangles between three
// spheres.
TEST(MeasurePores, FaceCentredCubicHasItsClosedForm) {
  const double a = 12, r = 1.70;
  Mat3 cell;
  cell << 0, a / 2, a / 2, a / 2, 0, a / 2, a / 2, a / 2, 0;
  const Pores pores = measure_pores(lattice(cell, {kCarbon}, {Vec3::Zero()}));
  EXPECT_NEAR(pores.lcd, a - 2 * r, kClimbing);
  EXPECT_NEAR(pores.pld, 2 * a / std::sqrt(6) - 2 * r, kClimbing);
}

// Unequal spheres: in rock salt the eighth's middle is equally far from four Na and four Cl; Na (2.27 Å)
// touches first.
TEST(MeasurePores, RockSaltOfUnequalSpheresHasItsClosedForm) {
  const double a = 11;
  Mat3 cell;
  cell << 0, a / 2, a / 2, a / 2, 0, a / 2, a / 2, a / 2, 0;
  const Pores pores = measure_pores(lattice(cell, {11, 17}, {Vec3::Zero(), Vec3::Constant(0.5)}));
  EXPECT_NEAR(pores.lcd, a * std::sqrt(3) / 2 - 2 * 2.27, kClimbing);
}

// One atom in a cell far larger than pores are: the voxels grow with the cell.
TEST(MeasurePores, TakesAnEmptyCell) {
  PoreOptions options;
  options.volume_points = 1000;
  const Pores pores = measure_pores(simple_cubic(150), options);
  EXPECT_NEAR(pores.lcd, 150 * std::sqrt(3) - 2 * 1.70, kClimbing);
  EXPECT_NEAR(pores.pld, 150 * std::sqrt(2) - 2 * 1.70, kClimbing);
  EXPECT_NEAR(pores.accessible_fraction, 1, 1e-3);
}

// A probe wider than the windows but not than the cavities: pockets only, and no accessible surface.
TEST(MeasurePores, TellsPocketsFromChannels) {
  PoreOptions options;
  options.probe_radius = 4.05;  // windows of simple cubic, a = 8: 3.96 Å in radius, cavities 5.23 Å
  const Pores pores = measure_pores(simple_cubic(8), options);
  EXPECT_EQ(pores.accessible_fraction, 0);
  EXPECT_EQ(pores.surface, 0);
  EXPECT_GT(pores.pocket_fraction, 0.01);
  options.probe_radius = 3.9;
  EXPECT_EQ(measure_pores(simple_cubic(8), options).pocket_fraction, 0);
}

TEST(MeasurePores, DoesNotDependOnCellOriginOrOrder) {
  PoreOptions options;
  options.probe_radius = 1.2;
  for (const char* id : {"qmof-c26f09c", "qmof-0e62149"}) {
    const Crystal crystal = tests::load_qmof(id);
    const Pores before = measure_pores(crystal, options);
    for (const uint64_t seed : {1, 2}) {
      SCOPED_TRACE(std::string(id) + ", seed " + std::to_string(seed));
      const Pores after = measure_pores(tests::another_setting(crystal, seed, true), options);
      EXPECT_NEAR(after.lcd, before.lcd, kClimbing);
      EXPECT_NEAR(after.pld, before.pld, kClimbing);
      EXPECT_NEAR(after.lfpd, before.lfpd, kClimbing);
      EXPECT_NEAR(after.surface, 2 * before.surface, 0.03 * before.surface);
      EXPECT_NEAR(after.accessible_fraction, before.accessible_fraction, 2e-3);
      EXPECT_NEAR(after.void_fraction, before.void_fraction, 3e-3);
    }
  }
}

struct Published {
  const char* id;
  double lcd, pld, surface_m2_g;
};

// CoRE MOF 2019's table (Zeo++ with -ha; surface with a nitrogen probe, 1.655 Å). Zeo++ fills large atoms
// with small spheres, which widens pores by a few hundredths of an Ångström, and samples its surface at
// random.
TEST(MeasurePores, AgreesWithPublishedZeoValues) {
  PoreOptions options;
  options.probe_radius = 1.655;
  options.volume_points = 0;
  for (const Published& core : {Published{"CORE2019MOF10490", 12.65678, 12.45148, 2276.91},
                                Published{"CORE2019MOF10695", 7.48304, 4.32366, 1689.72},
                                Published{"CORE2019MOF11476", 6.78822, 5.70042, 1240.82},
                                Published{"CORE2019MOF1478", 5.25875, 3.37222, 1043.81},
                                Published{"CORE2019MOF11351", 6.07463, 4.45798, 2439.31}}) {
    SCOPED_TRACE(core.id);
    const Pores pores =
        measure_pores(read_crystal(std::string(CLAMP_TEST_DATA) + "/core2019/" + core.id + ".cif"), options);
    EXPECT_NEAR(pores.lcd, core.lcd, 0.1);
    EXPECT_NEAR(pores.pld, core.pld, 0.1);
    EXPECT_NEAR(pores.surface_m2_g, core.surface_m2_g, 0.05 * core.surface_m2_g);
  }
}

// Geometric void fractions of qmof.csv.
TEST(MeasurePores, AgreesWithPublishedVoidFractions) {
  PoreOptions options;
  options.points_per_atom = 0;
  const std::pair<const char*, double> rows[] = {
      {"qmof-0ca8ad2", 0.1555}, {"qmof-0e62149", 0.6069}, {"qmof-47144b2", 0.2644}, {"qmof-c26f09c", 0.3518}};
  for (const auto& [id, published] : rows)
    EXPECT_NEAR(measure_pores(tests::load_qmof(id), options).void_fraction, published, 5e-3) << id;
}

TEST(MeasurePores, RefusesWhatIsNoCrystal) {
  try {
    measure_pores(lattice(Mat3::Identity(), {}, {}));
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "spheres: no atoms, pores need at least one");
  }
  Crystal flat = simple_cubic(5);
  flat.cell.row(2) = flat.cell.row(0);
  EXPECT_THROW(measure_pores(flat), Error);
}

TEST(PoreRadius, IsZeosTable) {
  EXPECT_DOUBLE_EQ(pore_radius(1), 1.09);
  EXPECT_DOUBLE_EQ(pore_radius(30), 1.39);
  EXPECT_DOUBLE_EQ(pore_radius(40), 2.0);
  EXPECT_THROW(pore_radius(0), Error);
}

TEST(VoronoiCell, OfABodyCentredLatticeIsATruncatedOctahedron) {
  const double a = 4;
  Mat3 cell;
  cell << -a / 2, a / 2, a / 2, a / 2, -a / 2, a / 2, a / 2, a / 2, -a / 2;
  const PeriodicSpheres spheres(cell, {Vec3::Zero()}, {1.0});
  const VoronoiCell found = voronoi_cell(spheres, 0);
  EXPECT_EQ(found.vertices.size(), 24U);
  EXPECT_EQ(found.edges.size(), 36U);
  for (const Vec3& vertex : found.vertices) EXPECT_NEAR(vertex.norm(), a * std::sqrt(5) / 4, 1e-9);
}

TEST(PeriodicSpheres, FindsTheNearestSurface) {
  Rng rng(3);
  Mat3 cell;
  cell << 6, 0, 0, 1.5, 7, 0, -2, 1, 9;
  std::vector<Vec3> frac;
  std::vector<double> radii;
  for (int i = 0; i < 6; ++i) {
    frac.emplace_back(rng.uniform(), rng.uniform(), rng.uniform());
    radii.push_back(1 + rng.uniform());
  }
  const PeriodicSpheres spheres(cell, frac, radii);
  for (int k = 0; k < 200; ++k) {
    const Vec3 point = cell.transpose() * Vec3(4 * rng.uniform() - 2, rng.uniform(), rng.uniform());
    double least = 1e9;
    for (int i = 0; i < 6; ++i) {
      for (int shift = 0; shift < 9 * 9 * 9; ++shift) {
        const Vec3 at = frac[i] + Vec3(shift / 81 - 4, shift / 9 % 9 - 4, shift % 9 - 4);
        least = std::min(least, (cell.transpose() * at - point).norm() - radii[i]);
      }
    }
    EXPECT_NEAR(spheres.nearest(point).distance, least, 1e-9);
  }
}

// Its squared length is exact to 1 in 10^4, so its end to 1 in 100.
TEST(ShortestInHull, MatchesClosedForms) {
  const Vec3 two = shortest_in_hull({Vec3(1, 0, 0), Vec3(0, 1, 0)});
  EXPECT_NEAR(two.norm(), std::sqrt(0.5), 1e-4);
  EXPECT_NEAR((two - Vec3(0.5, 0.5, 0)).norm(), 0, 0.01);
  const Vec3 three = shortest_in_hull({Vec3(1, 0, 0), Vec3(0, 1, 0), Vec3(0, 0, 1)});
  EXPECT_NEAR(three.norm(), std::sqrt(1.0 / 3), 1e-4);
  EXPECT_NEAR((three - Vec3::Constant(1.0 / 3)).norm(), 0, 0.01);
  EXPECT_NEAR(shortest_in_hull({Vec3(1, 0, 0), Vec3(-1, 0.5, 0), Vec3(0, -1, 0)}).norm(), 0, 1e-6);
}

// The face-centred lattice in a long cell: all shortest vectors are a / sqrt(2), and the volume stays.
TEST(MinkowskiReduce, FindsTheShortestVectors) {
  Mat3 cell;
  cell << 4, 4, 0, 0, 4, 4, 4, 0, 4;
  Mat3 transform;
  transform << 1, 2, 3, 0, 1, 4, 0, 0, 1;
  const ReducedLattice reduced = minkowski_reduce(transform * cell);
  for (int k = 0; k < 3; ++k) EXPECT_NEAR(reduced.cell.row(k).norm(), 4 * std::sqrt(2), 1e-9);
  EXPECT_NEAR(std::abs(reduced.cell.determinant()), std::abs(cell.determinant()), 1e-9);
  EXPECT_NEAR((reduced.transform.cast<double>() * transform * cell - reduced.cell).norm(), 0, 1e-9);
}

}  // namespace
}  // namespace clamp::evaluate
