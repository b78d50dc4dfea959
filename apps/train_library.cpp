// clamp-train library: what generation takes from the training structures beside the networks.
//
// library.safetensors holds their chemistries with CLAMP embeddings, geometry_table.json the typical
// distances that the polish knows, known_structures.safetensors the structures themselves, with which results
// are compared for novelty.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "apps/sha256.h"
#include "apps/train_commands.h"
#include "apps/train_known.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "data/dataset.h"
#include "data/ordered_pool.h"
#include "encoders/clamp_model.h"
#include "evaluate/checks.h"
#include "relax/geometry_table.h"
#include "sampler/chemistry_library.h"

namespace clamp::apps {
namespace {

constexpr size_t kEncodeBatch = 64;

struct LibraryOptions {
  std::string data;
  std::string checkpoint;
  std::string split = "train";
  int64_t max_atoms = 64;
  int64_t table_max_atoms = 150;
  int64_t known_max_atoms = 150;
  bool keep_invalid = false;
};

/// Why structures of the split are not in the library.
struct Counts {
  int64_t read = 0;
  int64_t no_unit = 0;
  int64_t invalid = 0;
};

struct Examined {
  bool has_unit = false;
  bool valid = false;
  std::string source;
  AsymmetricUnit unit;
  Crystal crystal;
  sampler::LibraryEntry entry;
};

std::string linkers_of(const data::Record& record) {
  for (const char* column : {"linker_names", "fragment_smiles"}) {
    const auto found = record.labels.find(column);
    if (found != record.labels.end() && !found->second.empty()) return found->second;
  }
  return {};
}

Examined examine(const data::Dataset& dataset, int64_t index, const LibraryOptions& options) {
  Examined result;
  const auto unit = dataset.asymmetric_unit(index);
  if (!unit) return result;
  result.has_unit = true;
  const auto record = dataset.read(index);
  result.source = record.source;
  result.unit = *unit;
  result.crystal = expand(*unit);
  result.valid = options.keep_invalid || evaluate::check_mof(result.crystal).valid;
  result.entry.id = record.id;
  result.entry.linkers = linkers_of(record);
  result.entry.chemistry = unit->chemistry;
  result.entry.framework_dimension = framework_dimension(result.crystal.atomic_numbers, expand_bonds(*unit));
  result.entry.volume = result.crystal.volume();
  return result;
}

struct Collected {
  std::vector<sampler::LibraryEntry> entries;
  std::vector<Crystal> crystals;
  std::set<std::string> sources;
  Counts counts;
};

Collected collect(const data::Dataset& dataset, const LibraryOptions& options, const CommonOptions& common,
                  Logger& logger) {
  Collected collected;
  const auto indices = dataset.indices(options.split, options.max_atoms);
  Progress progress(logger, "library", static_cast<int64_t>(indices.size()), "structures");
  size_t next = 0;
  data::OrderedPool<int64_t, Examined> pool(
      [&](int64_t& index) {
        if (next >= indices.size() || interrupted()) return false;
        index = indices[next++];
        return true;
      },
      [&](int64_t&& index) { return examine(dataset, index, options); },
      [&](Examined&& item) {
        progress.update(++collected.counts.read);
        if (!item.has_unit) {
          ++collected.counts.no_unit;
        } else if (!item.valid) {
          ++collected.counts.invalid;
        } else {
          collected.entries.push_back(std::move(item.entry));
          collected.crystals.push_back(std::move(item.crystal));
          if (!item.source.empty()) collected.sources.insert(item.source);
        }
      },
      common.n_threads());
  pool.run();
  progress.finish();
  return collected;
}

torch::Tensor encode(const encoders::ClampModel& model, const std::vector<Crystal>& crystals,
                     Logger& logger) {
  Progress progress(logger, "embeddings", static_cast<int64_t>(crystals.size()), "structures");
  std::vector<torch::Tensor> rows;
  for (size_t begin = 0; begin < crystals.size() && !interrupted(); begin += kEncodeBatch) {
    const auto end = std::min(crystals.size(), begin + kEncodeBatch);
    rows.push_back(model.encode_crystals({crystals.begin() + static_cast<std::ptrdiff_t>(begin),
                                          crystals.begin() + static_cast<std::ptrdiff_t>(end)}));
    progress.update(static_cast<int64_t>(end));
  }
  progress.finish();
  return torch::cat(rows);  // [n, dim]
}

relax::GeometryTable measure_table(const data::Dataset& dataset, const LibraryOptions& options) {
  std::vector<AsymmetricUnit> units;
  for (const auto index : dataset.indices(options.split, options.table_max_atoms)) {
    if (auto unit = dataset.asymmetric_unit(index)) units.push_back(std::move(*unit));
  }
  if (units.empty())
    fail(fmt::format("{}: no structure of split '{}' has an asymmetric unit", options.data, options.split));
  return relax::GeometryTable::measure(units);
}

std::string known_path(const CheckpointDir& checkpoint) {
  return checkpoint.path + "/" + sampler::kKnownStructuresFile;
}

int run(const LibraryOptions& options, const CommonOptions& common) {
  const CheckpointDir checkpoint = find_checkpoint(options.checkpoint);
  require_absent(checkpoint.library(), common.force);
  require_absent(checkpoint.geometry_table(), common.force);
  require_absent(known_path(checkpoint), common.force);
  const auto device = use_device(common);
  Logger logger(common.log_level());
  const auto dataset = data::Dataset::open(options.data);
  const auto model = encoders::ClampModel::load(checkpoint.path, device);
  write_file_atomically(checkpoint.geometry_table(), measure_table(dataset, options).to_json());
  const auto known = collect_known(dataset, options.split, options.known_max_atoms);
  const auto collected = collect(dataset, options, common, logger);
  if (interrupted()) return kExitInterrupted;
  const auto& counts = collected.counts;
  logger.info(
      fmt::format("{} structures read, {} without an asymmetric unit and {} that fail the checks left out",
                  counts.read, counts.no_unit, counts.invalid));
  if (collected.entries.empty()) {
    fail(fmt::format("{}: no structure of split '{}' with at most {} atoms can go into a library",
                     options.data, options.split, options.max_atoms));
  }
  const auto embeddings = encode(model, collected.crystals, logger);
  if (interrupted()) return kExitInterrupted;
  std::string sources;
  for (const auto& source : collected.sources) sources += (sources.empty() ? "" : ", ") + source;
  sampler::ChemistryLibrary::build(collected.entries, embeddings)
      .save(checkpoint.library(), {{"encoders_sha256", sha256_of_file(checkpoint.encoders())},
                                   {"max_atoms", std::to_string(options.max_atoms)},
                                   {"sources", sources},
                                   {"split", options.split}});
  known.save(known_path(checkpoint), {{"max_atoms", std::to_string(options.known_max_atoms)},
                                      {"sources", sources},
                                      {"split", options.split}});
  const nlohmann::json summary = {{"schema_version", 1},
                                  {"library", checkpoint.library()},
                                  {"geometry_table", checkpoint.geometry_table()},
                                  {"known_structures", known_path(checkpoint)},
                                  {"known", known.size()},
                                  {"entries", collected.entries.size()},
                                  {"read", counts.read},
                                  {"without_asymmetric_unit", counts.no_unit},
                                  {"not_valid", counts.invalid}};
  if (common.json) {
    std::cout << summary.dump(2) << "\n";
  } else {
    std::cout << fmt::format("{}: {} chemistries\n{}\n{}: {} structures\n", checkpoint.library(),
                             collected.entries.size(), checkpoint.geometry_table(), known_path(checkpoint),
                             known.size());
  }
  return kExitDone;
}

}  // namespace

TrainCommand add_train_library(Program& program) {
  auto options = std::make_shared<LibraryOptions>();
  auto& app =
      program.add_command("library", "Stores the training chemistries and typical distances for generation",
                          "clamp-train library --data qmof.h5 --checkpoint checkpoints/mof64");
  program.require(app.add_option("--data", options->data, "Dataset (HDF5)"));
  program.require(app.add_option("--checkpoint", options->checkpoint,
                                 "Folder with encoders.safetensors; the library is written there"));
  app.add_option("--split", options->split, "Split to take");
  app.add_option("--max-atoms", options->max_atoms, "Largest number of atoms of the library's structures")
      ->check(at_least(1));
  app.add_option("--table-max-atoms", options->table_max_atoms,
                 "Largest number of atoms of the structures that typical distances are measured on")
      ->check(at_least(1));
  app.add_option("--known-max-atoms", options->known_max_atoms,
                 "Largest number of atoms of the structures that results are compared with for novelty")
      ->check(at_least(1));
  app.add_flag("--keep-invalid", options->keep_invalid,
               "Also keep chemistries whose real structure fails the checks of a metal-organic framework");
  program.add_common(app);
  return {"library", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
