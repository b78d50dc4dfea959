#include "sampler/model_composer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "core/error.h"
#include "evaluate/molecule.h"
#include "nn/random.h"
#include "sampler/composer_checks.h"
#include "sampler/result_json.h"
#include "tests/sampler/sample_library.h"
#include "tests/support/random_crystal.h"
#include "tests/support/units.h"

namespace clamp::sampler {
namespace {

constexpr int64_t kTextWidth = 12, kTextDim = 8;

// States and embedding of a text of `words` tokens, drawn from a seed.
diffusion::ComposerPrompt prompt_of(uint64_t seed, int64_t words = 4) {
  auto generator = nn::make_generator(seed);
  diffusion::ComposerPrompt prompt;
  prompt.states = torch::randn({1, words, kTextWidth}, generator);
  prompt.mask = torch::ones({1, words}, torch::kBool);
  prompt.embedding = torch::randn({1, kTextDim}, generator);
  prompt.nothing = torch::zeros({1}, torch::kBool);
  prompt.large = torch::zeros({1}, torch::kBool);
  return prompt;
}

ComposeRequest request_of(uint64_t seed) {
  const auto prompt = prompt_of(seed);
  ComposeRequest request;
  request.prompt = prompt.embedding[0];
  request.prompt_states = prompt.states[0];
  return request;
}

// An untrained model that knows the molecules of the samples: its draws obey the grammar all the same.
std::unique_ptr<diffusion::ComposerModel> untrained(bool causal = true, std::vector<int64_t> known = {}) {
  std::vector<diffusion::Blocks> blocks;
  for (const AsymmetricUnit& unit : tests::qmof_units())
    blocks.push_back(diffusion::to_blocks(unit.chemistry));
  diffusion::ComposerKnowledge knowledge;
  knowledge.dictionary = diffusion::ComposerDictionary::build(blocks, 1);
  for (int32_t f = 0; f < knowledge.dictionary.n_forms(); ++f) {
    knowledge.molecule_of_form.push_back(f);
    knowledge.molecules.push_back(f == 0 ? "O=C([O-])c1ccc(C(=O)[O-])cc1" : "?" + std::to_string(f));
  }
  knowledge.known = std::move(known);
  diffusion::ComposerConfig config;
  config.width = 16;
  config.layers = 1;
  config.heads = 2;
  config.hidden = 32;
  config.text_layers = 1;
  config.text_width = kTextWidth;
  config.text_dim = kTextDim;
  config.max_length = 64;
  config.causal = causal;
  at::manual_seed(3);
  auto model = std::make_unique<diffusion::ComposerModel>(config, std::move(knowledge));
  model->network()->eval();
  return model;
}

TEST(ComposerModel, DrawsDependOnTheirSeedsAlone) {
  const auto model = untrained();
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  const auto together = model->draw(prompt_of(1), nullptr, demands, {}, {1, 2, 3});
  for (size_t k = 0; k < 3; ++k)
    EXPECT_EQ(model->draw(prompt_of(1), nullptr, demands, {}, {k + 1})[0], together[k]);
}

TEST(ComposerModel, GuidanceOfOneIsThePlainPrompt) {
  const auto model = untrained();
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  diffusion::DrawOptions plain, guided;
  plain.guidance_scale = 1;
  guided.guidance_scale = 1 + 1e-9;  // two passes, the same scores but for rounding
  EXPECT_EQ(model->draw(prompt_of(1), nullptr, demands, plain, {5}),
            model->draw(prompt_of(1), nullptr, demands, guided, {5}));
}

TEST(ComposerModel, PaddingOfAShorterNegativePromptChangesNothing) {
  const auto model = untrained();
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  diffusion::DrawOptions options;
  options.guidance_scale = 0;  // the negative prompt alone
  const auto negative = prompt_of(2, 3);
  const auto beside = model->draw(prompt_of(1, 9), &negative, demands, options, {7, 8});
  options.guidance_scale = 1;
  EXPECT_EQ(model->draw(negative, nullptr, demands, options, {7, 8}), beside);
}

TEST(ComposerModel, NoPromptHidesTheText) {
  const auto model = untrained();
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  diffusion::DrawOptions options;
  options.guidance_scale = 0;
  EXPECT_EQ(model->draw(prompt_of(1, 4), nullptr, demands, options, {1, 2}),
            model->draw(prompt_of(2, 7), nullptr, demands, options, {1, 2}));
}

TEST(ComposerModel, SavedAndLoadedModelsDrawTheSame) {
  const auto model = untrained();
  const tests::TemporaryFolder folder;
  const auto path = folder.path() + "/composer.safetensors";
  auto weights = nn::state_of(*model->network(), "");
  for (auto& [name, value] : weights)
    value = value.to(at::kHalf).to(at::kFloat);  // what a file keeps of matrices
  nn::load_state(*model->network(), weights, "", "test");
  model->save(path, weights, {{"note", "kept"}});
  const auto again = diffusion::ComposerModel::load(path, torch::kCPU);
  EXPECT_EQ(again->metadata().at("note"), "kept");
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  EXPECT_EQ(again->draw(prompt_of(3), nullptr, demands, {}, {1, 2, 3, 4}),
            model->draw(prompt_of(3), nullptr, demands, {}, {1, 2, 3, 4}));
}

// Sums of the oxidation states of the metals and of the molecules' charges, read from the tokens themselves.
bool neutral(const diffusion::Tokens& tokens, const diffusion::ComposerDictionary& dictionary,
             const diffusion::ComposerCharges& charges) {
  namespace token = diffusion::token;
  const int number = tokens[1] - token::kSpaceGroup + 1;
  const auto order = static_cast<int>(space_group(number).operations.size());
  std::set<int> sums = {0};
  for (size_t k = 3; k < tokens.size(); ++k) {
    std::vector<int> steps;
    if (tokens[k] >= token::kForm) {
      const auto form = tokens[k] - token::kForm;
      const int copies = dictionary.form(form).space_group == 0 ? order : 1;
      steps = {*charges.of_form[static_cast<size_t>(form)] * copies};
    } else if (tokens[k] >= token::kElement && tokens[k] < token::kSite) {
      const auto& site = dictionary.site(number, tokens[k + 1] - token::kSite);
      for (const int state : charges.oxidation_states(tokens[k] - token::kElement))
        steps.push_back(state * static_cast<int>(diffusion::multiplicity(number, site)));
    } else {
      continue;
    }
    std::set<int> next;
    for (const int sum : sums) {
      for (const int step : steps) next.insert(sum + step);
    }
    sums.swap(next);
  }
  return sums.count(0) > 0;
}

TEST(ComposerModel, EndsNeutralWhereChargesAreGiven) {
  const auto model = untrained();
  const auto& dictionary = model->knowledge().dictionary;
  diffusion::ComposerCharges charges;
  charges.oxidation_states = oxidation_states;
  for (int32_t f = 0; f < dictionary.n_forms(); ++f) charges.of_form.emplace_back(f % 3 - 1);
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  std::vector<uint64_t> seeds(300);
  std::iota(seeds.begin(), seeds.end(), 1);
  const auto share = [&] {
    int made = 0, balanced = 0;
    for (const auto& tokens : model->draw(prompt_of(1), nullptr, demands, {}, seeds)) {
      if (tokens.empty()) continue;
      ++made;
      balanced += neutral(tokens, dictionary, charges) ? 1 : 0;
    }
    return std::make_pair(balanced, made);
  };
  const auto [by_chance, without] = share();
  EXPECT_LT(by_chance, without / 2);
  demands.charges = &charges;
  const auto [balanced, made] = share();
  EXPECT_GT(made, 10);
  EXPECT_EQ(balanced, made);
}

TEST(ComposerModel, LeavesNoMetalWithoutABond) {
  const auto model = untrained();
  diffusion::ComposerDemands demands;
  demands.max_atoms = 200;
  std::vector<uint64_t> seeds(40);
  std::iota(seeds.begin(), seeds.end(), 1);
  int made = 0;
  for (const auto& tokens : model->draw(prompt_of(1), nullptr, demands, {}, seeds)) {
    if (tokens.empty()) continue;
    ++made;
    const auto blocks = diffusion::decode(tokens, model->knowledge().dictionary).blocks;
    std::set<int> bonded;
    for (const auto& bond : blocks.metal_bonds) bonded.insert({bond.from, bond.to});
    for (const auto& molecule : blocks.molecules) {
      for (const auto& grip : molecule.grips) bonded.insert(grip.to);
    }
    EXPECT_EQ(bonded.size(), blocks.metals.size());
  }
  EXPECT_GT(made, 10);
}

TEST(ComposerModel, MaskedDrawsThatBreakTheGrammarAreGivenUp) {
  const auto model = untrained(false);
  diffusion::ComposerDemands demands;
  for (const auto& tokens : model->draw(prompt_of(1), nullptr, demands, {}, {1, 2}))
    EXPECT_TRUE(tokens.empty());
}

TEST(ComposerModel, ForeignFilesAreRefused) {
  const tests::TemporaryFolder folder;
  const auto path = folder.path() + "/other.safetensors";
  nn::save_tensors(path, {{"x", torch::zeros({2})}}, {{"format", "something"}});
  EXPECT_EQ(test::error_of([&] { diffusion::ComposerModel::load(path, torch::kCPU); }),
            path + ": its format is 'something', expected clamp-composer-1");
}

ModelComposerConfig roomy() {
  ModelComposerConfig config;
  config.max_atoms = config.most_atoms = 200;
  config.max_draws = 800;
  return config;
}

TEST(ModelComposer, KeepsDemandsAndPassesTheChecks) {
  const ModelComposer composer(untrained(), roomy(), nullptr);
  for (const int z : {30, 29}) {
    SCOPED_TRACE(z);
    auto request = request_of(1);
    request.constraints.required_elements = {z};
    const auto composed = composer.compose(request, 1, 0);
    const auto numbers = atomic_numbers_of(composed.chemistry);
    EXPECT_NE(std::find(numbers.begin(), numbers.end(), z), numbers.end());
    EXPECT_TRUE(check_chemistry(composed.chemistry, composed.framework_dimension).passed());
    EXPECT_EQ(composed.source, "model");
    EXPECT_GE(composed.counts.draws, 1);
  }
}

TEST(ModelComposer, NamedPartsAreThereWhereTheyCanBe) {
  auto config = roomy();
  config.named_draws = config.max_draws;
  const ModelComposer composer(untrained(), config, nullptr);
  const std::string known = "O=C(O)c1ccc(C(=O)O)cc1", unknown = "C1CCCCC1";
  const auto& dictionary = composer.model().knowledge().dictionary;
  for (const int z : {30, 29}) {
    SCOPED_TRACE(z);
    auto request = request_of(1);
    request.named = {{z}, {known, unknown}};
    const auto composed = composer.compose(request, 1, 0);
    const auto numbers = atomic_numbers_of(composed.chemistry);
    EXPECT_NE(std::find(numbers.begin(), numbers.end(), z), numbers.end());
    const auto molecules = diffusion::to_blocks(composed.chemistry).molecules;
    EXPECT_TRUE(std::any_of(molecules.begin(), molecules.end(),
                            [&](const auto& molecule) { return dictionary.form_index(molecule.form) == 0; }));
    EXPECT_TRUE(check_chemistry(composed.chemistry, composed.framework_dimension).passed());
  }
}

TEST(ModelComposer, DemandedNodesAreThere) {
  auto config = roomy();
  const ModelComposer composer(untrained(), config, nullptr);
  auto request = request_of(1);
  request.constraints.nodes = {parse_node("Cu")};
  const auto composed = composer.compose(request, 1, 0);
  const auto checks = check_chemistry(composed.chemistry, composed.framework_dimension);
  EXPECT_TRUE(checks.passed());
  EXPECT_TRUE(holds_nodes(request.constraints.nodes, checks.blocks.nodes));
  request.constraints.nodes = {parse_node("CuXe")};
  EXPECT_EQ(test::error_of([&] { composer.compose(request, 1, 0); }),
            "--node CuXe: Xe alone bridges metals in no structure that this composer learnt from");
  config.max_draws = 100;
  request.constraints.nodes = {parse_node("Cu50")};
  EXPECT_NE(test::error_of([&] {
              ModelComposer(untrained(), config, nullptr).compose(request, 1, 0);
            }).find("failed the check 'node'"),
            std::string::npos);
}

TEST(ModelComposer, ConstraintsComeBeforeNamedParts) {
  auto config = roomy();
  config.named_draws = 5;
  const ModelComposer composer(untrained(), config, nullptr);
  auto request = request_of(1);
  request.constraints.required_elements = {29};
  request.constraints.allowed_elements = {29, 1, 6, 7, 8};
  const auto plain = atomic_numbers_of(composer.compose(request, 1, 0).chemistry);
  request.named.metals = {30};  // is not allowed, so it changes nothing
  EXPECT_EQ(atomic_numbers_of(composer.compose(request, 1, 0).chemistry), plain);
  // An element that no metal and no molecule of the model is: five draws without a way on, then without it.
  request.named.metals = {36};
  request.constraints.allowed_elements.clear();
  const auto counts = composer.compose(request, 1, 0).counts;
  EXPECT_GT(counts.draws, 5);
  EXPECT_GE(counts.dead_ends, 5);
}

TEST(ModelComposer, SamplesDependOnSeedAndIndexAlone) {
  const ModelComposer composer(untrained(), roomy(), nullptr);
  const auto formulas = [&](uint64_t seed, const std::vector<int64_t>& order) {
    std::map<int64_t, std::vector<int>> found;
    for (const auto index : order)
      found[index] = atomic_numbers_of(composer.compose(request_of(1), seed, index).chemistry);
    return found;
  };
  const auto once = formulas(4, {0, 1, 2});
  EXPECT_EQ(formulas(4, {2, 0, 1}), once);
  EXPECT_NE(formulas(5, {0, 1, 2}), once);
}

TEST(ModelComposer, KnownCompositionsAreNotNovel) {
  const ModelComposer composer(untrained(), roomy(), nullptr);
  const auto first = composer.compose(request_of(1), 1, 0);
  EXPECT_TRUE(first.novel);  // the model was told of none
  const auto hash = composition_hash(check_chemistry(first.chemistry, first.framework_dimension).blocks);
  const ModelComposer told(untrained(true, {hash}), roomy(), nullptr);
  EXPECT_FALSE(told.compose(request_of(1), 1, 0).novel);
}

TEST(ModelComposer, SaysWhatCannotBe) {
  const ModelComposer composer(untrained(), {}, nullptr);
  auto request = request_of(1);
  request.constraints.linkers = {"C1CCCCC1"};
  EXPECT_NE(test::error_of([&] { composer.compose(request, 1, 0); }).find("--linker C1CCCCC1: not among the"),
            std::string::npos);
  request.constraints.linkers.clear();
  request.constraints.allowed_elements = {30, 8, 1};
  EXPECT_EQ(test::error_of([&] { composer.compose(request, 1, 0); }),
            "the demands leave out carbon, and this composer makes metal-organic chemistries; allow C");
  request.constraints.allowed_elements.clear();
  request.constraints.atoms = AtomRange{100, 120};
  EXPECT_EQ(test::error_of([&] { composer.compose(request, 1, 0); }),
            "at least 100 atoms are asked for, and this composer makes at most 64");
  request.constraints.atoms = AtomRange{1, 2};
  const auto text = test::error_of([&] { composer.compose(request, 1, 0); });
  EXPECT_EQ(text.rfind("no chemistry was found that meets the request: 101 draws: 101 had no way on", 0), 0U)
      << text;
}

TEST(ModelComposer, OtherEncodersAreNamed) {
  const ModelComposer composer(untrained(), {}, nullptr);
  auto request = request_of(1);
  request.prompt_states = torch::zeros({4, 5});
  EXPECT_NE(test::error_of([&] {
              composer.compose(request, 1, 0);
            }).find("trained on text states of width 12 and embeddings of 8, the encoders give 5 and 8"),
            std::string::npos);
}

}  // namespace
}  // namespace clamp::sampler
