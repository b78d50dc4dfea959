#include "sampler/chemistry_library.h"

#include <filesystem>

#include "core/atomic_file.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

using test::error_of;

std::string temporary(const std::string& name) {
  return (std::filesystem::path(testing::TempDir()) / ("clamp_library_" + name)).string();
}

void expect_same(const Chemistry& a, const Chemistry& b) {
  EXPECT_EQ(a.space_group, b.space_group);
  ASSERT_EQ(a.slots.size(), b.slots.size());
  for (size_t i = 0; i < a.slots.size(); ++i) {
    EXPECT_EQ(a.slots[i].atomic_number, b.slots[i].atomic_number);
    EXPECT_EQ(a.slots[i].parent, b.slots[i].parent);
    EXPECT_EQ(a.slots[i].site.dimension, b.slots[i].site.dimension);
    EXPECT_LT((a.slots[i].site.projector() - b.slots[i].site.projector()).cwiseAbs().maxCoeff(), 1e-12);
    EXPECT_LT((a.slots[i].site.offset - b.slots[i].site.offset).cwiseAbs().maxCoeff(), 1e-12);
  }
  ASSERT_EQ(a.bonds.size(), b.bonds.size());
  for (size_t i = 0; i < a.bonds.size(); ++i) {
    EXPECT_EQ(a.bonds[i].i, b.bonds[i].i);
    EXPECT_EQ(a.bonds[i].j, b.bonds[i].j);
    EXPECT_EQ(a.bonds[i].op, b.bonds[i].op);
    EXPECT_EQ(a.bonds[i].intra, b.bonds[i].intra);
  }
}

TEST(ChemistryLibrary, GivesBackRealChemistriesAfterSavingAndLoading) {
  const auto entries = test::sample_entries();
  ASSERT_GE(entries.size(), 10u);
  const auto library = test::sample_library();
  const auto path = temporary("round.safetensors");
  library.save(path, {{"dataset", "sample"}});
  const auto loaded = ChemistryLibrary::load(path);
  ASSERT_EQ(loaded.size(), static_cast<int64_t>(entries.size()));
  EXPECT_EQ(loaded.metadata().at("dataset"), "sample");
  EXPECT_TRUE(torch::equal(loaded.embeddings(), library.embeddings()));
  for (size_t i = 0; i < entries.size(); ++i) {
    SCOPED_TRACE(entries[i].id);
    const auto entry = loaded.entry(static_cast<int64_t>(i));
    EXPECT_EQ(entry.id, entries[i].id);
    EXPECT_EQ(entry.linkers, entries[i].linkers);
    EXPECT_EQ(entry.framework_dimension, entries[i].framework_dimension);
    EXPECT_NEAR(entry.volume, entries[i].volume, 1e-3);
    expect_same(entry.chemistry, entries[i].chemistry);
  }
}

// Independent computation: the atoms that the full expansion of the structure has.
TEST(ChemistryLibrary, KnowsTheCompositionOfTheCell) {
  const auto library = test::sample_library();
  for (int64_t i = 0; i < library.size(); ++i) {
    SCOPED_TRACE(library.id(i));
    const auto crystal = expand(test::real_structures()[static_cast<size_t>(i)].unit);
    Composition expected;
    for (const int z : crystal.atomic_numbers) ++expected[z];
    EXPECT_EQ(library.facts(i).composition, expected);
    EXPECT_EQ(library.facts(i).n_atoms, crystal.n_atoms());
  }
}

TEST(ChemistryLibrary, RefusesDamagedFilesByNameOfTheDamage) {
  const auto good = temporary("good.safetensors");
  test::sample_library().save(good, {});
  const auto damaged = [&](const std::string& name, const std::function<void(torch::Tensor&)>& change) {
    auto file = nn::load_tensors(good);
    change(file.tensors.at(name));
    const auto path = temporary("damaged.safetensors");
    nn::save_tensors(path, file.tensors, file.metadata);
    return error_of([&] { ChemistryLibrary::load(path); });
  };
  EXPECT_NE(damaged("space_group", [](auto& t) { t[0] = 231; }).find("a space group is outside 1..230"),
            std::string::npos);
  EXPECT_NE(damaged("slot_element", [](auto& t) { t[0] = 0; }).find("atomic number"), std::string::npos);
  EXPECT_NE(damaged("slot_parent", [](auto& t) { t[0] = 5; }).find("parent"), std::string::npos);
  EXPECT_NE(damaged("slot_offsets", [](auto& t) { t[1] = 1'000'000; }).find("offsets"), std::string::npos);
  EXPECT_NE(damaged("bonds", [](auto& t) { t[0][1] = 100000; }).find("a bond names"), std::string::npos);
  EXPECT_NE(damaged("embeddings", [](auto& t) { t[0][0] = std::nan(""); }).find("embedding"),
            std::string::npos);
  EXPECT_NE(damaged("volume", [](auto& t) { t[0] = -1; }).find("volume"), std::string::npos);
  EXPECT_NE(damaged("text", [](auto& t) { t = t.slice(0, 0, 3); }).find("length"), std::string::npos);
  EXPECT_NE(damaged("bonds", [](auto& t) { t = t.slice(1, 0, 3); }).find("has 3 columns, expected 4"),
            std::string::npos);
  EXPECT_NE(damaged("volume", [](auto& t) { t = t.to(torch::kFloat64); }).find("another type"),
            std::string::npos);
}

TEST(ChemistryLibrary, RefusesOtherFiles) {
  const auto path = temporary("other.safetensors");
  nn::save_tensors(path, {{"x", torch::zeros({1})}}, {{"format", "clamp-encoders"}, {"format_version", "1"}});
  EXPECT_EQ(
      error_of([&] { ChemistryLibrary::load(path); }),
      path +
          ": found format 'clamp-encoders' version '1', expected 'clamp-library' version '1' (clamp-train "
          "library writes it)");
}

}  // namespace
}  // namespace clamp::sampler
