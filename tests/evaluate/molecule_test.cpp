#include "evaluate/molecule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "core/error.h"
#include "core/seed.h"

namespace clamp::evaluate {
namespace {

// Atoms by hand: heavy atoms, then `hydrogens[k]` hydrogen atoms on heavy atom k.
MolecularGraph molecule(std::vector<int> heavy, std::vector<std::pair<int, int>> bonds,
                        const std::vector<int>& hydrogens, std::vector<int> metal_bonds = {}) {
  MolecularGraph graph{std::move(heavy), std::move(bonds), std::move(metal_bonds)};
  graph.metal_bonds.resize(graph.atomic_numbers.size(), 0);
  for (size_t k = 0; k < hydrogens.size(); ++k) {
    for (int h = 0; h < hydrogens[k]; ++h) {
      graph.bonds.emplace_back(static_cast<int>(k), static_cast<int>(graph.atomic_numbers.size()));
      graph.atomic_numbers.push_back(1);
      graph.metal_bonds.push_back(0);
    }
  }
  return graph;
}

MolecularGraph shuffled(const MolecularGraph& graph, uint64_t seed) {
  std::vector<int> place(graph.atomic_numbers.size());
  std::iota(place.begin(), place.end(), 0);
  Rng rng(seed);
  for (size_t k = place.size(); k > 1; --k) std::swap(place[k - 1], place[rng.below(k)]);
  MolecularGraph other = graph;
  for (size_t a = 0; a < place.size(); ++a) {
    other.atomic_numbers[static_cast<size_t>(place[a])] = graph.atomic_numbers[a];
    other.metal_bonds[static_cast<size_t>(place[a])] = graph.metal_bonds[a];
  }
  for (auto& [i, j] : other.bonds) {
    i = place[static_cast<size_t>(i)];
    j = place[static_cast<size_t>(j)];
  }
  std::reverse(other.bonds.begin(), other.bonds.end());
  return other;
}

MolecularGraph terephthalate() {
  // ring 0..5, carboxyl carbons 6 and 7, oxygen 8..11
  return molecule(
      {6, 6, 6, 6, 6, 6, 6, 6, 8, 8, 8, 8},
      {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 6}, {3, 7}, {6, 8}, {6, 9}, {7, 10}, {7, 11}},
      {0, 1, 1, 0, 1, 1});
}

MolecularGraph methylimidazolate() {
  // N0 C1 N2 C3 C4 ring, methyl 5 on C3
  return molecule({7, 6, 7, 6, 6, 6}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {3, 5}}, {0, 1, 0, 0, 1, 3});
}

struct Known {
  const char* name;
  MolecularGraph graph;
  const char* smiles;
  int charge;
};

std::vector<Known> known_molecules() {
  return {
      {"terephthalate", terephthalate(), "O=C([O-])c1ccc(C(=O)[O-])cc1", -2},
      {"water", molecule({8}, {}, {2}), "O", 0},
      {"hydroxide", molecule({8}, {}, {1}, {2}), "[OH-]", -1},
      {"oxide", molecule({8}, {}, {}, {4}), "[O-2]", -2},
      {"chloride", molecule({17}, {}, {}, {1}), "[Cl-]", -1},
      {"nitrate", molecule({7, 8, 8, 8}, {{0, 1}, {0, 2}, {0, 3}}, {}), "O=[N+]([O-])[O-]", -1},
      {"azide", molecule({7, 7, 7}, {{0, 1}, {1, 2}}, {}), "[N-]=[N+]=[N-]", -1},
      {"thiocyanate", molecule({16, 6, 7}, {{0, 1}, {1, 2}}, {}), "N#C[S-]", -1},
      {"cyanide", molecule({6, 7}, {{0, 1}}, {}, {1, 1}), "[C-]#N", -1},
      {"carbonyl", molecule({6, 8}, {{0, 1}}, {}, {1, 0}), "[C-]#[O+]", 0},
      {"sulfate", molecule({16, 8, 8, 8, 8}, {{0, 1}, {0, 2}, {0, 3}, {0, 4}}, {}), "O=S(=O)([O-])[O-]", -2},
      {"hexafluorophosphate",
       molecule({15, 9, 9, 9, 9, 9, 9}, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}}, {}),
       "F[P-](F)(F)(F)(F)F", -1},
      {"hexafluorosilicate",
       molecule({14, 9, 9, 9, 9, 9, 9}, {{0, 1}, {0, 2}, {0, 3}, {0, 4}, {0, 5}, {0, 6}}, {}),
       "F[Si-2](F)(F)(F)(F)F", -2},
      {"ammonium", molecule({7}, {}, {4}), "[NH4+]", 1},
      {"imidazolate", molecule({7, 6, 7, 6, 6}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}}, {0, 1, 0, 1, 1}),
       "c1c[n-]cn1", -1},
      {"acetylene", molecule({6, 6}, {{0, 1}}, {1, 1}), "C#C", 0},
      {"pyridine N-oxide",
       molecule({6, 6, 6, 6, 6, 7, 8}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {5, 6}},
                {1, 1, 1, 1, 1}),
       "[O-][n+]1ccccc1", 0},
  };
}

TEST(Molecule, PerceivesKnownMoleculesWithTheirCharges) {
  for (const Known& known : known_molecules()) {
    SCOPED_TRACE(known.name);
    const Molecule found = perceive_molecule(known.graph);
    EXPECT_TRUE(found.sane) << found.reason;
    EXPECT_EQ(found.smiles, known.smiles);
    EXPECT_EQ(found.charge, known.charge);
  }
}

// Six-ring of carbon with oxygen on 0 and 3; `metal_bonds` of each oxygen.
MolecularGraph quinone(int metal_bonds) {
  return molecule({6, 6, 6, 6, 6, 6, 8, 8}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}, {0, 6}, {3, 7}},
                  {0, 1, 1, 0, 1, 1}, {0, 0, 0, 0, 0, 0, metal_bonds, metal_bonds});
}

TEST(Molecule, DonorsAreAnionsWhereThatMakesARingAromatic) {
  EXPECT_EQ(perceive_molecule(quinone(0)).smiles, "O=C1C=CC(=O)C=C1");
  EXPECT_EQ(perceive_molecule(quinone(1)).smiles, "[O-]c1ccc([O-])cc1");
  // 5,5'-bitetrazolate, every nitrogen atom but the inner ones on metals: two anions, not a neutral quinoid.
  const auto bitetrazolate =
      molecule({6, 7, 7, 7, 7, 6, 7, 7, 7, 7},
               {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 0}, {5, 6}, {6, 7}, {7, 8}, {8, 9}, {9, 5}, {0, 5}}, {},
               {0, 1, 1, 1, 1, 0, 1, 1, 1, 1});
  EXPECT_EQ(perceive_molecule(bitetrazolate).charge, -2);
  // A nitro group stays one, whatever its oxygen atoms hold.
  auto nitro = quinone(1);
  nitro.atomic_numbers[8] = 7;  // the hydrogen atom of carbon 1
  for (const int oxygen : {12, 13}) {
    nitro.bonds.emplace_back(8, oxygen);
    nitro.atomic_numbers.push_back(8);
    nitro.metal_bonds.push_back(1);
  }
  EXPECT_EQ(perceive_molecule(nitro).smiles, "O=[N+]([O-])c1cc([O-])ccc1[O-]");
}

TEST(Molecule, DoesNotDependOnTheOrderOfAtoms) {
  auto molecules = known_molecules();
  molecules.push_back({"4-methylimidazolate", methylimidazolate(), "", -1});
  for (const Known& known : molecules) {
    SCOPED_TRACE(known.name);
    const auto smiles = perceive_molecule(known.graph).smiles;
    for (uint64_t seed = 0; seed < 8; ++seed)
      EXPECT_EQ(perceive_molecule(shuffled(known.graph, seed)).smiles, smiles) << seed;
  }
}

TEST(Molecule, SaysWhatIsWrong) {
  // Benzene that lost a hydrogen atom.
  const auto radical = perceive_molecule(
      molecule({6, 6, 6, 6, 6, 6}, {{0, 1}, {1, 2}, {2, 3}, {3, 4}, {4, 5}, {5, 0}}, {0, 1, 1, 1, 1, 1}));
  EXPECT_FALSE(radical.sane);
  EXPECT_EQ(radical.reason, "C with 3 neighbours and valence 3");
  const auto crowded = perceive_molecule(molecule({6}, {}, {5}));
  EXPECT_FALSE(crowded.sane);
  EXPECT_EQ(crowded.reason, "C with 5 neighbours and valence 5");
  EXPECT_FALSE(perceive_molecule(molecule({8}, {}, {})).sane);  // a bare oxygen atom of no metal
}

TEST(Molecule, FindsTheBondsOfALargeFusedSystem) {
  // A ribbon of 40 fused six-rings (acene): every carbon has exactly one double bond.
  constexpr int kRings = 40;
  std::vector<int> heavy;
  std::vector<std::pair<int, int>> bonds;
  std::vector<int> hydrogens;
  for (int k = 0; k <= 2 * kRings; ++k) {
    for (const int row : {0, 1}) {
      heavy.push_back(6);
      const bool rung = k % 2 == 0;
      hydrogens.push_back(!rung || k == 0 || k == 2 * kRings ? 1 : 0);
      if (k > 0) bonds.emplace_back(2 * (k - 1) + row, 2 * k + row);
    }
    if (k % 2 == 0) bonds.emplace_back(2 * k, 2 * k + 1);
  }
  const auto graph = molecule(heavy, bonds, hydrogens);
  const BondOrders orders = assign_bond_orders(graph);
  EXPECT_EQ(orders.reason, "");
  std::vector<int> doubles(heavy.size(), 0);
  for (size_t k = 0; k < bonds.size(); ++k) {
    doubles[static_cast<size_t>(bonds[k].first)] += orders.orders[k] - 1;
    doubles[static_cast<size_t>(bonds[k].second)] += orders.orders[k] - 1;
  }
  EXPECT_EQ(doubles, std::vector<int>(heavy.size(), 1));
}

TEST(Molecule, AcidAndAnionShareTheirNeutralForm) {
  EXPECT_EQ(neutral_smiles("[O-]C(=O)c1ccc(cc1)C(=O)[O-]"), neutral_smiles("OC(=O)c1ccc(cc1)C(O)=O"));
  EXPECT_EQ(neutral_smiles("c1c[n-]cn1"), neutral_smiles("c1c[nH]cn1"));
  EXPECT_EQ(neutral_smiles("C[N+](=O)[O-]"), "C[N+](=O)[O-]");
  EXPECT_NE(neutral_smiles("c1ccccc1"), neutral_smiles("C1CCCCC1"));
}

TEST(Molecule, SkeletonsIgnoreBondOrdersAndCharges) {
  EXPECT_EQ(skeleton_smiles("n1ccc(cc1)[N-][N-]c1ccncc1"), skeleton_smiles("n1ccc(cc1)N=Nc1ccncc1"));
  EXPECT_NE(skeleton_smiles("CCO"), skeleton_smiles("COC"));
}

TEST(Molecule, RefusesWhatIsNoSmiles) {
  for (const char* text : {"", "C(", "Xx", "c1ccc1c", "N(C)(C)(C)(C)C"}) {
    SCOPED_TRACE(text);
    EXPECT_THROW(canonical_smiles(text), UsageError);
    EXPECT_THROW(molecule_svg(text, ""), UsageError);
  }
  try {
    canonical_smiles("C(C)(C)(C)(C)C");
    FAIL();
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("Explicit valence for atom # 0 C, 5"), std::string::npos)
        << error.what();
  }
}

TEST(Molecule, DrawsAnSvg) {
  const auto svg = molecule_svg("OC(=O)c1ccc(cc1)C(O)=O", "terephthalic acid");
  EXPECT_NE(svg.find("<svg"), std::string::npos);
  EXPECT_NE(svg.find("</svg>"), std::string::npos);
}

TEST(Molecule, SizeCountsHydrogenAndCharges) {
  const auto check = [](const char* smiles, int atoms, int charge) {
    const auto size = molecule_size(smiles);
    EXPECT_EQ(size.n_atoms, atoms) << smiles;
    EXPECT_EQ(size.charge, charge) << smiles;
  };
  check("O=C([O-])c1ccc(C(=O)[O-])cc1", 16, -2);
  check("O", 3, 0);
  check("[OH-]", 2, -1);
  check("[O-2]", 1, -2);
  check("C[NH2+]C", 11, 1);
  EXPECT_THROW(molecule_size("?3"), UsageError);
}

}  // namespace
}  // namespace clamp::evaluate
