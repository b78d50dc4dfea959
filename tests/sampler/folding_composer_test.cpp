#include "sampler/folding_composer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <stdexcept>

#include "relax/geometry_table.h"
#include "sampler/geometry_search.h"
#include "tests/support/units.h"

namespace clamp::sampler {
namespace {

constexpr int kNever = 7;  // a framework dimension that nothing has
constexpr int64_t kStarts = 24;

// Gives what it is told to, in turn; an empty entry is a sample that found nothing.
class Scripted : public Composer {
 public:
  explicit Scripted(std::vector<std::optional<ComposedChemistry>> script) : script_(std::move(script)) {}
  ComposedChemistry compose(const ComposeRequest&, uint64_t seed, int64_t) const override {
    seeds.push_back(seed);
    const auto& next = script_.at(seeds.size() - 1);
    DrawCounts counts;
    counts.draws = 3;
    if (!next) throw NoChemistry("nothing", counts);
    auto composed = *next;
    composed.counts = counts;
    return composed;
  }
  mutable std::vector<uint64_t> seeds;

 private:
  std::vector<std::optional<ComposedChemistry>> script_;
};

const relax::GeometryTable& table() {
  static const auto kTable = relax::GeometryTable::measure(tests::qmof_units());
  return kTable;
}

ComposedChemistry described(const AsymmetricUnit& unit) {
  ComposedChemistry composed;
  composed.chemistry = unit.chemistry;
  composed.framework_dimension = framework_dimension(expand(unit).atomic_numbers, expand_bonds(unit));
  composed.reference_volume = table().predicted_volume(unit.chemistry);
  return composed;
}

// The first sample that folds from each of several sets of random starts.
ComposedChemistry good() {
  static const ComposedChemistry kGood = [] {
    for (const auto& unit : tests::qmof_units()) {
      if (unit.chemistry.slots.size() > 20) continue;
      const auto composed = described(unit);
      const auto found = search_starts({&composed, &composed, &composed}, {1, 2, 3}, table(), kStarts, 1);
      if (std::all_of(found.begin(), found.end(),
                      [](const auto& outcome) { return outcome.polished.soundness.sound; }))
        return composed;
    }
    throw std::runtime_error("no sample folds");
  }();
  auto composed = kGood;
  composed.source = "good";
  return composed;
}

ComposedChemistry bad() {
  auto composed = good();
  composed.framework_dimension = kNever;
  composed.source = "bad";
  return composed;
}

ComposedChemistry run(std::vector<std::optional<ComposedChemistry>> script, int64_t tries,
                      std::vector<uint64_t>* seeds = nullptr) {
  auto inner = std::make_unique<Scripted>(std::move(script));
  const auto* watched = inner.get();
  FoldingConfig config;
  config.starts = kStarts;
  config.tries = tries;
  const FoldingComposer composer(std::move(inner), config, table());
  auto composed = composer.compose({}, 5, 2);
  if (seeds != nullptr) *seeds = watched->seeds;
  return composed;
}

TEST(FoldingComposer, TakesTheFirstChemistryThatFolds) {
  std::vector<uint64_t> seeds;
  const auto composed = run({bad(), good(), good()}, 8, &seeds);
  EXPECT_EQ(composed.source, "good");
  EXPECT_EQ(composed.counts.draws, 6);
  EXPECT_EQ(composed.counts.failed.at("fold"), 1);
  ASSERT_TRUE(composed.start);
  EXPECT_TRUE(judge(*composed.start, composed).soundness.sound);
  ASSERT_EQ(seeds.size(), 2u);
  EXPECT_EQ(seeds[0], 5u);  // the first is what the inner composer alone gives
  EXPECT_NE(seeds[1], 5u);
}

TEST(FoldingComposer, TakesTheBestWhereNoneFolds) {
  const auto composed = run({bad(), bad(), good()}, 2);
  EXPECT_FALSE(composed.start);
  EXPECT_EQ(composed.source, "bad");
  EXPECT_EQ(composed.counts.failed.at("fold"), 2);
}

TEST(FoldingComposer, KeepsWhatItHasWhenNothingMoreIsFound) {
  const auto composed = run({bad(), {}}, 8);
  EXPECT_EQ(composed.source, "bad");
  EXPECT_EQ(composed.counts.draws, 6);
  try {
    run({std::nullopt}, 8);
    FAIL() << "expected NoChemistry";
  } catch (const NoChemistry& error) {
    EXPECT_EQ(error.counts.draws, 3);
  }
}

TEST(FoldingComposer, RefusesNumbersBelowOne) { EXPECT_THROW(run({good()}, 0), UsageError); }

}  // namespace
}  // namespace clamp::sampler
