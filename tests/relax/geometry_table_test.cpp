#include "relax/geometry_table.h"

#include <gtest/gtest.h>

#include <Eigen/LU>

#include "core/elements.h"
#include "core/error.h"
#include "tests/support/units.h"

namespace clamp::relax {
namespace {

const GeometryTable& sample_table() {
  static const GeometryTable kTable = GeometryTable::measure(tests::qmof_units());
  return kTable;
}

AtomType type_of(const char* element, const char* coarse, const char* fine) {
  AtomType type;
  type.atomic_number = atomic_number_of(element);
  type.degree = coarse[std::string(element).size()] - '0';
  type.element = element;
  type.coarse = coarse;
  type.fine = fine;
  type.contact = element;
  return type;
}

void expect_error(const std::string& text, const std::string& message) {
  try {
    GeometryTable::from_json(text, "g.json");
    FAIL() << "no exception";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()), message);
  }
}

// Textbook values: aromatic C-C 1.39-1.40 Å, aromatic C-H 1.08-1.09 Å, C...C across an aromatic carbon 2.42
// Å.
TEST(GeometryTable, FindsAromaticGeometry) {
  const AtomType ring = type_of("C", "C3", "C3(CCH)");
  const AtomType hydrogen = type_of("H", "H1", "H1(C)");
  EXPECT_NEAR(sample_table().bond(ring, ring).mean, 1.395, 0.01);
  EXPECT_NEAR(sample_table().bond(ring, hydrogen).mean, 1.09, 0.01);
  EXPECT_NEAR(sample_table().one_three(ring, ring, ring, 6).mean, 2.42, 0.02);
  EXPECT_LT(sample_table().height(ring), 0.05);
}

TEST(GeometryTable, FallsBackToCovalentRadii) {
  const Typical t = GeometryTable().bond(30, 4, 8, 2);
  EXPECT_DOUBLE_EQ(t.mean, covalent_radius(30) + covalent_radius(8));
  EXPECT_GT(t.spread, 0);
  const Typical across = GeometryTable().one_three(8, 14, 4, 8);
  const double bond = covalent_radius(14) + covalent_radius(8);
  EXPECT_NEAR(across.mean, 2 * bond * std::sin(109.5 / 2 * M_PI / 180), 1e-9);
}

TEST(GeometryTable, PredictsVolumesOfWhatItSaw) {
  int near = 0;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    const double volume = std::abs(unit.cell.determinant());
    near += std::abs(sample_table().predicted_volume(unit.chemistry) / volume - 1) < 0.25;
  }
  EXPECT_GE(near, 12);  // of 18; porous frameworks deviate more
}

TEST(GeometryTable, JsonRoundTrips) {
  const std::string text = sample_table().to_json();
  const GeometryTable read = GeometryTable::from_json(text, "text");
  EXPECT_EQ(read.size(), sample_table().size());
  EXPECT_EQ(read.to_json(), text);
}

TEST(GeometryTable, KeepsThePacking) {
  GeometryTable table = sample_table();
  EXPECT_EQ(table.to_json().find("packing"), std::string::npos);
  PackingPotential packing;
  packing.set("Hx", "O", {-9, -7.25, -4, -2, -1, 0, 0.5});
  packing.set("C", "C", {1, 2, 3, 4, 5, 6, 7});
  table.set_packing(packing);
  const GeometryTable read = GeometryTable::from_json(table.to_json(), "text");
  EXPECT_EQ(read.packing().curves(), packing.curves());
}

TEST(GeometryTable, RefusesBrokenPacking) {
  const auto with = [](const std::string& packing) {
    return R"({"format": "clamp-geometry", "version": 1, "entries": {}, "volumes": {}, "packing": )" +
           packing + "}";
  };
  expect_error(with("[]"), "g.json: geometry table has no object 'packing'");
  expect_error(
      with(R"({"CO": [1, 2, 3, 4, 5, 6, 7]})"),
      "g.json: geometry table, packing 'CO': expected two atoms and 7 energies, found [1,2,3,4,5,6,7]");
  expect_error(with(R"({"C O": [1, 2]})"),
               "g.json: geometry table, packing 'C O': expected two atoms and 7 energies, found [1,2]");
  expect_error(with(R"({"C O": [1, 2, 3, 4, 5, 6, 1e9]})"),
               "g.json: geometry table, packing 'C O': expected numbers up to 1000, found 1000000000.0");
  expect_error(with(R"({"C O": [1, 2, 3, 4, 5, 6, null]})"),
               "g.json: geometry table, packing 'C O': expected numbers up to 1000, found null");
}

TEST(GeometryTable, RefusesBrokenFiles) {
  expect_error("[1, 2", "g.json: geometry table is no JSON object");
  expect_error("{}", "g.json: geometry table: format is null, expected \"clamp-geometry\"");
  expect_error(R"({"format": "clamp-geometry", "version": 9})",
               "g.json: geometry table: version is 9, this program reads version 1");
  expect_error(R"({"format": "clamp-geometry", "version": 1})",
               "g.json: geometry table has no object 'entries'");
  expect_error(R"({"format": "clamp-geometry", "version": 1, "entries": {"b C C": [1.4]}, "volumes": {}})",
               "g.json: geometry table, 'b C C': expected [mean, spread, low, high], found [1.4]");
  expect_error(
      R"({"format": "clamp-geometry", "version": 1, "entries": {"b C C": [-1, 0, 0, 0]}, "volumes": {}})",
      "g.json: geometry table, 'b C C': expected numbers from 0 to 1000, found -1");
  expect_error(R"({"format": "clamp-geometry", "version": 1, "entries": {}, "volumes": {"Qq": 3}})",
               "g.json: geometry table: 'Qq' in volumes is no element");
}

}  // namespace
}  // namespace clamp::relax
