// clamp-relax: relaxes the structures of files in a potential, or with the bond-keeping polish.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "apps/relax_files.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "relax/potential_registry.h"

namespace clamp::apps {
namespace {

void add_options(Program& program, RelaxOptions& options) {
  auto& app = program.app();
  app.add_option("PATH", options.paths, "CIF files, folders and archives of them");
  app.add_option(
      "--potential", options.potential,
      "polish (keeps the bonds, no energy), uff (UFF4MOF with hydrogen bonds), uff-plain (without), or "
      "a TorchScript file");
  app.add_flag("--fix-cell", options.fix_cell, "Move only the atoms");
  app.add_option("--max-steps", options.max_steps, "Largest number of steps; 0: only the energy")
      ->check(number_in(0, 1e9));
  app.add_option("--fmax", options.fmax, "Converged below this force on every atom, eV/A")
      ->check(at_least(0));
  app.add_option("--smax", options.smax, "Converged below this stress, GPa")->check(at_least(0));
  app.add_option("--max-seconds", options.max_seconds, "Largest time for a structure, s; 0: no limit")
      ->check(at_least(0));
  app.add_option("--optimizer", options.optimizer, "lbfgs or fire")->check(CLI::IsMember({"lbfgs", "fire"}));
  app.add_option("--symprec", options.symprec,
                 "Symmetry found to within this distance is kept, A; 0: P1 and the cell as given")
      ->check(number_in(0, 1));
  app.add_flag("--trajectory", options.trajectory, "Write the states on the way as extended XYZ");
  app.add_option(
      "--checkpoint", options.checkpoint,
      "Folder of the model, for the polish (default: CLAMP_CHECKPOINT, else checkpoints/mof64 of the "
      "project)");
  app.add_option("--out", options.out, "Folder for the results");
  program.add_common(app);
}

struct Tally {
  int64_t asked = 0, ok = 0, converged = 0;
};

void print_json(const RelaxOutput& output, const RelaxOptions& options, const Tally& tally) {
  auto results = nlohmann::ordered_json::array();
  for (const auto& line : output.lines()) results.push_back(nlohmann::ordered_json::parse(line));
  const nlohmann::ordered_json document = {
      {"schema_version", 1},         {"out", options.out},    {"potential", options.potential},
      {"n_structures", tally.asked}, {"n_relaxed", tally.ok}, {"n_converged", tally.converged},
      {"results", results}};
  std::cout << document.dump(1) << "\n";
}

int relax_all_files(const RelaxOptions& options, const Program& program) {
  const auto& common = program.common;
  Logger logger(common.log_level());
  std::unique_ptr<relax::PotentialFactory> potential;
  std::unique_ptr<relax::GeometryTable> table;
  if (options.potential == "polish") {
    const auto file = find_checkpoint(options.checkpoint).geometry_table();
    table = std::make_unique<relax::GeometryTable>(relax::GeometryTable::from_json(read_file(file), file));
  } else {
    potential = relax::make_potential(options.potential);
  }
  data::SourceFiles files(options.paths);
  RelaxOutput output(options, common.force);
  Tally tally;
  const auto start = std::chrono::steady_clock::now();
  if (!common.json) std::cout << relax_table_header() << std::endl;
  relax_files(files, options, {potential.get(), table.get()}, common.n_threads(), [&](RelaxedFile&& result) {
    output.add(result);
    ++tally.asked;
    tally.ok += result.error.empty() ? 1 : 0;
    tally.converged += result.error.empty() && result.record.converged ? 1 : 0;
    if (!result.error.empty()) logger.warn(fmt::format("failed {}: {}", result.path, result.error));
    if (!common.json) std::cout << relax_table_row(result) << std::endl;
  });
  output.finish(fmt::format("program: clamp-relax\nversions:\n{}threads: {}\noptions:\n{}",
                            indented(program.versions_yaml()), common.n_threads(),
                            indented(program.resolved_config())));
  if (tally.ok == 0 && !interrupted())
    fail(fmt::format("no structure could be relaxed; {} failed", tally.asked));
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (common.json) print_json(output, options, tally);
  logger.info(fmt::format("{} of {} structures relaxed in {:.1f} s, {} converged; see {}", tally.ok,
                          tally.asked, seconds, tally.converged, options.out));
  return tally.ok < tally.asked ? kExitFewer : kExitDone;
}

int body(int argc, const char* const* argv) {
  Program program("clamp-relax", "Relaxes structures: positions and cell, symmetry kept.",
                  "clamp-relax generated --potential uff --out relaxed");
  add_torch_version(program);
  RelaxOptions options;
  add_options(program, options);
  program.parse(argc, argv);
  if (options.paths.empty())
    fail_usage("no structure given; pass CIF files or folders (clamp-relax PATH...)");
  if (options.potential == "polish" && options.trajectory) fail_usage("--trajectory: the polish writes none");
  use_device(program.common);
  return relax_all_files(options, program);
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
