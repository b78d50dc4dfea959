#include "sampler/library_composer.h"

#include <cmath>
#include <map>
#include <set>

#include "evaluate/building_blocks.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

using test::error_of;
using test::sample_library;
using test::unit_rows;

LibraryComposer composer_at(double temperature) {
  LibraryComposerConfig config;
  config.temperature = temperature;
  return LibraryComposer(sample_library(), config);
}

CandidateFacts facts_of(const LibraryComposer& composer, const std::string& id) {
  const auto& library = composer.library();
  for (int64_t i = 0; i < library.size(); ++i) {
    if (library.id(i) == id) return library.facts(i);
  }
  ADD_FAILURE() << "no entry " << id;
  return {};
}

TEST(LibraryComposer, DrawsMeetEveryDemand) {
  const auto composer = composer_at(10);
  Constraints constraints;
  constraints.atoms = AtomRange{40, 100};
  constraints.required_elements = {6, 7};
  std::set<int> allowed;
  for (int64_t i = 0; i < 9; ++i) {
    for (const auto& item : composer.library().facts(i).composition) allowed.insert(item.first);
  }
  constraints.allowed_elements.assign(allowed.begin(), allowed.end());
  ComposeRequest request;
  request.prompt = unit_rows(1, 3)[0];
  request.constraints = constraints;
  for (const uint64_t seed : {0, 1, 2, 3}) {
    for (int64_t index = 0; index < 10; ++index) {
      SCOPED_TRACE("seed " + std::to_string(seed) + " index " + std::to_string(index));
      const auto facts = facts_of(composer, composer.compose(request, seed, index).library_id);
      for (const auto& demand : demands(constraints))
        EXPECT_TRUE(demand.met(constraints, facts)) << demand.text;
    }
  }
}

TEST(LibraryComposer, DemandedMoleculesAreThere) {
  const auto composer = composer_at(10);
  ComposeRequest request;
  request.prompt = unit_rows(1, 3)[0];
  int demanded = 0;
  for (int64_t i = 0; i < composer.library().size(); ++i) {
    for (const auto& fragment : evaluate::building_blocks(composer.library().entry(i).chemistry).fragments) {
      if (!fragment.is_linker || !fragment.molecule.sane) continue;
      // As the neutral molecule: charges do not matter.
      request.constraints.linkers = {evaluate::neutral_smiles(fragment.molecule.smiles)};
      const auto composed = composer.compose(request, 1, 0);
      std::set<std::string> found;
      for (const auto& other : evaluate::building_blocks(composed.chemistry).fragments)
        found.insert(other.molecule.sane ? evaluate::neutral_smiles(other.molecule.smiles) : "");
      EXPECT_EQ(found.count(request.constraints.linkers[0]), 1U) << request.constraints.linkers[0];
      ++demanded;
    }
  }
  EXPECT_GE(demanded, 10);
  request.constraints.linkers = {"C1CCCCCCC1"};
  EXPECT_NE(error_of([&] { composer.compose(request, 1, 0); }).find("; with the molecule C1CCCCCCC1"),
            std::string::npos);
}

TEST(LibraryComposer, DemandedNodesAreThere) {
  const auto composer = composer_at(10);
  ComposeRequest request;
  request.prompt = unit_rows(1, 3)[0];
  std::set<std::string> demanded;
  for (int64_t i = 0; i < composer.library().size(); ++i) {
    for (const auto& node : evaluate::building_blocks(composer.library().entry(i).chemistry).nodes) {
      request.constraints.nodes = {parse_node(node.formula)};
      const auto composed = composer.compose(request, 1, 0);
      EXPECT_TRUE(holds_nodes(request.constraints.nodes, evaluate::building_blocks(composed.chemistry).nodes))
          << node.formula;
      demanded.insert(node.formula);
    }
  }
  EXPECT_GE(demanded.size(), 4U);
  request.constraints.nodes = {parse_node("Zn7O")};
  EXPECT_NE(error_of([&] { composer.compose(request, 1, 0); }).find("; with the node OZn7"),
            std::string::npos);
}

TEST(LibraryComposer, SpaceGroupFormulaAndDimensionAreObeyed) {
  const auto composer = composer_at(10);
  ComposeRequest request;
  request.prompt = unit_rows(1, 3)[0];
  for (int64_t i = 0; i < composer.library().size(); ++i) {
    const auto& facts = composer.library().facts(i);
    request.constraints = {};
    request.constraints.space_group = facts.space_group;
    request.constraints.formula = facts.composition;
    request.constraints.framework_dimension = facts.framework_dimension;
    const auto drawn = facts_of(composer, composer.compose(request, 0, 0).library_id);
    EXPECT_EQ(drawn.space_group, facts.space_group);
    EXPECT_EQ(reduced(drawn.composition), reduced(facts.composition));
    EXPECT_EQ(drawn.framework_dimension, facts.framework_dimension);
  }
}

TEST(LibraryComposer, ARequestThatNothingMeetsIsExplainedWithNumbers) {
  const auto composer = composer_at(0.02);
  ComposeRequest request;
  request.prompt = unit_rows(1, 3)[0];
  request.constraints.required_elements = {95};
  request.constraints.space_group = composer.library().facts(0).space_group;
  const auto text = error_of([&] { composer.compose(request, 0, 0); });
  const auto n = std::to_string(composer.library().size());
  EXPECT_EQ(text.find("no chemistry of the library's " + n + " meets the request; with Am: 0; space group "),
            0u)
      << text;
}

TEST(LibraryComposer, NearZeroTemperatureTakesTheMostSimilarFirst) {
  const auto composer = composer_at(1e-6);
  for (int64_t i = 0; i < composer.library().size(); ++i) {
    ComposeRequest request;
    request.prompt = composer.library().embeddings()[i];
    const auto composed = composer.compose(request, 5, 0);
    EXPECT_EQ(composed.library_id, composer.library().id(i));
    EXPECT_NEAR(composed.similarity, 1, 1e-2);  // half precision keeps three digits
    EXPECT_FALSE(composed.novel);
    EXPECT_EQ(composed.source, "library");
  }
}

TEST(LibraryComposer, SamplesOfARunDifferUntilAllWereTaken) {
  const auto composer = composer_at(0.02);
  ComposeRequest request;
  request.prompt = unit_rows(1, 3)[0];
  std::set<std::string> ids;
  const auto n = composer.library().size();
  for (int64_t i = 0; i < n; ++i) ids.insert(composer.compose(request, 9, i).library_id);
  EXPECT_EQ(static_cast<int64_t>(ids.size()), n);
  EXPECT_EQ(composer.compose(request, 9, n).library_id, composer.compose(request, 9, 0).library_id);
}

// The first draw follows the softmax of similarity / temperature (closed form), over many seeds.
TEST(LibraryComposer, FirstDrawsFollowTheSoftmax) {
  const double temperature = 0.3;
  const auto composer = composer_at(temperature);
  ComposeRequest request;
  request.prompt = unit_rows(1, 4)[0];
  const auto expected =
      torch::softmax(torch::mv(composer.library().embeddings(), request.prompt) / temperature, 0);
  constexpr int kDraws = 3000;
  std::map<std::string, int> counts;
  for (int seed = 0; seed < kDraws; ++seed)
    ++counts[composer.compose(request, static_cast<uint64_t>(seed), 0).library_id];
  for (int64_t i = 0; i < composer.library().size(); ++i) {
    const double p = expected[i].item<double>();
    const double spread = std::sqrt(p * (1 - p) / kDraws);
    EXPECT_NEAR(counts[composer.library().id(i)] / double(kDraws), p, 4.5 * spread)
        << composer.library().id(i);
  }
}

TEST(LibraryComposer, ANegativePromptPushesItsOwnAway) {
  const auto composer = composer_at(1e-6);
  ComposeRequest request;
  request.prompt = composer.library().embeddings()[0];
  request.negative_prompt = request.prompt;
  // Every score is zero then: only noise orders them, and other entries come first for some seeds.
  std::set<std::string> first;
  for (uint64_t seed = 0; seed < 20; ++seed) first.insert(composer.compose(request, seed, 0).library_id);
  EXPECT_GT(first.size(), 3u);
}

TEST(LibraryComposer, RefusesAnEmbeddingOfAnotherSize) {
  const auto composer = composer_at(0.02);
  ComposeRequest request;
  request.prompt = torch::zeros({16});
  EXPECT_EQ(error_of([&] { composer.compose(request, 0, 0); }),
            "the prompt's embedding has 16 numbers and the library's have 8: the library belongs to another "
            "encoder; "
            "build it anew with clamp-train library");
}

TEST(LibraryComposer, RefusesATemperatureOfZero) {
  EXPECT_EQ(error_of([] { composer_at(0); }), "--temperature: found 0, expected a number above 0");
}

}  // namespace
}  // namespace clamp::sampler
