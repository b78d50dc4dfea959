#include "sampler/model_composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"
#include "evaluate/molecule.h"

namespace clamp::sampler {
namespace {

// "12 draws: 3 without a way on, 9 failed charges"
std::string counted(const DrawCounts& counts) {
  std::string text =
      fmt::format("{} draws: {} had no way on under the demands", counts.draws, counts.dead_ends);
  for (const auto& [name, count] : counts.failed)
    text += fmt::format(", {} failed the check '{}'", count, name);
  return text;
}

diffusion::ComposerPrompt one_row(const torch::Tensor& states, const torch::Tensor& embedding, bool large) {
  diffusion::ComposerPrompt prompt;
  prompt.states = states.unsqueeze(0).to(torch::kFloat32);  // [1, words, width]
  prompt.mask = torch::ones({1, states.size(0)}, torch::kBool);
  prompt.embedding = embedding.unsqueeze(0).to(torch::kFloat32);
  prompt.nothing = torch::zeros({1}, torch::kBool);
  prompt.large = torch::full({1}, large, torch::kBool);
  return prompt;
}

// The charges of the forms' molecules; none where a molecule is no SMILES or the form not a whole number of
// them.
diffusion::ComposerCharges charges_of(const diffusion::ComposerModel& model) {
  const auto& knowledge = model.knowledge();
  std::vector<std::optional<evaluate::MoleculeSize>> sizes;
  for (const auto& smiles : knowledge.molecules) {
    try {
      sizes.emplace_back(evaluate::molecule_size(smiles));
    } catch (const Error&) {
      sizes.emplace_back();
    }
  }
  diffusion::ComposerCharges charges;
  charges.oxidation_states = oxidation_states;
  for (int32_t f = 0; f < knowledge.dictionary.n_forms(); ++f) {
    const auto& size = sizes[static_cast<size_t>(knowledge.molecule_of_form[static_cast<size_t>(f)])];
    const auto atoms = model.facts().n_atoms(f, std::max(1, knowledge.dictionary.form(f).space_group));
    const bool whole = size && atoms % size->n_atoms == 0;
    charges.of_form.push_back(
        whole ? std::optional<int>(static_cast<int>(atoms / size->n_atoms) * size->charge) : std::nullopt);
  }
  return charges;
}

void require_text(const torch::Tensor& states, const torch::Tensor& embedding,
                  const diffusion::ComposerConfig& config) {
  if (states.defined() && states.size(1) == config.text_width && embedding.size(0) == config.text_dim) return;
  fail(fmt::format(
      "the composer was trained on text states of width {} and embeddings of {}, the encoders "
      "give {} and {}; train it anew with clamp-train diffusion --part composer",
      config.text_width, config.text_dim, states.defined() ? states.size(1) : 0, embedding.size(0)));
}

}  // namespace

ModelComposer::ModelComposer(std::unique_ptr<diffusion::ComposerModel> model,
                             const ModelComposerConfig& config, const relax::GeometryTable* table,
                             std::shared_ptr<const PromptVolume> volume)
    : model_(std::move(model)),
      charges_(charges_of(*model_)),
      config_(config),
      table_(table),
      volume_(std::move(volume)) {
  if (!(config_.temperature > 0))
    fail_usage(fmt::format("--temperature: found {}, expected a number above 0", config_.temperature));
}

std::vector<int32_t> ModelComposer::forms_where(const std::map<int, int>& heavy_atoms,
                                                const std::function<bool(const std::string&)>& fits) const {
  const auto& knowledge = model_->knowledge();
  const auto wanted = reduced({heavy_atoms.begin(), heavy_atoms.end()});
  std::vector<int32_t> forms;
  for (int32_t f = 0; f < knowledge.dictionary.n_forms(); ++f) {
    // A form can be several copies of its molecule.
    Composition counts;
    model_->facts().add(f, std::max(1, knowledge.dictionary.form(f).space_group), counts);
    counts.erase(1);
    if (counts.empty() || reduced(counts) != wanted) continue;
    try {
      const auto molecule = static_cast<size_t>(knowledge.molecule_of_form[static_cast<size_t>(f)]);
      if (fits(knowledge.molecules[molecule])) forms.push_back(f);
    } catch (const Error&) {
      continue;  // what RDKit does not take is nobody's linker
    }
  }
  return forms;
}

std::vector<int32_t> ModelComposer::forms_of(const std::string& smiles) const {
  const std::lock_guard<std::mutex> lock(forms_mutex_);
  const auto known = forms_.find(smiles);
  if (known != forms_.end()) return known->second;
  const auto wanted = evaluate::neutral_smiles(smiles);
  return forms_[smiles] = forms_where(evaluate::heavy_atoms(smiles), [&](const std::string& molecule) {
           return evaluate::neutral_smiles(molecule) == wanted;
         });
}

void ModelComposer::demand_node(const Composition& node, diffusion::ComposerDemands& demands) const {
  for (const auto& item : node) {
    const int z = item.first;
    demands.required.set(static_cast<size_t>(z));
    if (is_metal(z)) continue;
    const std::map<int, int> alone = {{z, 1}};  // as in water, hydroxide and oxide
    demands.molecules.push_back(forms_where(
        alone, [&](const std::string& molecule) { return evaluate::heavy_atoms(molecule) == alone; }));
    if (!demands.molecules.back().empty()) continue;
    fail(fmt::format("--node {}: {} alone bridges metals in no structure that this composer learnt from",
                     formula_text(node), element_symbol(z)));
  }
}

diffusion::ComposerDemands ModelComposer::demands_of(const Constraints& constraints) const {
  diffusion::ComposerDemands demands;
  demands.max_atoms = config_.max_atoms;
  demands.charges = &charges_;
  if (constraints.atoms) {
    demands.min_atoms = constraints.atoms->min;
    demands.max_atoms = std::min(constraints.atoms->max, config_.most_atoms);
    if (demands.min_atoms > demands.max_atoms) {
      fail(fmt::format("at least {} atoms are asked for, and this composer makes at most {}",
                       demands.min_atoms, config_.most_atoms));
    }
  }
  const auto& allowed = constraints.allowed_elements;
  const bool no_carbon = !allowed.empty() && std::find(allowed.begin(), allowed.end(), 6) == allowed.end();
  if (no_carbon || (!constraints.formula.empty() && constraints.formula.count(6) == 0))
    fail("the demands leave out carbon, and this composer makes metal-organic chemistries; allow C");
  for (const int z : constraints.allowed_elements) demands.allowed.set(static_cast<size_t>(z));
  for (const int z : constraints.required_elements) demands.required.set(static_cast<size_t>(z));
  if (!constraints.formula.empty()) demands.formula = reduced(constraints.formula);
  demands.space_group = constraints.space_group.value_or(0);
  demands.framework_dimension = constraints.framework_dimension.value_or(-1);
  for (const auto& linker : constraints.linkers) {
    demands.molecules.push_back(forms_of(linker));
    if (!demands.molecules.back().empty()) continue;
    fail(
        fmt::format("--linker {}: not among the {} molecules that this composer knows; it combines known "
                    "molecules anew and invents none",
                    linker, model_->knowledge().molecules.size()));
  }
  for (const auto& node : constraints.nodes) demand_node(node, demands);
  return demands;
}

diffusion::ComposerDemands ModelComposer::with_named(diffusion::ComposerDemands demands,
                                                     const NamedParts& named) const {
  for (const int z : named.metals) {
    const auto bit = static_cast<size_t>(z);
    const bool allowed = (demands.allowed.none() || demands.allowed[bit]) &&
                         (demands.formula.empty() || demands.formula.count(z) > 0);
    if (allowed) demands.required.set(bit);
  }
  for (const auto& linker : named.linkers) {
    auto forms = forms_of(linker);
    if (!forms.empty()) demands.molecules.push_back(std::move(forms));
  }
  return demands;
}

struct ModelComposer::Draw {
  diffusion::ComposerPrompt prompt, negative;
  bool has_negative = false;
  std::vector<Composition> nodes;  ///< demanded
  double volume_factor = 1;        ///< on the volume that the atoms let expect
  uint64_t seed = 0;
};

std::optional<ComposedChemistry> ModelComposer::draw(const Draw& sample,
                                                     const diffusion::ComposerDemands& demands,
                                                     int64_t max_draws, DrawCounts& counts) const {
  diffusion::DrawOptions options;
  options.guidance_scale = config_.guidance_scale;
  options.temperature = config_.temperature;
  const auto& known = model_->knowledge().known;
  while (counts.draws < max_draws) {
    const auto together = std::min(counts.draws == 0 ? 1 : config_.round, max_draws - counts.draws);
    std::vector<uint64_t> seeds;
    for (int64_t k = 0; k < together; ++k)
      seeds.push_back(derive_seed(sample.seed, static_cast<uint64_t>(counts.draws + k)));
    const auto* against = sample.has_negative ? &sample.negative : nullptr;
    for (const auto& tokens : model_->draw(sample.prompt, against, demands, options, seeds)) {
      ++counts.draws;
      if (tokens.empty()) {
        ++counts.dead_ends;
        continue;
      }
      const auto decoded = diffusion::decode(tokens, model_->knowledge().dictionary);
      ComposedChemistry composed;
      composed.chemistry = diffusion::to_chemistry(decoded.blocks);
      const auto checks = check_chemistry(composed.chemistry, decoded.framework_dimension);
      for (const auto& name : checks.failures) ++counts.failed[name];
      if (!checks.passed()) continue;
      if (!holds_nodes(sample.nodes, checks.blocks.nodes)) {
        ++counts.failed["node"];
        continue;
      }
      composed.source = "model";
      composed.novel = !std::binary_search(known.begin(), known.end(), composition_hash(checks.blocks));
      composed.similarity = std::numeric_limits<double>::quiet_NaN();
      composed.framework_dimension = decoded.framework_dimension;
      if (table_ != nullptr) {
        composed.expected_volume = sample.volume_factor * table_->predicted_volume(composed.chemistry);
        composed.reference_volume = composed.expected_volume;
      }
      composed.counts = counts;
      return composed;
    }
  }
  return std::nullopt;
}

ComposedChemistry ModelComposer::compose(const ComposeRequest& request, uint64_t seed, int64_t index) const {
  require_text(request.prompt_states, request.prompt, model_->config());
  const auto demands = demands_of(request.constraints);
  const bool large = demands.max_atoms > diffusion::kSmallCell;
  Draw sample;
  sample.prompt = one_row(request.prompt_states, request.prompt, large);
  sample.has_negative = request.negative_prompt.defined();
  if (sample.has_negative) {
    require_text(request.negative_states, request.negative_prompt, model_->config());
    sample.negative = one_row(request.negative_states, request.negative_prompt, large);
  }
  sample.nodes = request.constraints.nodes;
  if (volume_) sample.volume_factor = volume_->factor(request.prompt);
  sample.seed = derive_seed(seed, static_cast<uint64_t>(index));
  DrawCounts counts;
  if (!request.named.empty()) {
    const auto named = std::min(config_.named_draws, config_.max_draws);
    if (auto found = draw(sample, with_named(demands, request.named), named, counts)) return *found;
  }
  if (auto found = draw(sample, demands, config_.max_draws, counts)) return *found;
  throw NoChemistry("no chemistry was found that meets the request: " + counted(counts) + ". Loosen a demand",
                    counts);
}

}  // namespace clamp::sampler
