// clamp-evaluate PATH...
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/evaluate_commands.h"
#include "apps/evaluate_relax.h"
#include "apps/evaluate_set.h"
#include "apps/prompt_linkers.h"
#include "core/cif.h"
#include "core/error.h"
#include "core/symmetry.h"
#include "data/ordered_pool.h"
#include "data/source_files.h"
#include "evaluate/molecule.h"
#include "evaluate/set_report.h"
#include "relax/record_json.h"

namespace clamp::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSymprec = 0.01;  // Å

struct Judged {
  std::string name;
  std::string error;  // not empty: could not be read, and why
  Crystal crystal;
  std::string space_group = "P1";
  evaluate::StructureFacts facts;
  std::optional<evaluate::Pores> pores;
  std::optional<RelaxedFacts> relaxed;
};

struct Judges {
  MeasurePores pores;
  RelaxAndJudge relaxed;
};

Judged not_read(const std::string& name, const std::string& error) {
  Judged item;
  item.name = name;
  item.error = error;
  return item;
}

// All structures of one file.
std::vector<Judged> judge_file(const data::SourceFile& file, const Judges& judges) {
  if (!file.skip_reason.empty()) return {not_read(file.path, file.skip_reason)};
  if (file.is_dataset)
    return {not_read(file.path, "a dataset; clamp-data export writes its structures as CIF")};
  std::vector<Judged> judged;
  try {
    const auto entries = read_cif_text(file.content, file.path);
    for (const auto& entry : entries) {
      Judged item;
      item.name = entries.size() > 1 ? file.path + ":" + entry.block_name : file.path;
      item.error = entry.error;
      if (item.error.empty()) {
        item.crystal = entry.crystal;
        const auto symmetry = find_symmetry(entry.crystal, kSymprec);
        if (symmetry) {
          item.crystal = symmetry->primitive;
          item.space_group = symmetry->symbol;
        }
        item.pores = judges.pores(item.crystal);
        item.facts = evaluate::structure_facts(item.crystal, item.pores);
        item.relaxed = judges.relaxed(item.crystal);
        if (item.relaxed) item.facts.energy_per_atom = item.relaxed->energy_per_atom_before;
      }
      judged.push_back(std::move(item));
    }
  } catch (const Error& error) {
    judged.push_back(not_read(file.path, error.what()));
  }
  return judged;
}

// clamp-generate writes each structure twice: in its symmetry and in P1.
bool is_p1_copy(const std::string& path) {
  const std::string ending = "_P1.cif";
  return path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

std::vector<Judged> judge_all(const EvaluateOptions& options, const CommonOptions& common,
                              const Judges& judges) {
  data::SourceFiles files(options.paths);
  std::vector<Judged> all;
  data::OrderedPool<data::SourceFile, std::vector<Judged>> pool(
      [&](data::SourceFile& file) {
        while (!interrupted() && files.next(file)) {
          if (file.path == file.origin || !is_p1_copy(file.path)) return true;
        }
        return false;
      },
      [&](data::SourceFile&& file) { return judge_file(file, judges); },
      [&](std::vector<Judged>&& items) {
        for (auto& item : items) all.push_back(std::move(item));
      },
      common.n_threads());
  pool.run();
  return all;
}

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json pores_json(const evaluate::Pores& pores) {
  return {{"lcd_A", finite(pores.lcd)},
          {"pld_A", finite(pores.pld)},
          {"lfpd_A", finite(pores.lfpd)},
          {"probe_radius_A", evaluate::PoreOptions().probe_radius},
          {"accessible_surface_A2", pores.surface},
          {"accessible_surface_m2_g", pores.surface_m2_g},
          {"accessible_surface_m2_cm3", pores.surface_m2_cm3},
          {"pocket_surface_A2", pores.surface_pockets},
          {"accessible_fraction", pores.accessible_fraction},
          {"pocket_fraction", pores.pocket_fraction},
          {"void_fraction", pores.void_fraction}};
}

Json facts_json(const evaluate::StructureFacts& facts) {
  const auto& checks = facts.checks;
  return {{"valid", checks.valid},
          {"failures", checks.failures},
          {"flags", checks.flags},
          {"framework_dimension", checks.framework_dimension},
          {"worst_contact", finite(checks.worst_contact)},
          {"density_g_cm3", checks.density},
          {"volume_per_atom_A3", checks.volume_per_atom},
          {"energy_eV_atom", finite(facts.energy_per_atom)},
          {"molecules", facts.molecules}};
}

Json to_json(const Judged& item) {
  Json json = {{"path", item.name},
               {"formula", formula(item.crystal.atomic_numbers)},
               {"n_atoms", item.crystal.n_atoms()},
               {"space_group", item.space_group}};
  json.update(facts_json(item.facts));
  json["pores"] = item.pores ? pores_json(*item.pores) : Json(nullptr);
  json["relaxed"] = nullptr;
  if (item.relaxed) {
    json["relaxed"] = facts_json(item.relaxed->facts);
    json["relaxed"]["record"] = Json::parse(relax::record_json(item.relaxed->record));
  }
  return json;
}

void print_row(const Judged& item) {
  std::string failures;
  const auto& checks = item.facts.checks;
  for (const auto& name : checks.failures) failures += (failures.empty() ? "" : ", ") + name;
  const auto size = [](double value) { return std::isfinite(value) ? fmt::format("{:.2f}", value) : "-"; };
  std::cout << fmt::format("{:<28} {:>5}  {:<12} {:>5} {:>3} {:>7.2f} {:>7.3f} {:>7.2f} {:>6} {:>6}  {}\n",
                           item.name, item.crystal.n_atoms(), item.space_group, checks.valid ? "yes" : "no",
                           checks.framework_dimension, checks.worst_contact, checks.density,
                           checks.volume_per_atom, size(item.facts.lcd), size(item.facts.pld), failures);
}

void print_table(const std::vector<Judged>& all, int64_t n_read, int64_t n_valid) {
  std::cout << fmt::format("{:<28} {:>5}  {:<12} {:>5} {:>3} {:>7} {:>7} {:>7} {:>6} {:>6}  {}\n",
                           "structure", "atoms", "space group", "valid", "dim", "contact", "g/cm3", "A3/atom",
                           "lcd A", "pld A", "checks not passed");
  for (const auto& item : all) {
    if (item.error.empty()) print_row(item);
  }
  std::cout << fmt::format("{} of {} valid\n", n_valid, n_read);
}

// Everything that was asked for: structures (as they are or relaxed), files that could not be read, results
// that failed.
std::vector<evaluate::StructureFacts> facts_of(const std::vector<Judged>& all, const RunResults& runs,
                                               const std::vector<std::string>& linkers, bool relaxed) {
  std::vector<evaluate::StructureFacts> facts;
  for (const auto& item : all) {
    facts.push_back(relaxed && item.relaxed ? item.relaxed->facts : item.facts);
    facts.back().prompt = runs.prompt(item.name);
  }
  for (const auto& prompt : runs.failed) {
    facts.emplace_back();
    facts.back().prompt = prompt;
  }
  for (auto& one : facts) {
    one.prompt_linkers = linker_molecules_named(one.prompt);
    one.demanded_linkers = linkers;
  }
  return facts;
}

std::vector<std::string> demanded_linkers(const EvaluateOptions& options) {
  std::vector<std::string> linkers;
  for (const auto& smiles : options.linkers) {
    try {
      linkers.push_back(evaluate::neutral_smiles(smiles));
    } catch (const UsageError& error) {
      fail_usage(fmt::format("--linker: {}", error.what()));
    }
  }
  return linkers;
}

}  // namespace

int evaluate_files(const EvaluateOptions& options, const CommonOptions& common) {
  const auto measure_pores = pore_measurer(options);
  const Judges judges{measure_pores, relax_and_judge(options, measure_pores)};
  const auto linkers = demanded_linkers(options);
  const bool relax = options.relax != "none";
  if (!options.plots.empty()) require_no_plots(options.plots, common.force);
  const auto runs = read_run_results(options.paths);
  const auto all = judge_all(options, common, judges);
  Logger logger(common.log_level());
  int64_t n_read = 0, n_valid = 0;
  Json structures = Json::array(), skipped = Json::array();
  for (const auto& item : all) {
    if (!item.error.empty()) {
      logger.warn(fmt::format("skipped {}: {}", item.name, item.error));
      skipped.push_back({{"path", item.name}, {"reason", item.error}});
      continue;
    }
    ++n_read;
    n_valid += item.facts.checks.valid ? 1 : 0;
    if (common.json) structures.push_back(to_json(item));
  }
  if (n_read == 0 && !interrupted())
    fail(fmt::format("no structure could be read; {} skipped", skipped.size()));
  std::optional<evaluate::SetReference> reference;
  if (!options.reference.empty()) reference = load_reference(options, common, measure_pores, judges.relaxed);
  const auto* compared = reference ? &*reference : nullptr;
  const auto set = facts_of(all, runs, linkers, false);
  const auto report = evaluate::set_report(set, compared);
  std::optional<evaluate::SetReport> relaxed;
  std::vector<evaluate::StructureFacts> relaxed_set;
  if (relax) {
    relaxed_set = facts_of(all, runs, linkers, true);
    relaxed = evaluate::set_report(relaxed_set, compared, true);
  }
  if (!options.plots.empty()) write_plots(options.plots, set, relax ? &relaxed_set : nullptr, compared);
  if (common.json) {
    Json document = {{"schema_version", 1},   {"n_structures", n_read},
                     {"n_valid", n_valid},    {"n_failed", runs.failed.size()},
                     {"symprec_A", kSymprec}, {"structures", structures},
                     {"skipped", skipped},    {"set", Json::parse(evaluate::set_report_json(report))}};
    document["set_relaxed"] = relaxed ? Json::parse(evaluate::set_report_json(*relaxed)) : Json(nullptr);
    std::cout << document.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    print_table(all, n_read, n_valid);
    std::cout << "\n" << evaluate::set_report_markdown(report);
    if (relaxed)
      std::cout << "\nRelaxed (" << options.relax << "):\n\n" << evaluate::set_report_markdown(*relaxed);
  }
  return skipped.empty() ? kExitDone : kExitFewer;
}

}  // namespace clamp::apps
