#include "evaluate/building_blocks.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "core/cif.h"
#include "core/elements.h"
#include "tests/support/crystals.h"

namespace clamp::evaluate {
namespace {

BuildingBlocks blocks_of(const std::string& id) {
  const Crystal crystal = read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + id + ".cif");
  return building_blocks(crystal.atomic_numbers, perceive_bonds(crystal));
}

TEST(BuildingBlocks, FindsTheDimensionOfRealStructures) {
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    EXPECT_EQ(blocks_of(sample.id).framework_dimension, sample.framework_dimension);
  }
}

TEST(BuildingBlocks, ChemistryWithoutCoordinatesHasTheSameFragments) {
  int compared = 0;
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + sample.id + ".cif");
    const auto symmetry = find_symmetry(crystal, 0.01);
    ASSERT_TRUE(symmetry);
    const auto bonds = perceive_bonds(symmetry->primitive);
    const auto with_images = building_blocks(symmetry->primitive.atomic_numbers, bonds);
    const auto chemistry = make_asymmetric_unit(symmetry->primitive, symmetry->number, bonds).chemistry;
    if (std::any_of(with_images.fragments.begin(), with_images.fragments.end(),
                    [](const Fragment& f) { return f.dimension > 0; }))
      continue;
    EXPECT_EQ(fragment_list(building_blocks(chemistry), false), fragment_list(with_images, false));
    ++compared;
  }
  EXPECT_GE(compared, 12);
}

TEST(BuildingBlocks, CountsAreOfThePrimitiveCell) {
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + sample.id + ".cif");
    const auto blocks = blocks_of(sample.id);
    int64_t atoms = 0;
    for (const Fragment& fragment : blocks.fragments) atoms += fragment.count * fragment.n_atoms;
    for (const MetalSite& metal : blocks.metals) atoms += metal.count;
    EXPECT_EQ(atoms, crystal.n_atoms());
  }
}

// A chain M-O-M-O along a: one node that is a rod, no linker.
TEST(BuildingBlocks, RodsAreNodesWithoutEnd) {
  const std::vector<Bond> bonds = {{0, 1, Vec3i::Zero(), 2.0}, {0, 1, Vec3i(-1, 0, 0), 2.0}};
  const auto blocks = building_blocks({30, 8}, bonds);
  ASSERT_EQ(blocks.nodes.size(), 1U);
  EXPECT_EQ(blocks.nodes[0].formula, "Zn O");
  EXPECT_EQ(blocks.nodes[0].dimension, 1);
  ASSERT_EQ(blocks.metals.size(), 1U);
  EXPECT_EQ(blocks.metals[0].coordination, "O2");
  EXPECT_EQ(blocks.framework_dimension, 1);
  EXPECT_EQ(blocks.catenation, 1);
}

// Two interpenetrating copies have catenation 2.
TEST(BuildingBlocks, CatenationCountsTheNets) {
  std::vector<Bond> bonds;
  for (const int64_t net : {0, 2}) {
    for (const Vec3i& shift : {Vec3i(0, 0, 0), Vec3i(1, 0, 0), Vec3i(0, 1, 0), Vec3i(0, 0, 1)})
      bonds.push_back({net, net + 1, shift, 2.0});
  }
  const auto blocks = building_blocks({30, 8, 30, 8}, bonds);
  EXPECT_EQ(blocks.framework_dimension, 3);
  EXPECT_EQ(blocks.catenation, 2);
}

}  // namespace
}  // namespace clamp::evaluate
