#include "sampler/known_structures.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>

#include "sampler/novelty.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

using test::error_of;
using test::real_structures;

std::string temporary(const std::string& name) {
  return (std::filesystem::path(testing::TempDir()) / ("clamp_known_" + name)).string();
}

KnownStructures sample() {
  KnownStructures known;
  for (const auto& structure : real_structures()) known.add(structure.id, structure.unit);
  return known;
}

/// Largest distance in Å from an atom of `a` to the nearest of its element in `b`, in the cell of `a`.
double farthest(const Crystal& a, const Crystal& b) {
  double largest = 0;
  for (int64_t i = 0; i < a.n_atoms(); ++i) {
    double nearest = INFINITY;
    for (int64_t j = 0; j < b.n_atoms(); ++j) {
      if (a.atomic_numbers[i] != b.atomic_numbers[j]) continue;
      Vec3 delta = a.frac_coords[i] - b.frac_coords[j];
      for (int k = 0; k < 3; ++k) delta[k] -= std::round(delta[k]);
      nearest = std::min(nearest, (a.cell.transpose() * delta).norm());
    }
    largest = std::max(largest, nearest);
  }
  return largest;
}

TEST(KnownStructures, GiveBackEveryAtomToATenThousandthOfAnAngstromAfterSavingAndLoading) {
  const auto path = temporary("round.safetensors");
  sample().save(path, {{"split", "train"}});
  const auto known = KnownStructures::load(path);
  ASSERT_EQ(known.size(), static_cast<int64_t>(real_structures().size()));
  EXPECT_EQ(known.metadata().at("split"), "train");
  for (int64_t k = 0; k < known.size(); ++k) {
    const auto& real = real_structures()[static_cast<size_t>(k)];
    SCOPED_TRACE(real.id);
    const Crystal expected = expand(real.unit);
    const Crystal crystal = known.crystal(k);
    EXPECT_EQ(known.id(k), real.id);
    EXPECT_EQ(formula(crystal.atomic_numbers), formula(expected.atomic_numbers));
    EXPECT_NEAR(crystal.volume() / expected.volume(), 1, 1e-6);
    EXPECT_LT(farthest(expected, crystal), 4e-4);
  }
}

TEST(KnownStructures, FindThemselvesStretchedAndShiftedButNotWithTwoElementsSwapped) {
  const auto known = sample();
  for (int64_t k = 0; k < known.size(); ++k) {
    SCOPED_TRACE(known.id(k));
    Crystal crystal = expand(real_structures()[static_cast<size_t>(k)].unit);
    crystal.cell *= 1.01;
    for (Vec3& x : crystal.frac_coords) x += Vec3(0.3, -0.2, 0.11);
    const auto match = known.find(evaluate::fingerprint(crystal));
    ASSERT_TRUE(match);
    EXPECT_EQ(match->index, k);
    EXPECT_LT(match->rms, 1e-3);
    for (int& z : crystal.atomic_numbers) z = z == 6 ? 7 : (z == 7 ? 6 : (z == 8 ? 16 : z));
    EXPECT_FALSE(known.find(evaluate::fingerprint(crystal)));
  }
}

TEST(KnownStructures, RefuseDamagedFilesByNameOfTheDamage) {
  const auto good = temporary("good.safetensors");
  sample().save(good, {});
  const auto damaged = [&](const std::string& name, const std::function<void(torch::Tensor&)>& change) {
    auto file = nn::load_tensors(good);
    change(file.tensors.at(name));
    const auto path = temporary("damaged.safetensors");
    nn::save_tensors(path, file.tensors, file.metadata);
    return error_of([&] { KnownStructures::load(path); });
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  EXPECT_TRUE(has(damaged("space_group", [](auto& t) { t[0] = 0; }), "a space group is outside 1..230"));
  EXPECT_TRUE(has(damaged("slot_element", [](auto& t) { t[0] = 200; }), "outside the periodic table"));
  EXPECT_TRUE(has(damaged("slot_copies", [](auto& t) { t[0] = 0; }), "a number of copies"));
  EXPECT_TRUE(has(damaged("slot_offsets", [](auto& t) { t[1] = 0; }), "offsets do not rise"));
  EXPECT_TRUE(has(damaged("cells", [](auto& t) { t[0][0] = NAN; }), "lengths or angles that no crystal has"));
  EXPECT_TRUE(has(damaged("slot_coords", [](auto& t) { t = t.slice(0, 1); }), "differ in length"));
  EXPECT_TRUE(has(damaged("ids", [](auto& t) { t = t.to(torch::kInt32); }), "another type or shape"));
  auto file = nn::load_tensors(good);
  file.metadata["format"] = "clamp-library";
  nn::save_tensors(good, file.tensors, file.metadata);
  EXPECT_TRUE(has(error_of([&] { KnownStructures::load(good); }), "found format 'clamp-library'"));
}

TEST(NoveltyJudge, NamesTheTrainingStructureAndTheEarlierResult) {
  ASSERT_GE(real_structures().size(), 3u);
  KnownStructures known;
  known.add(real_structures()[0].id, real_structures()[0].unit);
  NoveltyJudge judge(&known, true);
  const auto first = judge.judge(expand(real_structures()[0].unit), 4).value();
  const auto second = judge.judge(expand(real_structures()[1].unit), 7).value();
  const auto third = judge.judge(expand(real_structures()[1].unit), 9).value();
  EXPECT_FALSE(first.novel.value());
  EXPECT_EQ(first.known_id, real_structures()[0].id);
  EXPECT_FALSE(first.duplicate_of);
  EXPECT_TRUE(second.novel.value());
  EXPECT_FALSE(second.duplicate_of);
  EXPECT_TRUE(third.novel.value());
  EXPECT_EQ(third.duplicate_of.value(), 7);
}

TEST(NoveltyJudge, SaysNothingOfWhatItCannotKnow) {
  NoveltyJudge judge(nullptr, false);
  Crystal crystal = expand(real_structures()[0].unit);
  for (const int64_t index : {0, 1}) {
    const auto novelty = judge.judge(crystal, index).value();
    EXPECT_FALSE(novelty.novel);
    EXPECT_FALSE(novelty.duplicate_of);
  }
  crystal.cell.row(2) = crystal.cell.row(1);
  EXPECT_FALSE(judge.judge(crystal, 2));
}

}  // namespace
}  // namespace clamp::sampler
