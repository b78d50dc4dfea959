// clamp-train diffusion --part composer
#include "apps/train_composer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "apps/sha256.h"
#include "core/error.h"
#include "core/seed.h"
#include "evaluate/building_blocks.h"
#include "sampler/composer_checks.h"
#include "train/composer_trainer.h"

namespace clamp::apps {
namespace {

struct Collected {
  std::vector<data::Record> records;
  std::vector<diffusion::Blocks> blocks;
  std::vector<int> dimensions;
  std::vector<bool> large;
  int64_t without_unit = 0, failed = 0, too_long = 0, unknown = 0;
};

std::vector<int> numbers_of(const Chemistry& chemistry) {
  std::vector<int> numbers;
  for (const int slot : expand_atoms(chemistry).slot)
    numbers.push_back(chemistry.slots[static_cast<size_t>(slot)].atomic_number);
  return numbers;
}

// Azolates, which tables of names leave out, by neutral SMILES.
const std::map<std::string, std::string>& azolates() {
  static const std::map<std::string, std::string> names = {
      {"c1c[nH]cn1", "imidazolate"},           {"Cc1ncc[nH]1", "2-methylimidazolate"},
      {"c1ccc2[nH]cnc2c1", "benzimidazolate"}, {"c1cn[nH]c1", "pyrazolate"},
      {"c1nn[nH]n1", "tetrazolate"},           {"c1nnn[nH]1", "tetrazolate"}};
  return names;
}

// Names for captions of molecules that the record does not name.
void name_azolates(const evaluate::BuildingBlocks& blocks, data::Record& record) {
  for (const auto& fragment : blocks.fragments) {
    if (!fragment.is_linker || !fragment.molecule.sane) continue;
    const auto it = azolates().find(evaluate::neutral_smiles(fragment.molecule.smiles));
    if (it == azolates().end()) continue;
    auto& names = record.labels["linker_names"];
    if (names.find(it->second) == std::string::npos) names += (names.empty() ? "" : ";") + it->second;
  }
}

// Adds the structures of a split whose chemistry passes the checks that a composed one must pass.
void collect(const data::Dataset& dataset, const std::string& split, int64_t max_atoms, Logger& logger,
             Collected& found) {
  const auto indices = dataset.indices(split, max_atoms);
  Progress progress(logger, split, static_cast<int64_t>(indices.size()), "structures");
  for (size_t k = 0; k < indices.size() && !interrupted(); ++k) {
    progress.update(static_cast<int64_t>(k));
    const auto unit = dataset.asymmetric_unit(indices[k]);
    if (!unit) {
      ++found.without_unit;
      continue;
    }
    const auto numbers = numbers_of(unit->chemistry);
    const int dimension = framework_dimension(numbers, expand_bonds(*unit));
    const auto checks = sampler::check_chemistry(unit->chemistry, dimension);
    if (!checks.passed()) {
      ++found.failed;
      continue;
    }
    auto record = dataset.read(indices[k]);
    record.crystal = Crystal();
    name_azolates(checks.blocks, record);
    found.records.push_back(std::move(record));
    found.blocks.push_back(diffusion::to_blocks(unit->chemistry));
    found.dimensions.push_back(dimension);
    found.large.push_back(static_cast<int64_t>(numbers.size()) > diffusion::kSmallCell);
  }
  progress.finish();
}

// SMILES of every form, from a structure that has it.
void name_molecules(const Collected& train, diffusion::ComposerKnowledge& knowledge) {
  const auto n_forms = static_cast<size_t>(knowledge.dictionary.n_forms());
  std::vector<std::string> smiles(n_forms);
  for (const auto& blocks : train.blocks) {
    for (const auto& molecule : blocks.molecules) {
      const auto form = knowledge.dictionary.form_index(molecule.form);
      if (form < 0 || !smiles[static_cast<size_t>(form)].empty()) continue;
      auto alone = blocks;
      alone.molecules = {molecule};
      const auto parts = evaluate::building_blocks(diffusion::to_chemistry(alone)).fragments;
      smiles[static_cast<size_t>(form)] = parts.empty() || parts[0].molecule.smiles.empty()
                                              ? fmt::format("?{}", form)
                                              : parts[0].molecule.smiles;
    }
  }
  std::map<std::string, int64_t> index;
  for (const auto& name : smiles) {
    const auto [it, is_new] = index.emplace(name, static_cast<int64_t>(knowledge.molecules.size()));
    if (is_new) knowledge.molecules.push_back(name);
    knowledge.molecule_of_form.push_back(it->second);
  }
}

// Compositions of the training structures of any size.
std::vector<int64_t> known_compositions(const std::vector<const data::Dataset*>& datasets, Logger& logger) {
  std::vector<int64_t> known;
  for (const auto* dataset : datasets) {
    Progress progress(logger, "known compositions", dataset->size(), "structures");
    for (int64_t i = 0; i < dataset->size() && !interrupted(); ++i) {
      progress.update(i);
      if (dataset->split(i) != "train") continue;
      if (const auto unit = dataset->asymmetric_unit(i))
        known.push_back(sampler::composition_hash(evaluate::building_blocks(unit->chemistry)));
    }
    progress.finish();
  }
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  return known;
}

// Takes the records out of `found`.
train::ComposerSet examples(Collected& found, const diffusion::ComposerDictionary& dictionary,
                            int64_t max_length, int64_t captions, const encoders::ClampModel& encoders,
                            uint64_t seed) {
  train::ComposerSet set;
  std::vector<data::Record> records;
  for (size_t k = 0; k < found.blocks.size(); ++k) {
    const auto tokens = diffusion::encode(found.blocks[k], found.dimensions[k], dictionary, nullptr);
    const bool spelled =
        tokens && std::find(tokens->begin(), tokens->end(), diffusion::token::kOpen) != tokens->end();
    if (!tokens || spelled) {
      ++found.unknown;
    } else if (static_cast<int64_t>(tokens->size()) > max_length) {
      ++found.too_long;
    } else {
      set.examples.push_back({found.records[k].id, *tokens, found.large[k]});
      records.push_back(std::move(found.records[k]));
    }
  }
  set.texts = train::encode_composer_texts(records, captions, encoders, seed);
  return set;
}

}  // namespace

int train_composer(const TrainingOptions& options, const std::string& encoder_folder,
                   const CommonOptions& common) {
  auto run = train::read_composer_run(common.config);
  if (options.steps > 0) run.training.steps = options.steps;
  if (common.print_config) {
    std::cout << run.yaml();
    return kExitDone;
  }
  if (options.data.empty() || options.out.empty() || encoder_folder.empty())
    fail_usage("--data, --encoders and --out are needed");
  const auto device = use_device(common);
  std::filesystem::create_directories(options.out);
  const std::string state_path = options.out + "/" + train::kComposerStateFile;
  require_resumable_or_fresh(state_path, options.resume, common.force);

  Logger logger(common.log_level());
  const auto encoders = encoders::ClampModel::load(encoder_folder, device);
  std::vector<data::Dataset> datasets;
  for (const auto& path : options.data) datasets.push_back(data::Dataset::open(path));
  Collected train_found, val_found;
  for (const auto& dataset : datasets) collect(dataset, "train", run.training.max_atoms, logger, train_found);
  collect(datasets.front(), "val", std::min(run.training.max_atoms, diffusion::kSmallCell), logger,
          val_found);
  diffusion::ComposerKnowledge knowledge;
  knowledge.dictionary = diffusion::ComposerDictionary::build(train_found.blocks, run.training.min_count);
  name_molecules(train_found, knowledge);
  std::vector<const data::Dataset*> all;
  for (const auto& dataset : datasets) all.push_back(&dataset);
  knowledge.known = known_compositions(all, logger);
  if (interrupted()) return kExitInterrupted;
  auto train_set = examples(train_found, knowledge.dictionary, run.model.max_length, run.training.captions,
                            encoders, derive_seed(common.seed, 2));
  auto val_set = examples(val_found, knowledge.dictionary, run.model.max_length, 1, encoders,
                          derive_seed(common.seed, 3));
  for (const auto& [name, found, set] : {std::make_tuple("training", &train_found, &train_set),
                                         std::make_tuple("validation", &val_found, &val_set)}) {
    logger.info(fmt::format(
        "{}: {} structures; left out {} that fail the checks, {} with sites or molecules that are "
        "not in the dictionary, {} too long, {} without an asymmetric unit",
        name, set->size(), found->failed, found->unknown, found->too_long, found->without_unit));
  }
  logger.info(fmt::format("{} molecule forms of {} molecules, {} known compositions",
                          knowledge.dictionary.n_forms(), knowledge.molecules.size(),
                          knowledge.known.size()));
  at::manual_seed(common.seed);
  const nn::Metadata metadata = {
      {"encoders_sha256", sha256_of_file(CheckpointDir{encoder_folder}.encoders())},
      {"max_atoms", std::to_string(run.training.max_atoms)}};
  train::ComposerTrainer trainer(run, std::move(knowledge), std::move(train_set), std::move(val_set),
                                 metadata, common.seed, device);
  if (options.resume) trainer.restore_state(state_path);
  const auto hooks = make_training_hooks(options.max_minutes, options.save_minutes);
  train::run_composer_training(trainer, options.out, hooks, logger);
  print_training_result(options.out + "/" + train::kComposerFile, trainer.steps_done(),
                        trainer.config().steps, common.json);
  return kExitDone;
}

}  // namespace clamp::apps
