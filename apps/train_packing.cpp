// clamp-train packing: learns how contacts lie, and adds it to the checkpoint's geometry_table.json.
//
// Decoys are polished random starts that pass the checks, of training chemistries. One chemistry in ten is
// held out of the fit, for the figures that are printed.
#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "data/ordered_pool.h"
#include "relax/geometry_table.h"
#include "relax/packing_fit.h"
#include "relax/polish.h"
#include "relax/random_start.h"
#include "sampler/generate.h"

namespace clamp::apps {
namespace {

constexpr size_t kHeldOut = 10;  // one chemistry in so many

struct PackingOptions {
  std::string data;
  std::string checkpoint;
  std::string split = "train";
  int64_t max_atoms = 64;
  int64_t chemistries = 4000;
  int64_t starts = 16;
};

bool passes(const AsymmetricUnit& unit, const sampler::ComposedChemistry& composed) {
  const auto judged = sampler::judge(unit, composed);
  return judged.checks.valid && judged.soundness.dimension_as_intended && judged.soundness.contacts;
}

relax::PackingGroup make_group(const AsymmetricUnit& real, uint64_t seed, int64_t n_starts,
                               const relax::GeometryTable& table) {
  const Crystal crystal = expand(real);
  sampler::ComposedChemistry composed;
  composed.chemistry = real.chemistry;
  composed.framework_dimension = framework_dimension(crystal.atomic_numbers, expand_bonds(real));
  composed.reference_volume = crystal.volume();
  relax::PolishConfig config;
  config.target_volume = table.predicted_volume(real.chemistry);
  relax::PackingGroup group;
  group.real = relax::packing_counts(relax::polish(real, table, config).unit);
  for (int64_t k = 0; k < n_starts; ++k) {
    Rng rng(derive_seed(seed, static_cast<uint64_t>(k)));
    const auto start = relax::random_start(real.chemistry, table, rng);
    const AsymmetricUnit unit = relax::polish(start, table, config).unit;
    if (passes(unit, composed)) group.decoys.push_back(relax::packing_counts(unit));
  }
  return group;
}

std::vector<int64_t> choose(const data::Dataset& dataset, const PackingOptions& options, uint64_t seed) {
  std::vector<int64_t> indices;
  for (const auto index : dataset.indices(options.split, options.max_atoms)) {
    if (dataset.asymmetric_unit(index)) indices.push_back(index);
  }
  Rng rng(derive_seed(seed, 0));
  for (size_t i = indices.size(); i > 1; --i) std::swap(indices[i - 1], indices[rng.below(i)]);
  if (static_cast<int64_t>(indices.size()) > options.chemistries) {
    indices.resize(static_cast<size_t>(options.chemistries));
  }
  return indices;
}

std::vector<relax::PackingGroup> make_groups(const data::Dataset& dataset,
                                             const std::vector<int64_t>& indices,
                                             const PackingOptions& options, const relax::GeometryTable& table,
                                             const CommonOptions& common, Logger& logger) {
  Progress progress(logger, "decoys", static_cast<int64_t>(indices.size()), "chemistries");
  const uint64_t seed = derive_seed(common.seed, 1);
  std::vector<relax::PackingGroup> groups;
  size_t next = 0;
  data::OrderedPool<size_t, relax::PackingGroup> pool(
      [&](size_t& i) {
        if (next >= indices.size() || interrupted()) return false;
        i = next++;
        return true;
      },
      [&](size_t&& i) {
        return make_group(*dataset.asymmetric_unit(indices[i]), derive_seed(seed, i), options.starts, table);
      },
      [&](relax::PackingGroup&& group) {
        groups.push_back(std::move(group));
        progress.update(static_cast<int64_t>(groups.size()));
      },
      common.n_threads());
  pool.run();
  progress.finish();
  return groups;
}

int run(const PackingOptions& options, const CommonOptions& common) {
  const CheckpointDir checkpoint = find_checkpoint(options.checkpoint);
  const std::string path = checkpoint.geometry_table();
  auto table = relax::GeometryTable::from_json(read_file(path), path);
  if (!table.packing().empty() && !common.force) {
    fail_usage(fmt::format("{}: has a packing potential already; --force learns it anew", path));
  }
  Logger logger(common.log_level());
  const auto dataset = data::Dataset::open(options.data);
  const auto indices = choose(dataset, options, common.seed);
  if (indices.empty()) {
    fail(fmt::format("{}: no structure of split '{}' with at most {} atoms has an asymmetric unit",
                     options.data, options.split, options.max_atoms));
  }
  table.set_packing({});
  const auto groups = make_groups(dataset, indices, options, table, common, logger);
  if (interrupted()) return kExitInterrupted;
  std::vector<relax::PackingGroup> learned, held_out;
  size_t n_decoys = 0;
  for (size_t i = 0; i < groups.size(); ++i) {
    (i % kHeldOut == 0 ? held_out : learned).push_back(groups[i]);
    n_decoys += groups[i].decoys.size();
  }
  const auto fit = relax::fit_packing(learned, {});
  if (fit.potential.empty()) {
    fail(fmt::format("{}: {} decoys of {} chemistries pass the checks, too few to learn from; raise --starts",
                     options.data, n_decoys, groups.size()));
  }
  const auto elsewhere = relax::judge_packing(fit.potential, held_out);
  const auto chance = relax::judge_packing({}, held_out);
  table.set_packing(fit.potential);
  write_file_atomically(path, table.to_json());
  const nlohmann::json summary = {{"schema_version", 1},
                                  {"geometry_table", path},
                                  {"chemistries", groups.size()},
                                  {"decoys", n_decoys},
                                  {"curves", fit.potential.curves().size()},
                                  {"loss", fit.loss},
                                  {"real_first", fit.real_first},
                                  {"held_out_loss", elsewhere.loss},
                                  {"held_out_loss_untrained", chance.loss},
                                  {"held_out_real_first", elsewhere.real_first}};
  if (common.json) {
    std::cout << summary.dump(2) << "\n";
  } else {
    std::cout << fmt::format(
        "{}: {} curves from {} decoys of {} chemistries\nloss {:.3f}, real structure first in {:.1f} %\nheld "
        "out: {:.3f} (untrained {:.3f}), {:.1f} %\n",
        path, fit.potential.curves().size(), n_decoys, groups.size(), fit.loss, 100 * fit.real_first,
        elsewhere.loss, chance.loss, 100 * elsewhere.real_first);
  }
  return kExitDone;
}

}  // namespace

TrainCommand add_train_packing(Program& program) {
  auto options = std::make_shared<PackingOptions>();
  auto& app = program.add_command("packing", "Learns the contacts of frameworks for the polish",
                                  "clamp-train packing --data qmof.h5 --checkpoint checkpoints/mof64");
  program.require(app.add_option("--data", options->data, "Dataset (HDF5)"));
  program.require(app.add_option("--checkpoint", options->checkpoint,
                                 "Folder with geometry_table.json, to which the potential is added"));
  app.add_option("--split", options->split, "Split to take");
  app.add_option("--max-atoms", options->max_atoms, "Largest number of atoms of a structure")
      ->check(at_least(1));
  app.add_option("--chemistries", options->chemistries, "Structures to take at most")->check(at_least(1));
  app.add_option("--starts", options->starts, "Random starts of each")->check(at_least(1));
  program.add_common(app);
  return {"packing", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
