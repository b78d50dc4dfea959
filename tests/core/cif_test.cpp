#include "core/cif.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>

#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"

namespace clamp {
namespace {

const std::string kCod = std::string(CLAMP_TEST_DATA) + "/cod/";
constexpr const char* kCell =
    "_cell_length_a 5\n_cell_length_b 6\n_cell_length_c 7\n_cell_angle_alpha 90\n_cell_angle_beta 90\n"
    "_cell_angle_gamma 90\n";
constexpr const char* kSiteTags =
    "loop_\n_atom_site_label\n_atom_site_type_symbol\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_"
    "fract_z\n";

CifEntry read_one(const std::string& text) {
  const std::vector<CifEntry> entries = read_cif_text(text, "text");
  if (entries.size() != 1)
    throw std::logic_error("expected one block, found " + std::to_string(entries.size()));
  return entries[0];
}

// A block with the orthorhombic cell above, `header` lines and sites as "label type x y z".
std::string block(const std::string& header, const std::string& sites) {
  return std::string("data_test\n") + kCell + header + kSiteTags + sites;
}

std::string error_of(const std::string& text) { return read_one(text).error; }

TEST(CifRead, RealBismuthInHexagonalAxes) {
  const CifEntry entry = read_cif_file(kCod + "5000215.cif").at(0);
  ASSERT_EQ(entry.error, "");
  EXPECT_EQ(entry.block_name, "5000215");
  EXPECT_EQ(entry.space_group_number, 166);
  EXPECT_EQ(formula(entry.crystal.atomic_numbers), "Bi6");
  EXPECT_NEAR(entry.crystal.volume(), 4.535 * 4.535 * 11.814 * std::sqrt(3) / 2, 1e-6);
  EXPECT_NEAR(entry.crystal.density(), 9.9, 0.1);
}

TEST(CifRead, RealAnataseWithOxidationStates) {
  const Crystal anatase = read_crystal(kCod + "1526931.cif");
  EXPECT_EQ(formula(anatase.atomic_numbers), "O8 Ti4");
  EXPECT_NEAR(anatase.volume(), 3.771 * 3.771 * 9.43, 1e-9);
}

TEST(CifRead, RealDeuteriumIodateWithLabelsOnly) {
  const Crystal crystal = read_crystal(kCod + "2000583.cif");
  EXPECT_EQ(formula(crystal.atomic_numbers), "H4 I4 O12");
}

TEST(CifRead, RealFileWithADummySite) {
  const Crystal crystal = read_crystal(kCod + "1010246.cif");
  EXPECT_EQ(formula(crystal.atomic_numbers), "Li4 O10 S2");
}

TEST(CifRead, RealSideriteOnSpecialPositions) {
  EXPECT_EQ(formula(read_crystal(kCod + "9000098.cif").atomic_numbers), "C6 Fe6 O18");
}

TEST(CifRead, OperationsFollowFromAnyNameOfTheGroup) {
  const std::string sites = "Zn1 Zn 0.1 0.2 0.3\n";
  for (const char* header :
       {"_symmetry_space_group_name_H-M 'P 21 21 21'\n", "_symmetry_space_group_name_H-M P2_12_12_1\n",
        "_space_group_name_H-M_alt 'P 2(1) 2(1) 2(1)'\n", "_space_group_name_Hall 'P 2ac 2ab'\n",
        "_symmetry_Int_Tables_number 19\n", "_space_group_IT_number 19\n_symmetry_space_group_name_H-M ?\n",
        "loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n'1/2-x, -y, 1/2+z'\n-X,1/2+Y,1/2-Z\n0.5+x,.5-y,-z\n",
        "loop_\n_space_group_symop_id\n_space_group_symop_operation_xyz\n1 x,y,z\n2 1/2-x,-y,1/2+z\n3 "
        "-x,y+1/2,1/2-z\n"
        "4 x+1/2,-y+1/2,-z\n"}) {
    SCOPED_TRACE(header);
    const CifEntry entry = read_one(block(header, sites));
    EXPECT_EQ(entry.error, "");
    EXPECT_EQ(entry.crystal.n_atoms(), 4);
    const auto symmetry = find_symmetry(entry.crystal, 0.05);
    ASSERT_TRUE(symmetry.has_value());
    // One orbit of four atoms has more symmetry than the group that made it: an extra mirror class or none.
    EXPECT_GE(symmetry->number, 19);
  }
}

TEST(CifRead, RhombohedralAxesAreToldByTheAngles) {
  const std::string head = "data_r\n_symmetry_space_group_name_H-M 'R -3 m'\n";
  const std::string hexagonal =
      "_cell_length_a 4.5\n_cell_length_b 4.5\n_cell_length_c 11.8\n_cell_angle_gamma 120\n";
  const std::string rhombohedral =
      "_cell_length_a 4.7\n_cell_length_b 4.7\n_cell_length_c 4.7\n_cell_angle_alpha 57\n_cell_angle_beta "
      "57\n"
      "_cell_angle_gamma 57\n";
  EXPECT_EQ(read_one(head + hexagonal + kSiteTags + "Bi1 Bi 0 0 0.234\n").crystal.n_atoms(), 6);
  EXPECT_EQ(read_one(head + rhombohedral + kSiteTags + "Bi1 Bi 0.234 0.234 0.234\n").crystal.n_atoms(), 2);
}

TEST(CifRead, WithoutAnySymmetryItIsP1) {
  const CifEntry entry = read_one(block("", "Zn1 Zn 0.1 0.2 0.3\nO1 O -0.1 1.2 0.3\n"));
  EXPECT_EQ(entry.error, "");
  EXPECT_EQ(entry.space_group_number, 0);
  ASSERT_EQ(entry.crystal.n_atoms(), 2);
  EXPECT_EQ(entry.crystal.frac_coords[1], Vec3(-0.1, 1.2, 0.3));
}

TEST(CifRead, SpecialPositionsListedSeveralTimesAreMerged) {
  const CifEntry entry =
      read_one(block("_symmetry_space_group_name_H-M 'P m m m'\n",
                     "Zn1 Zn 0.0001 0 0.9999\nZn1 Zn 0 0 0\nO1 O 0.5 0.5 0.2\nO2 O 0.5 0.5 -0.2\n"));
  EXPECT_EQ(entry.error, "");
  EXPECT_EQ(formula(entry.crystal.atomic_numbers), "O2 Zn");
}

// 0.333 for 1/3 puts three images of one atom some 0.01 Å apart.
TEST(CifRead, RoundedSpecialPositionsAreOneAtomExactlyOnTheAxis) {
  const std::string text =
      "data_h\n_symmetry_space_group_name_H-M 'P 3'\n_cell_length_a 12\n_cell_length_b 12\n_cell_length_c 7\n"
      "_cell_angle_alpha 90\n_cell_angle_beta 90\n_cell_angle_gamma 120\n";
  const CifEntry entry = read_one(text + kSiteTags + "C1 C 0.333 0.667 0.25\n");
  EXPECT_EQ(entry.error, "");
  ASSERT_EQ(entry.crystal.n_atoms(), 1);
  EXPECT_LT((entry.crystal.frac_coords[0] - Vec3(1.0 / 3, 2.0 / 3, 0.25)).norm(), 1e-12);
}

TEST(CifRead, CloseAtomsThatDoNotCoincideAreKept) {
  EXPECT_EQ(read_one(block("", "C1 C 0 0 0\nC2 C 0.02 0 0\n")).crystal.n_atoms(), 2);  // 0.1 Å
}

TEST(CifRead, ElementsAreReadFromSymbolsAndLabels) {
  const std::pair<const char*, const char*> symbols[] = {
      {"Zn2+", "Zn"}, {"O2-", "O"}, {"ZN", "Zn"}, {"D", "H"},   {"Cl1-", "Cl"}, {"C", "C"},
      {"Cu+2", "Cu"}, {"Ow", "O"},  {"U6+", "U"}, {"O-2", "O"}, {"Fe3+", "Fe"}};
  for (const auto& [type, expected] : symbols)
    EXPECT_EQ(formula(read_one(block("", std::string("X1 ") + type + " 0 0 0\n")).crystal.atomic_numbers),
              expected)
        << type;

  const std::string tags =
      "loop_\n_atom_site_label\n_atom_site_fract_x\n_atom_site_fract_y\n_atom_site_fract_z\n";
  const auto element = [&](const std::string& label, const std::string& header) {
    const CifEntry entry = read_one(std::string("data_l\n") + kCell + header + tags + label + " 0 0 0\n");
    return entry.error.empty() ? formula(entry.crystal.atomic_numbers) : entry.error;
  };
  const std::pair<const char*, const char*> labels[] = {{"Zn1A", "Zn"}, {"ZN1", "Zn"}, {"O1W", "O"},
                                                        {"OW2", "O"},   {"O(3)", "O"}, {"H1A", "H"},
                                                        {"Wat1", "O"},  {"C12", "C"}};
  for (const auto& [label, expected] : labels) EXPECT_EQ(element(label, ""), expected) << label;
  EXPECT_EQ(element("CA1", "_chemical_formula_sum 'C6 H4'\n"), "C");
  EXPECT_EQ(element("CA1", "_chemical_formula_sum 'Ca F2'\n"), "Ca");
  // Cobalt, where the formula has both and no other label gives cobalt; carbon, where one does.
  const char* carbonyl = "_chemical_formula_sum 'C2 Co'\n";
  EXPECT_EQ(element("C1 0 0 0.5\nC2 0 0 .2\nCO1", carbonyl), "C2 Co");
  EXPECT_EQ(element("CO1 0 0 0.5\nC2 0 0 .2\nCo2", carbonyl), "C2 Co");
  EXPECT_EQ(element("CU1", ""), "site 'CU1' may be C or Cu: there is neither a type symbol nor a formula");
  EXPECT_EQ(element("T1", ""), "site 'T1' is of an unknown element 'T1'");
  EXPECT_EQ(element("12", ""), "site '12' is of an unknown element '12'");
}

TEST(CifRead, NumbersMayHaveUncertaintiesAndSigns) {
  const CifEntry entry = read_one(
      "data_n\n_cell_length_a 5.00(2)\n_cell_length_b +6.0(1\n_cell_length_c 7\n_cell_angle_alpha 90(5)\n"
      "_cell_angle_beta .\n" +
      std::string(kSiteTags) + "Zn1 Zn .25(3) -1.5E-1 +0.5\n");
  EXPECT_EQ(entry.error, "");
  EXPECT_DOUBLE_EQ(entry.crystal.volume(), 210);
  EXPECT_EQ(entry.crystal.frac_coords.at(0), Vec3(0.25, -0.15, 0.5));
}

TEST(CifRead, LineEndsAndForeignBytesAreTolerated) {
  const std::string clean =
      block("_publ_author_name 'Muller'\n_symmetry_space_group_name_H-M 'P m m m'\n", "Zn1 Zn 0 0 .25\n");
  const auto replaced = [&](const std::string& from, const std::string& to) {
    std::string text = clean;
    for (size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
      text.replace(at, from.size(), to);
    return text;
  };
  for (const std::string& text :
       {replaced("\n", "\r\n"), replaced("\n", "\r"), replaced("Muller", "M\xFCller"),
        replaced("Muller", "M\xC3\xBCller"), "\xEF\xBB\xBF" + clean,
        replaced(" 0 0 ",
                 "\xC2\xA0"
                 "0\t0\xA0"),
        clean + "\x1A", clean + std::string(3, '\0'), replaced("'Muller'", "'M\xFCller, O'Keeffe',"),
        replaced("'Muller'", "\"Acta Cryst.'"), replaced("'Muller'", "\n;\n free text; 'with quotes\n;"),
        clean.substr(0, clean.size() - 1)}) {
    const CifEntry entry = read_one(text);
    EXPECT_EQ(entry.error, "") << text;
    EXPECT_EQ(formula(entry.crystal.atomic_numbers), "Zn2");
  }
}

TEST(CifRead, RefusalsNameTheirReason) {
  const std::string good = "Zn1 Zn 0 0 0\n";
  const std::string occupied = std::string(kSiteTags) + "_atom_site_occupancy\n";
  const std::string grouped = std::string(kSiteTags) + "_atom_site_disorder_group\n";
  const auto with_cell = [](const std::string& rest) { return std::string("data_x\n") + kCell + rest; };
  const auto cell_of = [&](const std::string& a, const std::string& gamma) {
    return "data_x\n_cell_length_a " + a + "\n_cell_length_b 1\n_cell_length_c 1\n_cell_angle_gamma " +
           gamma + "\n" + kSiteTags + good;
  };
  const std::pair<std::string, std::string> cases[] = {
      {std::string("data_x\n") + kSiteTags + good, "no cell: _cell_length_a is missing"},
      {with_cell(""), "no atoms: there is no list of atom sites with fractional coordinates"},
      {cell_of("?", "90"), "no cell: _cell_length_a is missing"},
      {cell_of("abc", "90"), "_cell_length_a is 'abc', expected a length in Å"},
      {cell_of("-3", "90"), "_cell_length_a is '-3', expected a length in Å"},
      {cell_of("0", "90"), "_cell_length_a is '0', expected a length in Å"},
      {cell_of("inf", "90"), "_cell_length_a is 'inf', expected a length in Å"},
      {cell_of("1e300", "90"), "_cell_length_a is '1e300', expected a length in Å"},
      {cell_of("1", "?"), "_cell_angle_gamma is '?', expected an angle between 0 and 180 degrees"},
      {cell_of("1", "180"), "_cell_angle_gamma is '180', expected an angle between 0 and 180 degrees"},
      {cell_of("1", "1"), "the cell is flat: lattice planes 0.017 Å apart, expected at least 0.3 Å"},
      {block("_cell_angle_delta 1\n_symmetry_space_group_name_H-M 'Q 7'\n", good),
       "no symmetry operations, and the space group 'Q 7' is not known"},
      {block("loop_\n_symmetry_equiv_pos_as_xyz\nx,y\n", good),
       "symmetry operation 'x,y' is none, expected one like '1/2+x,-y,z'"},
      {block("loop_\n_symmetry_equiv_pos_as_xyz\nx,y,x\n", good),
       "symmetry operation 'x,y,x' is none, expected one like '1/2+x,-y,z'"},
      {block("loop_\n_symmetry_equiv_pos_as_xyz\n99999999999999999999x,y,z\n", good),
       "symmetry operation '99999999999999999999x,y,z' is none, expected one like '1/2+x,-y,z'"},
      {block("loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\ny,x,z\n", good),
       "symmetry operation 'y,x,z' does not fit the cell"},
      {block("loop_\n_symmetry_equiv_pos_as_xyz\nx,y,z\n-x,y,z\nx,-y,z\n", good),
       "the 3 symmetry operations are not closed: '-x,y,z' after 'x,-y,z' is missing"},
      {with_cell(occupied + "Zn1 Zn 0 0 0 0.5\n"), "site 'Zn1' is partially occupied (0.5)"},
      {with_cell(occupied + "Zn1 Zn 0 0 0 many\n"), "site 'Zn1' has occupancy 'many', expected a number"},
      {with_cell(occupied + "Zn1 Zn 0 0 0 0\n"), "no atoms: no atom site is occupied"},
      {with_cell(grouped + "C1 C 0 0 0 1\nC2 C 0 0 .1 2\n"), "site 'C2' is disordered (groups 1 and 2)"},
      {with_cell(grouped + "C1 C 0 0 0 -1\n"), "site 'C1' is disordered about a symmetry element (group -1)"},
      {block("", "Zn1 Zn 0 0 0\nCu1 Cu 0 0 1\n"),
       "sites 'Zn1' (Zn) and 'Cu1' (Cu) share a position: mixed occupancy"},
      {block("", "Zn1 Zn 0 0 ?\n"), "site 'Zn1' has coordinate z '?', expected a number"},
      {block("", "Zn1 Zn 0 x 0\n"), "site 'Zn1' has coordinate y 'x', expected a number"},
      {block("", "Xx1 Xx 0 0 0\n"), "site 'Xx1' is of an unknown element 'Xx'"},
      {block("", "Rf1 Rf 0 0 0\n"), "site 'Rf1' is of an unknown element 'Rf'"},
      {with_cell(std::string(kSiteTags) + "_atom_site_attached_hydrogens\nO1 O 0 0 0 2\n"),
       "site 'O1' carries 2 hydrogen atoms without coordinates"},
      {block("_cell_modulation_dimension 1\n", good),
       "a modulated structure, expected one with three-dimensional symmetry"},
      {block("_symmetry_cell_setting Monoclinic\n", good),
       "neither symmetry operations nor a space group, and the cell is monoclinic"},
      {block("_chemical_formula_sum 'H2 O Zn'\n_cell_formula_units_Z 4\n", good),
       "neither symmetry operations nor a space group, and 1 listed atoms besides hydrogen where 4 formula "
       "units have 8"},
      // Site 4c of origin choice 1 (2/m at 1/4 1/4 1/4) in the usual choice.
      {"data_x\n_cell_length_a 5\n_cell_length_b 5\n_cell_length_c 7\n_symmetry_space_group_name_H-M 'P "
       "4/n'\n"
       "_chemical_formula_sum 'O Zn'\n" +
           std::string(kSiteTags) + "Zn1 Zn 0 0 0\nO1 O .25 .25 .1\n",
       "no symmetry operations, and space group 'P 4/n' leaves the origin or axes open: the usual choice "
       "gives O8 Zn2 "
       "where the file says O Zn"},
      {with_cell("loop_\n_atom_site_label\n_atom_site_Cartn_x\nZn1 0\n"),
       "atom sites have Cartesian coordinates only, expected fractional ones"},
  };
  for (const auto& [text, reason] : cases) EXPECT_EQ(error_of(text), reason) << text;
}

TEST(CifRead, OneBadBlockDoesNotHideTheOthers) {
  const std::string text = "data_global\n_journal_year 2001\n" + block("", "Zn1 Zn 0 0 0\n") + "data_bad\n" +
                           kCell + kSiteTags + "Xx1 Xx 0 0 0\n" + "data_last\n" + kCell + kSiteTags +
                           "Cu1 Cu 0 0 0\n";
  const std::vector<CifEntry> entries = read_cif_text(text, "text");
  ASSERT_EQ(entries.size(), 3U);
  EXPECT_EQ(entries[0].block_name, "test");
  EXPECT_EQ(entries[1].error, "site 'Xx1' is of an unknown element 'Xx'");
  EXPECT_EQ(entries[2].error, "");
  EXPECT_EQ(entries[2].crystal.name, "last");
}

TEST(CifRead, TextThatIsNoCifIsAnErrorWithItsLine) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "t: no valid CIF: it is empty"},
      {" # a comment\n", "t: no valid CIF: it is empty"},
      {"hello world", "t:1: no valid CIF: expected block header (data_)"},
      {"data_x\nloop_\n_a\n_b\n1 2 3\n", "t:2: no valid CIF: Wrong number of values in the loop"},
      {"data_x\n_a\n;\n never ends\n", "t:5: no valid CIF: unterminated text field"},
  };
  for (const auto& [text, expected] : cases) {
    try {
      read_cif_text(text, "t");
      FAIL() << "no exception for " << text;
    } catch (const Error& error) {
      EXPECT_STREQ(error.what(), expected);
    }
  }
}

TEST(CifRead, ReadCrystalSaysWhyThereIsNone) {
  const std::string folder = ::testing::TempDir();
  try {
    read_crystal(folder + "absent.cif");
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_EQ(error.what(), folder + "absent.cif: cannot read: No such file or directory");
  }
}

Crystal random_crystal(uint64_t seed, bool left_handed) {
  Rng rng(seed);
  Crystal crystal;
  crystal.name = "random " + std::to_string(seed);
  crystal.cell =
      cell_from_parameters({8 + rng.uniform(), 9 + rng.uniform(), 10 + rng.uniform(), 75 + 30 * rng.uniform(),
                            75 + 30 * rng.uniform(), 75 + 30 * rng.uniform()});
  if (left_handed) crystal.cell.row(0) *= -1;
  for (int i = 0; i < 12; ++i) {
    crystal.atomic_numbers.push_back(static_cast<int>(1 + rng.below(kMaxAtomicNumber)));
    crystal.frac_coords.emplace_back(3 * rng.uniform() - 1, rng.uniform(), rng.uniform());
  }
  return crystal;
}

TEST(CifWrite, P1IsReadBack) {
  for (const uint64_t seed : {0, 1, 2, 3}) {
    const Crystal crystal = random_crystal(seed, false);
    const CifEntry entry = read_one(cif_text_p1(crystal));
    EXPECT_EQ(entry.error, "");
    EXPECT_EQ(entry.space_group_number, 1);
    EXPECT_EQ(entry.crystal.atomic_numbers, crystal.atomic_numbers);
    EXPECT_LT((entry.crystal.cell - crystal.cell).norm(), 1e-6);
    for (size_t i = 0; i < crystal.frac_coords.size(); ++i)
      EXPECT_LT((entry.crystal.frac_coords[i] - crystal.frac_coords[i]).norm(), 2e-8);
  }
}

// Signed volume of the tetrahedron of the first four atoms: changes sign under reflection.
double chirality(const Crystal& crystal) {
  Mat3 edges;
  for (int i = 0; i < 3; ++i)
    edges.row(i) =
        (crystal.frac_coords[static_cast<size_t>(i + 1)] - crystal.frac_coords[0]).transpose() * crystal.cell;
  return edges.determinant();
}

TEST(CifWrite, LeftHandedCellsKeepTheirHandedness) {
  for (const uint64_t seed : {4, 5, 6, 7}) {
    const Crystal crystal = random_crystal(seed, true);
    const Crystal back = read_one(cif_text_p1(crystal)).crystal;
    EXPECT_GT(back.cell.determinant(), 0);
    EXPECT_NEAR(chirality(back), chirality(crystal), 1e-5 * std::abs(chirality(crystal)));
  }
}

TEST(CifWrite, BlockNamesAreMadeOfPrintableCharacters) {
  Crystal crystal = random_crystal(8, false);
  crystal.name = "a b\n\xC3\xA9'";
  EXPECT_EQ(read_one(cif_text_p1(crystal)).block_name, "a_b___'");
  crystal.name = "";
  EXPECT_EQ(read_one(cif_text_p1(crystal)).block_name, "structure");
}

TEST(CifWrite, SymmetricTextGivesTheSameCrystal) {
  for (const char* id : {"5000215", "1526931", "2000583", "9000098"}) {
    SCOPED_TRACE(id);
    const auto cell = conventional_cell(read_crystal(kCod + id + ".cif"), 0.01);
    ASSERT_TRUE(cell.has_value());
    const std::string text = cif_text_symmetric(*cell, id);
    const CifEntry entry = read_one(text);
    ASSERT_EQ(entry.error, "") << text;
    EXPECT_EQ(entry.space_group_number, cell->number);
    EXPECT_EQ(formula(entry.crystal.atomic_numbers), formula(cell->crystal.atomic_numbers));
    EXPECT_NEAR(entry.crystal.volume(), cell->crystal.volume(), 1e-4);
    const auto again = find_symmetry(entry.crystal, 0.001);
    ASSERT_TRUE(again.has_value());
    EXPECT_EQ(again->number, cell->number);
  }
}

TEST(Extxyz, FrameHasLatticePositionsAndProperties) {
  Crystal crystal;
  crystal.cell << 2, 0, 0, 1, 3, 0, 0, 0, 4;
  crystal.atomic_numbers = {30, 8};
  crystal.frac_coords = {Vec3(0, 0, 0), Vec3(0.5, 0.5, -0.25)};
  EXPECT_EQ(extxyz_frame(crystal, {{"id", "a-1"}, {"prompt", "zinc \"oxide\""}, {"empty", ""}}),
            "2\nLattice=\"2.00000000 0.00000000 0.00000000 1.00000000 3.00000000 0.00000000 0.00000000 "
            "0.00000000 4.00000000\" "
            "Properties=species:S:1:pos:R:3 pbc=\"T T T\" id=a-1 prompt=\"zinc \\\"oxide\\\"\" empty=\"\"\n"
            "Zn 0.00000000 0.00000000 0.00000000\nO  1.50000000 1.50000000 -1.00000000\n");
}

}  // namespace
}  // namespace clamp
