#include "sampler/guided_composer.h"

#include <gtest/gtest.h>

#include <set>

#include "core/error.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

// A chemistry's volume is the last digit of its seed; those of small digits are not found.
class BySeed : public Composer {
 public:
  explicit BySeed(uint64_t nothing_below = 0) : nothing_below_(nothing_below) {}
  ComposedChemistry compose(const ComposeRequest&, uint64_t seed, int64_t) const override {
    DrawCounts counts;
    counts.draws = 2;
    if (seed % 10 < nothing_below_) throw NoChemistry("nothing here", counts);
    ComposedChemistry composed;
    composed.reference_volume = static_cast<double>(seed % 10);
    composed.counts = counts;
    return composed;
  }

 private:
  uint64_t nothing_below_;
};

double volume_of(const ComposedChemistry& composed, const torch::Tensor&, uint64_t) {
  return composed.reference_volume;
}

GuidedComposer composer(double scale, int64_t candidates, uint64_t nothing_below = 0) {
  GuidingConfig config;
  config.scale = scale;
  config.candidates = candidates;
  return {std::make_unique<BySeed>(nothing_below), volume_of, config};
}

double mean(const GuidedComposer& composer) {
  double sum = 0;
  for (int64_t k = 0; k < 200; ++k) sum += composer.compose({}, 5, k).reference_volume;
  return sum / 200;
}

TEST(GuidedComposer, TakesTheMoreSimilarOneTheStrongerItIsGuided) {
  const double free = mean(composer(0, 8)), some = mean(composer(0.2, 8)), strong = mean(composer(1000, 8));
  EXPECT_NEAR(free, 5, 1);  // the first candidate of all has the seed 5, the others any
  EXPECT_GT(some, free + 0.3);
  EXPECT_GT(strong, some + 0.5);
  EXPECT_GT(strong, 7.5);  // the largest of eight digits
}

TEST(GuidedComposer, OneCandidateIsTheInnerComposers) {
  EXPECT_EQ(composer(7, 1).compose({}, 8, 3).reference_volume, 8);
}

TEST(GuidedComposer, ResultsDependOnSeedAndIndexAlone) {
  const auto guided = composer(0.5, 4);
  std::set<double> different;
  for (int64_t k = 0; k < 10; ++k) {
    const auto once = guided.compose({}, 3, k).reference_volume;
    EXPECT_EQ(guided.compose({}, 3, k).reference_volume, once);
    different.insert(once);
  }
  EXPECT_GT(different.size(), 1U);
}

TEST(GuidedComposer, CountsTheDrawsOfAllCandidates) {
  EXPECT_EQ(composer(1, 8).compose({}, 1, 0).counts.draws, 16);
  const auto some = composer(1000, 8, 5).compose({}, 1, 0);  // about half of the candidates find nothing
  EXPECT_EQ(some.counts.draws, 16);
  EXPECT_GE(some.reference_volume, 5);
  EXPECT_EQ(test::error_of([] { composer(1, 8, 10).compose({}, 1, 0); }), "nothing here");
}

TEST(GuidedComposer, RefusesWhatCannotBe) {
  EXPECT_EQ(test::error_of([] { composer(-1, 8); }), "classifier scale: found -1, expected 0 or more");
  EXPECT_EQ(test::error_of([] { composer(1, 0); }), "candidates: found 0, expected 1 or more");
}

}  // namespace
}  // namespace clamp::sampler
