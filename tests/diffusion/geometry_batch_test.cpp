#include "diffusion/geometry_batch.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "clean_batches.h"

namespace clamp::diffusion {
namespace {

TEST(GeometryBatch, RelationsFollowTheExpandedBonds) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE(unit.chemistry.space_group);
    const GeometryInput input = make_geometry_input(unit.chemistry);
    const ExpandedAtoms atoms = expand_atoms(unit.chemistry);
    std::vector<char> bonded(input.relation.size(), 0);
    for (const Bond& b : expand_bonds(unit)) {
      for (const auto& [from, to] : {std::make_pair(b.i, b.j), std::make_pair(b.j, b.i)}) {
        if (atoms.op[from] == 0) bonded[static_cast<size_t>(atoms.slot[from] * input.n_atoms + to)] = 1;
      }
    }
    for (size_t k = 0; k < bonded.size(); ++k) {
      const auto relation = static_cast<Relation>(input.relation[k]);
      const bool marked = relation == Relation::kIntraBond || relation == Relation::kSymmetryBond;
      EXPECT_EQ(marked, bonded[k] == 1) << k;
    }
  }
}

TEST(GeometryBatch, UnknownCopiesMarkEveryCopyAsPossible) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE(unit.chemistry.space_group);
    const GeometryInput known = make_geometry_input(unit.chemistry, true);
    const GeometryInput unknown = make_geometry_input(unit.chemistry, false);
    for (size_t k = 0; k < known.relation.size(); ++k) {
      if (static_cast<Relation>(known.relation[k]) != Relation::kSymmetryBond) continue;
      const auto found = static_cast<Relation>(unknown.relation[k]);
      EXPECT_TRUE(found == Relation::kPossibleBond || found == Relation::kIntraBond);
    }
  }
}

TEST(GeometryBatch, MultiplicitiesAddUpToTheAtoms) {
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    const GeometryInput input = make_geometry_input(unit.chemistry);
    float atoms = 0;
    for (const float m : input.multiplicity) atoms += m;
    EXPECT_EQ(static_cast<int64_t>(atoms), input.n_atoms);
  }
}

TEST(GeometryBatch, PaddingIsMasked) {
  const auto units = tests::small_units();
  const GeometryModel model(tests::tiny_geometry_config());
  const auto batch = tests::clean_batch(units, model).chemistry;
  for (size_t k = 0; k < units.size(); ++k) {
    const auto row = static_cast<int64_t>(k);
    EXPECT_EQ(batch.slot_mask[row].sum().item<int64_t>(),
              static_cast<int64_t>(units[k].chemistry.slots.size()));
    EXPECT_EQ(batch.atom_mask[row].sum().item<int64_t>(), batch.n_atoms[row].item<int64_t>());
  }
  EXPECT_EQ(batch.atom_slot.size(1) % 4, 0);
}

}  // namespace
}  // namespace clamp::diffusion
