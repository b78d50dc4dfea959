#include "relax/uff_potential.h"

#include <gtest/gtest.h>

#include <Eigen/Geometry>
#include <fstream>
#include <map>

#include "core/elements.h"
#include "core/error.h"
#include "relax/uff_metal_orders.h"
#include "tests/support/crystals.h"
#include "tests/support/uff_crystals.h"

namespace clamp::relax {
namespace {

struct Molecule {
  std::string smiles;
  double energy = 0;  // kcal/mol, by RDKit
  Crystal crystal;    // in a box of 60 Å
};

std::vector<Molecule> reference_molecules() {
  std::ifstream file(std::string(CLAMP_TEST_DATA) + "/uff/molecules.txt");
  std::string line;
  std::getline(file, line);
  std::vector<Molecule> molecules;
  Molecule m;
  size_t n = 0;
  while (file >> m.smiles >> m.energy >> n) {
    m.crystal = {};
    m.crystal.cell = 60 * Mat3::Identity();
    for (size_t a = 0; a < n; ++a) {
      std::string element;
      Vec3 r;
      file >> element >> r[0] >> r[1] >> r[2];
      m.crystal.atomic_numbers.push_back(atomic_number_of(element));
      m.crystal.frac_coords.push_back(r / 60 + Vec3::Constant(0.5));
    }
    molecules.push_back(m);
  }
  return molecules;
}

struct Bound {
  explicit Bound(const Crystal& c, const UffConfig& config = {})
      : crystal(c), r(tests::cart_coords(c)), potential(c, perceive_bonds(c), config) {}
  double energy() { return potential.evaluate(crystal.cell, r).energy; }
  Crystal crystal;
  std::vector<Vec3> r;
  UffPotential potential;
};

// Two implementations of the paper, typing and bond orders included.
TEST(Uff, EnergiesOfMoleculesAreRdkits) {
  const auto molecules = reference_molecules();
  ASSERT_GE(molecules.size(), 60U);
  for (const Molecule& m : molecules) {
    Bound bound(m.crystal, plain_uff());
    EXPECT_NEAR(bound.energy() / kEvPerKcal, m.energy, 2e-3) << m.smiles;
  }
}

// Natural lengths that RDKit gives for the same types: propane, benzene, acetonitrile, acetic acid.
TEST(Uff, NaturalLengthsFollowEquationTwo) {
  EXPECT_NEAR(natural_length(uff_type("C_3"), uff_type("C_3"), 1), 1.514, 1e-9);
  EXPECT_NEAR(natural_length(uff_type("C_R"), uff_type("C_R"), 1.5), 1.379256405400789, 1e-9);
  EXPECT_NEAR(natural_length(uff_type("C_1"), uff_type("N_1"), 3), 1.1571498316597602, 1e-9);
  EXPECT_NEAR(natural_length(uff_type("C_R"), uff_type("O_R"), 2), 1.2579485177162906, 1e-9);
}

std::map<std::string, int> type_counts(const Bound& bound) {
  std::map<std::string, int> counts;
  for (const UffType* type : bound.potential.typing().types) ++counts[type->name];
  return counts;
}

TEST(Uff, TypesZirconiumNodesAsUff4mofDoes) {
  const Bound bound(tests::load_qmof("qmof-7501cda"));  // Zr6O4(OH)4 with acetylenedicarboxylate
  const std::map<std::string, int> expected = {{"Zr8f4", 6}, {"O_2_z", 4}, {"O_3_f", 4}, {"O_2", 24},
                                               {"C_R", 12},  {"C_1", 12},  {"H_", 4}};
  EXPECT_EQ(type_counts(bound), expected);
  const std::map<std::string, int64_t> counts = {{"angles_left_out", 6 * 28}, {"irregular_metal", 6}};
  EXPECT_EQ(bound.potential.counts(), counts);
}

TEST(Uff, CountsMetalsWithoutATypeOfTheirPolyhedron) {
  const Bound bound(
      tests::load_qmof("qmof-83a307d"));  // MOF-5 with nickel, for which only a square type exists
  const std::map<std::string, int> expected = {
      {"Ni4+2", 8}, {"O_3_f", 2}, {"O_2", 24}, {"C_R", 48}, {"H_", 24}};
  EXPECT_EQ(type_counts(bound), expected);
  EXPECT_EQ(bound.potential.counts().at("nearest_type"), 8);
  for (const Coordination c : bound.potential.typing().coordination)
    EXPECT_TRUE(c == Coordination::kNone || c == Coordination::kTetrahedral);
}

TEST(Uff, BondOrdersAreMeansOverResonance) {
  const Crystal crystal = tests::load_qmof("qmof-83a307d");
  const auto bonds = perceive_bonds(crystal);
  const UffTyping typing = assign_uff_types(make_uff_graph(crystal, bonds), bonds.size());
  int carboxylate = 0, aromatic = 0;
  for (size_t k = 0; k < bonds.size(); ++k) {
    const int a = crystal.atomic_numbers[bonds[k].i], b = crystal.atomic_numbers[bonds[k].j];
    if (a + b == 14 && a != b) {  // C-O
      EXPECT_DOUBLE_EQ(typing.bonds.order[k], 1.5);
      ++carboxylate;
    }
    if (a == 6 && b == 6 && typing.bonds.order[k] == 1.5) ++aromatic;
    if (a + b == 36 && a != b) {  // Ni-O
      EXPECT_DOUBLE_EQ(typing.bonds.order[k], metal_ligand_order(uff_type("Ni4+2"), 4));
    }
  }
  EXPECT_EQ(carboxylate, 24);
  EXPECT_EQ(aromatic, 36);
}

TEST(Uff, MetalOrderOfTheNearestCoordinationOrAHalf) {
  EXPECT_EQ(metal_ligand_order(uff_type("Zr8f4"), 7), metal_ligand_order(uff_type("Zr8f4"), 8));
  EXPECT_EQ(metal_ligand_order(uff_type("Es6+3"), 6), 0.5);
}

TEST(Uff, PolyhedraAreToldApart) {
  const Vec3 x = Vec3::UnitX(), y = Vec3::UnitY(), z = Vec3::UnitZ();
  EXPECT_EQ(classify_coordination({x}), Coordination::kNone);
  EXPECT_EQ(classify_coordination({x, -x}), Coordination::kLinear);
  EXPECT_EQ(classify_coordination({x, y}), Coordination::kIrregular);
  const Vec3 p = Vec3(-0.5, std::sqrt(0.75), 0), q = Vec3(-0.5, -std::sqrt(0.75), 0);
  EXPECT_EQ(classify_coordination({x, p, q}), Coordination::kTrigonal);
  EXPECT_EQ(classify_coordination({x, -x, y, -y}), Coordination::kSquare);
  EXPECT_EQ(classify_coordination({x, -x, y, -y, z}), Coordination::kSquare);
  EXPECT_EQ(classify_coordination({x, p, q, z, -z}), Coordination::kBipyramid);
  EXPECT_EQ(classify_coordination({x, -x, y, -y, z, -z}), Coordination::kOctahedral);
  const Vec3 a = Vec3(1, 1, 1).normalized(), b = Vec3(1, -1, -1).normalized();
  EXPECT_EQ(classify_coordination({a, b, Vec3(-1, 1, -1).normalized(), Vec3(-1, -1, 1).normalized()}),
            Coordination::kTetrahedral);
  EXPECT_EQ(classify_coordination({x, -x, y, -y, z, -z, a}), Coordination::kIrregular);
}

// All kinds of terms: hydrogen bonds, irregular metals, cells too small for the cut-off.
TEST(Uff, ForcesAndStressAreFiniteDifferences) {
  for (const char* id : {"qmof-000512e", "qmof-0e5bc0c", "qmof-11b9e62", "qmof-47144b2", "qmof-83a307d"}) {
    SCOPED_TRACE(id);
    Bound bound(tests::load_qmof(id));
    const auto r = tests::with_noise(bound.r, 0.08, 5);
    tests::expect_derivatives(bound.potential, bound.crystal.cell, r, 6, 1e-5, 2e-5);
    const UffEnergy& parts = bound.potential.parts();
    EXPECT_GT(parts.stretch, 0);
    EXPECT_GT(parts.angle, 0);
  }
}

TEST(Uff, HydrogenBondHasItsDepthAtItsDistance) {
  // A straight O-H...O between two waters, all other distances out of reach of the term.
  HydrogenBonds term({}, {{1, {0, Vec3i::Zero()}}}, {2}, {{}, {}, {}});
  std::vector<Vec3> r = {Vec3(1, 1, 1), Vec3(1.96, 1, 1), Vec3(3.75, 1, 1)}, gradient(3, Vec3::Zero());
  Mat3 virial = Mat3::Zero();
  EXPECT_NEAR(term.add(40 * Mat3::Identity(), r, gradient, virial), -9 * kEvPerKcal, 1e-12);
  for (const Vec3& g : gradient) EXPECT_LT(g.norm(), 1e-9);
}

// Two argon atoms: the well of 0.185 kcal/mol (Rappé 1992, table 1) lies at the scaled distance of 3.868 Å.
TEST(Uff, VanDerWaalsDistancesAreScaled) {
  for (const double scale : {1.0, 0.97}) {
    UffConfig config;
    config.van_der_waals_scale = scale;
    Crystal pair;
    pair.cell = 40 * Mat3::Identity();
    pair.atomic_numbers = {18, 18};
    pair.frac_coords = {Vec3::Zero(), Vec3(scale * 3.868 / 40, 0, 0)};
    Bound bound(pair, config);
    EXPECT_NEAR(bound.energy() / kEvPerKcal, -0.185, 1e-9) << scale;
    EXPECT_LT(bound.potential.evaluate(pair.cell, bound.r).forces[0].norm(), 1e-9) << scale;
  }
}

// The angle energy is linear in the factor; without it only angles among non-metals are left.
TEST(Uff, OnlyAnglesWithMetalsAreScaled) {
  const auto angle_energy = [](double scale) {
    UffConfig config;
    config.metal_angle_scale = scale;
    Bound bound(tests::load_qmof("qmof-83a307d"), config);
    bound.energy();
    return bound.potential.parts().angle;
  };
  double organic = 0;
  Bound bound(tests::load_qmof("qmof-83a307d"));
  for (const AngleTerm& term : bound.potential.terms().angles) {
    const auto is_metal_at = [&](int atom) { return is_metal(bound.crystal.atomic_numbers[atom]); };
    if (is_metal_at(term.centre) || is_metal_at(term.i.atom) || is_metal_at(term.k.atom)) continue;
    const auto place = [&](const AtomImage& a) -> Vec3 {
      return bound.r[a.atom] + bound.crystal.cell.transpose() * a.shift.cast<double>() - bound.r[term.centre];
    };
    const double cosine = place(term.i).normalized().dot(place(term.k).normalized());
    for (size_t p = 0; p < term.coefficients.size(); ++p)
      organic += term.coefficients[p] * std::pow(cosine, static_cast<double>(p));
  }
  EXPECT_NEAR(angle_energy(0), organic, 1e-9);
  EXPECT_GT(angle_energy(1), organic + 0.1);
  EXPECT_NEAR(angle_energy(0.3), organic + 0.3 * (angle_energy(1) - organic), 1e-9);
}

TEST(Uff, EnergyDoesNotDependOnOrderOriginAndOrientation) {
  const Crystal crystal = tests::load_qmof("qmof-11b9e62");
  const double energy = Bound(crystal).energy();
  Crystal changed = crystal;
  std::reverse(changed.atomic_numbers.begin(), changed.atomic_numbers.end());
  std::reverse(changed.frac_coords.begin(), changed.frac_coords.end());
  for (Vec3& f : changed.frac_coords) f += Vec3(0.31, -1.2, 0.05);
  const Mat3 turn = Eigen::AngleAxisd(0.7, Vec3(1, 2, 3).normalized()).toRotationMatrix();
  changed.cell = crystal.cell * turn.transpose();
  EXPECT_NEAR(Bound(changed).energy(), energy, 1e-8);
  Crystal sheared = crystal;  // the same lattice in other vectors
  sheared.cell.row(1) += crystal.cell.row(0);
  for (Vec3& f : sheared.frac_coords) f[0] -= f[1];
  EXPECT_NEAR(Bound(sheared).energy(), energy, 1e-8);
}

TEST(Uff, EnergyGrowsWithTheSupercell) {
  const Crystal crystal = tests::load_qmof("qmof-0e5bc0c");
  Crystal twice = crystal;
  twice.cell.row(2) *= 2;
  for (Vec3& f : twice.frac_coords) f[2] /= 2;
  const size_t n = twice.frac_coords.size();
  for (size_t a = 0; a < n; ++a) {
    twice.atomic_numbers.push_back(twice.atomic_numbers[a]);
    twice.frac_coords.push_back(twice.frac_coords[a] + Vec3(0, 0, 0.5));
  }
  EXPECT_NEAR(Bound(twice).energy(), 2 * Bound(crystal).energy(), 1e-8);
}

TEST(Uff, ForcesSumUpToZero) {
  Bound bound(tests::load_qmof("qmof-317320a"));
  Vec3 sum = Vec3::Zero();
  for (const Vec3& f : bound.potential.evaluate(bound.crystal.cell, bound.r).forces) sum += f;
  EXPECT_LT(sum.norm(), 1e-9);
}

TEST(Uff, UnknownTypesAreNamed) {
  try {
    uff_type("Xx9");
    FAIL();
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "there is no UFF type 'Xx9'");
  }
}

}  // namespace
}  // namespace clamp::relax
