#include "core/asymmetric_unit.h"

#include <gtest/gtest.h>

#include <Eigen/LU>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>
#include <string>
#include <tuple>

#include "core/seed.h"
#include "tests/support/crystals.h"

namespace clamp {
namespace {

using Pair = std::tuple<int64_t, int64_t, int, int, int>;

std::set<Pair> directed(const std::vector<Bond>& bonds, const std::vector<int64_t>& atom,
                        const std::vector<Vec3i>& shift) {
  std::set<Pair> pairs;
  for (const Bond& b : bonds) {
    const Vec3i s = b.shift + shift[b.j] - shift[b.i];
    pairs.insert({atom[b.i], atom[b.j], s[0], s[1], s[2]});
    pairs.insert({atom[b.j], atom[b.i], -s[0], -s[1], -s[2]});
  }
  return pairs;
}

AsymmetricUnit unit_of(const SymmetryResult& symmetry) {
  return make_asymmetric_unit(symmetry.primitive, symmetry.number, perceive_bonds(symmetry.primitive));
}

TEST(AsymmetricUnit, ExpandsBackToTheSameAtomsAndBonds) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const auto symmetry = find_symmetry(tests::load_qmof(sample.id), 0.05);
    ASSERT_TRUE(symmetry.has_value());
    const AsymmetricUnit unit = unit_of(*symmetry);
    const Crystal expanded = expand(unit);
    ASSERT_EQ(expanded.n_atoms(), symmetry->primitive.n_atoms());
    std::vector<int64_t> atom;
    std::vector<Vec3i> shift;
    for (int64_t i = 0; i < expanded.n_atoms(); ++i) {
      for (int64_t j = 0; j < expanded.n_atoms(); ++j) {
        const Vec3 delta = expanded.frac_coords[i] - symmetry->primitive.frac_coords[j];
        const Vec3 rounded = delta.array().round();
        if ((expanded.cell.transpose() * (delta - rounded)).norm() > 1e-4) continue;
        EXPECT_EQ(expanded.atomic_numbers[i], symmetry->primitive.atomic_numbers[j]);
        atom.push_back(j);
        shift.push_back(rounded.cast<int>());
      }
    }
    ASSERT_EQ(atom.size(), expanded.frac_coords.size());
    std::vector<int64_t> own(atom.size());
    std::iota(own.begin(), own.end(), 0);
    const std::vector<Vec3i> none(atom.size(), Vec3i::Zero());
    EXPECT_EQ(directed(expand_bonds(unit), atom, shift),
              directed(perceive_bonds(symmetry->primitive), own, none));
  }
}

TEST(AsymmetricUnit, WalkIsConnectedAndHydrogensFollowTheirParent) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const AsymmetricUnit unit = unit_of(*find_symmetry(tests::load_qmof(sample.id), 0.05));
    for (size_t s = 0; s < unit.chemistry.slots.size(); ++s) {
      const int parent = unit.chemistry.slots[s].parent;
      EXPECT_LT(parent, static_cast<int>(s));
      if (parent < 0) continue;
      const bool bonded =
          std::any_of(unit.chemistry.bonds.begin(), unit.chemistry.bonds.end(), [&](const SlotBond& b) {
            return b.intra && ((b.i == parent && b.j == static_cast<int>(s)) ||
                               (b.j == parent && b.i == static_cast<int>(s)));
          });
      EXPECT_TRUE(bonded) << "slot " << s;
    }
  }
}

TEST(AsymmetricUnit, SitesProjectOntoThemselves) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const AsymmetricUnit unit = unit_of(*find_symmetry(tests::load_qmof(sample.id), 0.05));
    const SpaceGroup& group = space_group(unit.chemistry.space_group);
    Rng rng(5);
    for (const Slot& slot : unit.chemistry.slots) {
      const Mat3 projector = slot.site.projector();
      EXPECT_LT((projector * projector - projector).norm(), 1e-9);
      EXPECT_NEAR(projector.trace(), slot.site.dimension, 1e-9);
      // Any u gives a point that the stabiliser leaves where it is.
      const Vec3 u(rng.uniform(), rng.uniform(), rng.uniform());
      const Vec3 x = slot.site.basis * u + slot.site.offset;
      for (size_t k = 0; k < slot.site.operations.size(); ++k) {
        const auto& op = group.operations[static_cast<size_t>(slot.site.operations[k])];
        const Vec3 image =
            op.rotation.cast<double>() * x + op.translation + slot.site.shifts[k].cast<double>();
        EXPECT_LT((image - x).norm(), 1e-9);
      }
    }
  }
}

/// Space group, elements, sites and bonds with their images, as text.
std::string written(const Chemistry& chemistry) {
  std::ostringstream text;
  text << chemistry.space_group;
  for (const Slot& slot : chemistry.slots) {
    text << "\n" << slot.atomic_number << " " << slot.parent;
    for (size_t k = 0; k < slot.site.operations.size(); ++k)
      text << " " << slot.site.operations[k] << ":" << slot.site.shifts[k].transpose();
  }
  for (const SlotBond& b : chemistry.bonds)
    text << "\n" << b.i << "-" << b.j << " " << b.op << ":" << b.shift.transpose() << " " << b.intra;
  return text.str();
}

TEST(AsymmetricUnit, DoesNotDependOnInputOrderOriginOrCell) {
  for (const auto& sample : tests::qmof_samples()) {
    SCOPED_TRACE(sample.id);
    const Crystal crystal = tests::load_qmof(sample.id);
    const AsymmetricUnit reference = unit_of(*find_symmetry(crystal, 0.05));
    Rng rng(11);
    Crystal moved = crystal;
    const Vec3 origin(rng.uniform(), rng.uniform(), rng.uniform());
    Mat3 change;  // of determinant 1
    change << 1, 1, 0, 0, 1, 0, 0, -1, 1;
    for (size_t k = moved.frac_coords.size() - 1; k > 0; --k) {
      const size_t other = rng.below(k + 1);
      std::swap(moved.frac_coords[k], moved.frac_coords[other]);
      std::swap(moved.atomic_numbers[k], moved.atomic_numbers[other]);
    }
    for (Vec3& x : moved.frac_coords) x = change.transpose().inverse() * (x + origin);
    moved.cell = change * moved.cell;
    const auto symmetry = find_symmetry(moved, 0.05);
    ASSERT_TRUE(symmetry.has_value());
    EXPECT_EQ(written(unit_of(*symmetry).chemistry), written(reference.chemistry));
  }
}

}  // namespace
}  // namespace clamp
