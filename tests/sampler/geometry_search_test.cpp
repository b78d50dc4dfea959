#include "sampler/geometry_search.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <cmath>

#include <Eigen/LU>

#include "tests/support/units.h"

namespace clamp::sampler {
namespace {

// Gives every start back as it is and says which starts it saw; a structure's surprise is its volume.
class KeepStarts : public GeometrySampler {
 public:
  std::vector<AsymmetricUnit> sample(const std::vector<GeometryRequest>& requests,
                                     const GeometryOptions&) override {
    std::vector<AsymmetricUnit> units;
    for (const auto& request : requests) {
      started += request.start ? 1 : 0;
      units.push_back(request.start ? *request.start : tests::qmof_units()[0]);
    }
    return units;
  }
  std::vector<double> surprise(const std::vector<AsymmetricUnit>& units) override {
    std::vector<double> values;
    for (const auto& unit : units) values.push_back(std::abs(unit.cell.determinant()));
    return values;
  }
  int started = 0;
};

struct Chemistries {
  std::vector<ComposedChemistry> composed;
  std::vector<const ComposedChemistry*> pointers;
  std::vector<GeometryRequest> requests;
  std::vector<uint64_t> seeds;
};

Chemistries small_chemistries() {
  Chemistries set;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    if (unit.chemistry.slots.size() > 20) continue;
    const auto crystal = expand(unit);
    ComposedChemistry composed;
    composed.chemistry = unit.chemistry;
    composed.framework_dimension = framework_dimension(crystal.atomic_numbers, expand_bonds(unit));
    composed.reference_volume = crystal.volume();
    set.composed.push_back(composed);
  }
  for (const auto& composed : set.composed) {
    set.pointers.push_back(&composed);
    set.seeds.push_back(10 + set.seeds.size());
    set.requests.push_back({composed.chemistry, at::zeros({4}), set.seeds.back(), {}});
  }
  return set;
}

const relax::GeometryTable& table() {
  static const relax::GeometryTable kTable = relax::GeometryTable::measure(tests::qmof_units());
  return kTable;
}

GeometrySearch few_starts() {
  GeometrySearch search;
  search.coarse_starts = 3;
  return search;
}

TEST(GeometrySearch, ResultsDependOnTheirOwnRequestAlone) {
  const auto set = small_chemistries();
  KeepStarts sampler;
  const auto together = make_geometries(sampler, &table(), set.requests, set.pointers, few_starts());
  auto threaded = few_starts();
  threaded.n_threads = 2;
  const auto in_threads = make_geometries(sampler, &table(), set.requests, set.pointers, threaded);
  for (size_t i = 0; i < set.requests.size(); ++i) {
    SCOPED_TRACE(i);
    const auto alone =
        make_geometries(sampler, &table(), {set.requests[i]}, {set.pointers[i]}, few_starts())[0];
    EXPECT_EQ(alone.polished.unit.cell, together[i].polished.unit.cell);
    EXPECT_EQ(alone.polished.unit.frac_coords, together[i].polished.unit.frac_coords);
    EXPECT_EQ(in_threads[i].polished.unit.frac_coords, together[i].polished.unit.frac_coords);
  }
}

// More starts from the same seed include the fewer, so the best of them is never worse.
TEST(GeometrySearch, MoreStartsAreNeverWorse) {
  const auto set = small_chemistries();
  const auto few = search_starts(set.pointers, set.seeds, table(), 1, 1);
  const auto many = search_starts(set.pointers, set.seeds, table(), 6, 1);
  int improved = 0;
  for (size_t i = 0; i < few.size(); ++i) {
    SCOPED_TRACE(i);
    EXPECT_FALSE(better(few[i].polished, many[i].polished));
    improved += better(many[i].polished, few[i].polished) ? 1 : 0;
  }
  EXPECT_GT(improved, 0);
}

// The polish gives way where bonds would tear, so not all structures reach it.
TEST(GeometrySearch, TendsToTheVolumeThatTheComposerExpects) {
  auto set = small_chemistries();
  const auto as_elements = search_starts(set.pointers, set.seeds, table(), 1, 1);
  for (auto& composed : set.composed)
    composed.expected_volume = 1.5 * table().predicted_volume(composed.chemistry);
  const auto wider = search_starts(set.pointers, set.seeds, table(), 1, 1);
  size_t nearer = 0;
  for (size_t i = 0; i < wider.size(); ++i) {
    const auto miss = [&](const GeometryOutcome& outcome) {
      return std::abs(std::log(outcome.polished.crystal.volume() / set.composed[i].expected_volume));
    };
    nearer += miss(wider[i]) < miss(as_elements[i]) ? 1 : 0;
  }
  EXPECT_GT(nearer, wider.size() / 2);  // equal results would count as none
}

TEST(GeometrySearch, KeepsStartsThatAreGivenAndMakesTheOthers) {
  auto set = small_chemistries();
  KeepStarts sampler;
  auto search = few_starts();
  search.polish = false;
  const AsymmetricUnit& given = tests::qmof_units()[0];
  set.requests[0].start = given;
  set.requests[0].chemistry = given.chemistry;
  const auto outcomes = make_geometries(sampler, &table(), set.requests, set.pointers, search);
  EXPECT_EQ(sampler.started, static_cast<int>(set.requests.size()));
  EXPECT_EQ(outcomes[0].raw.unit.frac_coords, given.frac_coords);
}

TEST(GeometrySearch, WithoutStartsTheSamplerBeginsFromNoise) {
  const auto set = small_chemistries();
  KeepStarts sampler;
  auto search = few_starts();
  search.coarse_starts = 0;
  search.polish = false;
  make_geometries(sampler, nullptr, {set.requests[0]}, {set.pointers[0]}, search);
  EXPECT_EQ(sampler.started, 0);
}

// Gives all atoms of a slot one place: a result that the polish cannot mend as well as a start.
class LoseStarts : public KeepStarts {
 public:
  std::vector<AsymmetricUnit> sample(const std::vector<GeometryRequest>& requests,
                                     const GeometryOptions& options) override {
    auto units = KeepStarts::sample(requests, options);
    for (auto& unit : units) {
      for (size_t s = 0; s < unit.frac_coords.size(); ++s)
        unit.frac_coords[s] = unit.chemistry.slots[s].site.offset;
    }
    return units;
  }
};

TEST(GeometrySearch, TheStartStandsBesideWhatTheModelMade) {
  const auto set = small_chemistries();
  LoseStarts sampler;
  const auto outcomes = make_geometries(sampler, &table(), set.requests, set.pointers, few_starts());
  int better_starts = 0;
  for (size_t i = 0; i < outcomes.size(); ++i) {
    SCOPED_TRACE(i);
    ASSERT_TRUE(outcomes[i].start);
    EXPECT_TRUE(outcomes[i].start->from_search);
    const auto* best = best_candidate(outcomes, i, i + 1);
    ASSERT_NE(best, nullptr);
    EXPECT_GT(best->surprise, 0);
    if (!outcomes[i].reason.empty()) continue;
    EXPECT_FALSE(outcomes[i].polished.from_search);
    EXPECT_FALSE(better(*outcomes[i].start, *best));
    EXPECT_FALSE(better(outcomes[i].polished, *best));
    better_starts += best->from_search ? 1 : 0;
  }
  EXPECT_GT(better_starts, 0);
}

TEST(GeometrySearch, WithoutThePolishNoStartIsKept) {
  const auto set = small_chemistries();
  KeepStarts sampler;
  auto search = few_starts();
  search.polish = false;
  for (const auto& outcome : make_geometries(sampler, &table(), set.requests, set.pointers, search))
    EXPECT_FALSE(outcome.start);
}

/// A table whose contacts of hydrogen and oxygen attract and all others of three elements push.
relax::GeometryTable packing_table() {
  auto with = table();
  relax::PackingPotential packing;
  for (const char* other : {"H", "C", "O"}) packing.set("H", other, {5, 5, 4, 3, 2, 1, 0});
  packing.set("H", "O", {-5, -5, -5, -4, -3, -2, -1});
  with.set_packing(packing);
  return with;
}

// What passes the checks is packed; what packing spoils stays as it was polished.
TEST(FinishGeometries, PackingLosesNoStructureThatPasses) {
  const auto set = small_chemistries();
  const auto bare = table(), packing = packing_table();
  const auto without = polished_starts(set.pointers, set.seeds, bare, 3, 1);
  const auto with = polished_starts(set.pointers, set.seeds, packing, 3, 1);
  ASSERT_EQ(with.size(), without.size());
  int packed = 0;
  for (size_t i = 0; i < with.size(); ++i) {
    const Candidate &a = without[i].polished, &b = with[i].polished;
    const bool passed = a.checks.valid && a.soundness.dimension_as_intended && a.soundness.contacts;
    EXPECT_EQ(b.checks.valid && b.soundness.dimension_as_intended && b.soundness.contacts, passed);
    ASSERT_EQ(a.relax.size(), 1U);
    if (b.relax.size() == 1) {
      for (size_t k = 0; k < a.unit.frac_coords.size(); ++k)
        EXPECT_EQ(a.unit.frac_coords[k], b.unit.frac_coords[k]);
      continue;
    }
    ++packed;
    EXPECT_TRUE(passed);
    EXPECT_EQ(b.relax[1].stage, "packing");
    EXPECT_DOUBLE_EQ(b.objective, b.relax[1].energy / static_cast<double>(b.crystal.n_atoms()));
  }
  EXPECT_GT(packed, 0);
}

// Objectives of the polish compare geometries of one chemistry; between chemistries the less surprising is
// better.
TEST(GeometrySearch, ObjectiveOrSurpriseDecidesBetweenEqualChecks) {
  Candidate a;
  Candidate b;
  a.crystal.atomic_numbers = b.crystal.atomic_numbers = {6, 8};
  a.objective = 3;
  b.objective = 2;
  a.surprise = 0.4;
  b.surprise = 0.6;
  EXPECT_TRUE(better(b, a));
  EXPECT_FALSE(better(a, b));
  EXPECT_TRUE(better(a, b, /*same_chemistry=*/false));
  EXPECT_FALSE(better(b, a, /*same_chemistry=*/false));
  a.checks.valid = false;
  b.checks.valid = true;
  EXPECT_TRUE(better(b, a));
}

}  // namespace
}  // namespace clamp::sampler
