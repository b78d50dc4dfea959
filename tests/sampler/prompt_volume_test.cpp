#include "sampler/prompt_volume.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

relax::GeometryTable table() {
  std::vector<AsymmetricUnit> units;
  for (const auto& structure : test::real_structures()) units.push_back(structure.unit);
  return relax::GeometryTable::measure(units);
}

/// Structures of even index point along the first axis and are 1.8 times as wide as their atoms let expect;
/// the others point along the second axis and are 0.9 times as wide.
ChemistryLibrary wide_and_dense(const relax::GeometryTable& table) {
  std::vector<LibraryEntry> entries;
  for (const auto& structure : test::real_structures()) {
    LibraryEntry entry;
    entry.id = structure.id;
    entry.chemistry = structure.unit.chemistry;
    entry.framework_dimension = 3;
    entry.volume = (entries.size() % 2 == 0 ? 1.8 : 0.9) * table.predicted_volume(entry.chemistry);
    entries.push_back(std::move(entry));
  }
  auto embeddings = at::zeros({static_cast<int64_t>(entries.size()), test::kDim});
  for (int64_t i = 0; i < embeddings.size(0); ++i) embeddings[i][i % 2] = 1;
  return ChemistryLibrary::build(entries, embeddings);
}

TEST(PromptVolume, IsThatOfTheStructuresLikeThePrompt) {
  const auto typical = table();
  const PromptVolume volume(wide_and_dense(typical), typical);
  auto prompt = at::zeros({test::kDim});
  prompt[0] = 1;
  EXPECT_NEAR(volume.factor(prompt), 1.8, 1e-4);
  EXPECT_NEAR(volume.factor(prompt.roll(1)), 0.9, 1e-4);
}

TEST(PromptVolume, LiesBetweenThoseOfTheLibraryForAnyPrompt) {
  const auto typical = table();
  const PromptVolume volume(wide_and_dense(typical), typical);
  const double undecided = volume.factor(at::full({test::kDim}, 1 / std::sqrt(8.0), at::kFloat));
  EXPECT_GT(undecided, 0.91);
  EXPECT_LT(undecided, 1.79);
  const double against = volume.factor(at::full({test::kDim}, -1 / std::sqrt(8.0), at::kFloat));
  EXPECT_GT(against, 0.91);
  EXPECT_LT(against, 1.79);
}

}  // namespace
}  // namespace clamp::sampler
