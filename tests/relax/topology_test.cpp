#include "relax/topology.h"

#include <gtest/gtest.h>

#include "tests/support/units.h"

namespace clamp::relax {
namespace {

/// Six atoms in a ring, the last bond into the next cell and back: a ring all the same.
Topology hexagon() {
  std::vector<Bond> bonds;
  for (int64_t k = 0; k < 5; ++k) bonds.push_back({k, k + 1, k == 2 ? Vec3i(1, 0, 0) : Vec3i(0, 0, 0), 1.4});
  bonds.push_back({0, 5, Vec3i(1, 0, 0), 1.4});
  return make_topology(std::vector<int>(6, 6), bonds);
}

TEST(Topology, FindsARingAcrossACellBoundary) {
  const Topology ring = hexagon();
  EXPECT_EQ(ring_size(ring, 0, ring.neighbors[0][0], ring.neighbors[0][1]), 6);
}

TEST(Topology, AChainThroughTheCellIsNoRing) {
  std::vector<Bond> bonds;
  for (int64_t k = 0; k < 5; ++k) bonds.push_back({k, k + 1, Vec3i::Zero(), 1.4});
  bonds.push_back({5, 0, Vec3i(1, 0, 0), 1.4});
  const Topology chain = make_topology(std::vector<int>(6, 6), bonds);
  EXPECT_EQ(ring_size(chain, 0, chain.neighbors[0][0], chain.neighbors[0][1]), 0);
}

TEST(Topology, CountsBondsBetweenImages) {
  const Topology ring = hexagon();
  const auto near = separations(ring, 0);
  EXPECT_EQ(bonds_between(near, {0, Vec3i::Zero()}), 0);
  EXPECT_EQ(bonds_between(near, {1, Vec3i::Zero()}), 1);
  EXPECT_EQ(bonds_between(near, {3, Vec3i(1, 0, 0)}), 3);
  EXPECT_EQ(bonds_between(near, {3, Vec3i(0, 0, 0)}), 4);
}

TEST(Topology, NamesTypesByNeighbours) {
  // O bonded to C and Zn; H on O.
  const Topology t = make_topology(
      {8, 6, 30, 1}, {{0, 1, Vec3i::Zero(), 1}, {0, 2, Vec3i::Zero(), 1}, {0, 3, Vec3i::Zero(), 1}});
  EXPECT_EQ(t.types[0].fine, "O3(CHM)");
  EXPECT_EQ(t.types[2].fine, "Zn1");
  EXPECT_EQ(t.types[3].contact, "Hx");
}

}  // namespace
}  // namespace clamp::relax
