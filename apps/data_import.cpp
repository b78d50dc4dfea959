// clamp-data import: structure files and tables to one dataset.

#include "data/import.h"

#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/data_commands.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/logger.h"
#include "data/csv_table.h"
#include "data/symmetry_pass.h"

namespace clamp::apps {
namespace {

constexpr size_t kReasonsShown = 5;

struct ImportOptions {
  data::ImportConfig config;
  std::string out;
  std::string skipped_file;
  bool no_symmetry = false;
  double symprec = 0.05;  // the tolerance of the QMOF database
  int64_t max_file_mb = 32;
};

/// Most frequent reasons first, with one example each.
void log_skipped(const std::vector<data::Skipped>& skipped, const std::string& list, Logger& logger) {
  if (skipped.empty()) return;
  struct Count {
    int64_t n = 0;
    std::string example;
  };
  std::map<std::string, Count> reasons;
  for (const data::Skipped& record : skipped) {
    Count& count = reasons[record.reason];
    if (count.n++ == 0) count.example = record.name;
  }
  std::vector<std::pair<std::string, Count>> sorted(reasons.begin(), reasons.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second.n > b.second.n; });
  logger.warn(fmt::format("{} records skipped{}", skipped.size(),
                          list.empty() ? "; --skipped FILE lists them all" : ", listed in " + list));
  for (size_t i = 0; i < std::min(sorted.size(), kReasonsShown); ++i) {
    logger.warn(
        fmt::format("  {} x {} (first: {})", sorted[i].second.n, sorted[i].first, sorted[i].second.example));
  }
  if (sorted.size() > kReasonsShown)
    logger.warn(fmt::format("  {} more reasons", sorted.size() - kReasonsShown));
}

std::string skipped_csv(const std::vector<data::Skipped>& skipped) {
  std::string text = "record,reason\n";
  for (const data::Skipped& record : skipped) {
    text += data::csv_field(record.name) + "," + data::csv_field(record.reason) + "\n";
  }
  return text;
}

data::SymmetrySummary run_symmetry(const ImportOptions& options, const std::string& path, int n_threads,
                                   Logger& logger) {
  std::unique_ptr<Progress> progress;
  const auto report = [&](int64_t done, int64_t total) {
    if (!progress) progress = std::make_unique<Progress>(logger, "symmetry and bonds", total, "structures");
    progress->update(done);
    return !interrupted();
  };
  const data::SymmetrySummary summary = data::cache_symmetry(path, options.symprec, n_threads, report);
  if (progress) progress->finish();
  return summary;
}

int run_import(const ImportOptions& options, const CommonOptions& common, const std::string& command_line) {
  require_absent(options.out, common.force);
  if (!options.skipped_file.empty()) require_absent(options.skipped_file, common.force);
  Logger logger(common.log_level());
  data::ImportConfig config = options.config;
  config.n_threads = common.n_threads();
  config.limits.max_file_bytes = options.max_file_mb << 20;
  data::Provenance provenance;
  provenance.command = command_line;
  provenance.version = CLAMP_VERSION;
  provenance.sources = config.paths;
  provenance.sources.insert(provenance.sources.end(), config.tables.begin(), config.tables.end());

  data::ImportSummary summary;
  data::SymmetrySummary symmetry;
  const bool with_symmetry = !options.no_symmetry;
  write_file_atomically(options.out, [&](const std::string& temporary) {
    Progress progress(logger, "reading structures", 0, "structures");
    summary = data::import_dataset(config, temporary, provenance, [&](int64_t done, int64_t) {
      progress.update(done);
      return !interrupted();
    });
    progress.finish();
    if (with_symmetry && !summary.stopped)
      symmetry = run_symmetry(options, temporary, config.n_threads, logger);
  });
  if (!options.skipped_file.empty())
    write_file_atomically(options.skipped_file, skipped_csv(summary.skipped));
  log_skipped(summary.skipped, options.skipped_file, logger);
  if (summary.stopped)
    logger.warn(fmt::format("interrupted: {} holds only what was read so far", options.out));

  if (!summary.stopped && interrupted()) {
    logger.warn(fmt::format("interrupted: {} structures of {} have no asymmetric unit", symmetry.n_missing,
                            options.out));
  }

  nlohmann::json document{
      {"schema_version", 1},
      {"output", options.out},
      {"n_files", summary.n_files},
      {"n_imported", summary.n_imported},
      {"n_skipped", summary.skipped.size()},
      {"n_without_row", summary.n_without_row},
      {"n_other_files", summary.n_other_files},
      {"symmetry",
       {{"exact", symmetry.n_exact}, {"p1_fallback", symmetry.n_fallback}, {"none", symmetry.n_missing}}}};
  document["skipped"] = nlohmann::json::array();
  for (const data::Skipped& record : summary.skipped) {
    document["skipped"].push_back({{"record", record.name}, {"reason", record.reason}});
  }
  if (common.json) {
    std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
    return kExitDone;
  }
  std::cout << fmt::format("{}: {} structures from {} files, {} skipped", options.out, summary.n_imported,
                           summary.n_files, summary.skipped.size());
  if (!config.tables.empty())
    std::cout << fmt::format(", {} without a row in the table", summary.n_without_row);
  std::cout << "\n";
  if (with_symmetry) {
    std::cout << fmt::format("symmetry at {} A: {} exact, {} kept in P1, {} without an asymmetric unit\n",
                             options.symprec, symmetry.n_exact, symmetry.n_fallback, symmetry.n_missing);
  }
  return kExitDone;
}

}  // namespace

RunCommand add_import(Program& program) {
  const auto shared = std::make_shared<ImportOptions>();
  ImportOptions& options = *shared;
  CLI::App& app = program.add_command(
      "import",
      "Reads CIF files, folders, archives and datasets into one dataset, with the columns of CSV tables",
      "clamp-data import structures.tar.xz --csv qmof.csv --out qmof.h5");
  program.require(app.add_option("paths", options.config.paths,
                                 "CIF files, folders, tar or zip archives, HDF5 datasets"));
  app.add_option("--csv", options.config.tables,
                 "Table joined on its column path or id; several may be given");
  program.require(app.add_option("--out", options.out, "Dataset to write (.h5)"));
  app.add_option("--source", options.config.source,
                 "Name of the source kept with each structure; default: the path's name");
  app.add_flag("--only-table", options.config.only_table, "Leave out structures that have no row in a table");
  app.add_option("--val-share", options.config.val_share,
                 "Give structures without a split one: this share of the formulas is for validation; 0: none")
      ->check(CLI::Range(0.0, 0.9));
  app.add_option("--skipped", options.skipped_file, "CSV file for the skipped records and their reasons");
  app.add_flag("--no-symmetry", options.no_symmetry, "Do not find symmetry, bonds and asymmetric units");
  app.add_option("--symprec", options.symprec, "Symmetry tolerance in A")->check(CLI::Range(1e-5, 1.0));
  app.add_option("--max-file-mb", options.max_file_mb, "Largest structure file in MiB")
      ->check(CLI::Range(1, 2048));
  program.add_common(app);
  return [shared](const CommonOptions& common, const std::string& command_line) {
    return run_import(*shared, common, command_line);
  };
}

}  // namespace clamp::apps
