// clamp-evaluate PATH...
#include <fmt/format.h>

#include <cmath>
#include <iostream>
#include <nlohmann/json.hpp>

#include "apps/evaluate_commands.h"
#include "core/cif.h"
#include "core/error.h"
#include "core/symmetry.h"
#include "data/ordered_pool.h"
#include "data/source_files.h"
#include "evaluate/checks.h"

namespace clamp::apps {
namespace {

using Json = nlohmann::ordered_json;

constexpr double kSymprec = 0.01;  // Å

struct Judged {
  std::string name;
  std::string error;  // not empty: could not be read, and why
  Crystal crystal;
  std::string space_group = "P1";
  evaluate::MofChecks checks;
};

// All structures of one file.
std::vector<Judged> judge_file(const data::SourceFile& file) {
  if (!file.skip_reason.empty()) return {{file.path, file.skip_reason, {}, {}, {}}};
  if (file.is_dataset) {
    return {{file.path, "a dataset; clamp-data export writes its structures as CIF", {}, {}, {}}};
  }
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
        item.checks = evaluate::check_mof(item.crystal);
      }
      judged.push_back(std::move(item));
    }
  } catch (const Error& error) {
    judged.push_back({file.path, error.what(), {}, {}, {}});
  }
  return judged;
}

// clamp-generate writes each structure twice: in its symmetry and in P1.
bool is_p1_copy(const std::string& path) {
  const std::string ending = "_P1.cif";
  return path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

std::vector<Judged> judge_all(const EvaluateOptions& options, const CommonOptions& common) {
  data::SourceFiles files(options.paths);
  std::vector<Judged> all;
  data::OrderedPool<data::SourceFile, std::vector<Judged>> pool(
      [&](data::SourceFile& file) {
        while (!interrupted() && files.next(file)) {
          if (file.path == file.origin || !is_p1_copy(file.path)) return true;
        }
        return false;
      },
      [](data::SourceFile&& file) { return judge_file(file); },
      [&](std::vector<Judged>&& items) {
        for (auto& item : items) all.push_back(std::move(item));
      },
      common.n_threads());
  pool.run();
  return all;
}

Json to_json(const Judged& item) {
  const auto& checks = item.checks;
  return {{"path", item.name},
          {"formula", formula(item.crystal.atomic_numbers)},
          {"n_atoms", item.crystal.n_atoms()},
          {"space_group", item.space_group},
          {"valid", checks.valid},
          {"failures", checks.failures},
          {"flags", checks.flags},
          {"framework_dimension", checks.framework_dimension},
          {"worst_contact", std::isfinite(checks.worst_contact) ? Json(checks.worst_contact) : Json(nullptr)},
          {"density_g_cm3", checks.density},
          {"volume_per_atom_A3", checks.volume_per_atom}};
}

void print_row(const Judged& item) {
  std::string failures;
  for (const auto& name : item.checks.failures) failures += (failures.empty() ? "" : ", ") + name;
  std::cout << fmt::format("{:<28} {:>5}  {:<12} {:>5} {:>3} {:>7.2f} {:>7.3f} {:>7.2f}  {}\n", item.name,
                           item.crystal.n_atoms(), item.space_group, item.checks.valid ? "yes" : "no",
                           item.checks.framework_dimension, item.checks.worst_contact, item.checks.density,
                           item.checks.volume_per_atom, failures);
}

void print_table(const std::vector<Judged>& all, int64_t n_read, int64_t n_valid) {
  std::cout << fmt::format("{:<28} {:>5}  {:<12} {:>5} {:>3} {:>7} {:>7} {:>7}  {}\n", "structure", "atoms",
                           "space group", "valid", "dim", "contact", "g/cm3", "A3/atom", "checks not passed");
  for (const auto& item : all) {
    if (item.error.empty()) print_row(item);
  }
  std::cout << fmt::format("{} of {} valid\n", n_valid, n_read);
}

}  // namespace

int evaluate_files(const EvaluateOptions& options, const CommonOptions& common) {
  const auto all = judge_all(options, common);
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
    n_valid += item.checks.valid ? 1 : 0;
    if (common.json) structures.push_back(to_json(item));
  }
  if (n_read == 0 && !interrupted())
    fail(fmt::format("no structure could be read; {} skipped", skipped.size()));
  if (common.json) {
    const Json document = {{"schema_version", 1},   {"n_structures", n_read},   {"n_valid", n_valid},
                           {"symprec_A", kSymprec}, {"structures", structures}, {"skipped", skipped}};
    std::cout << document.dump(1, ' ', false, Json::error_handler_t::replace) << "\n";
  } else {
    print_table(all, n_read, n_valid);
  }
  return skipped.empty() ? kExitDone : kExitFewer;
}

}  // namespace clamp::apps
