// Imports structure files and tables into one dataset file, on several threads, and says what it left out.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset_writer.h"
#include "data/source_files.h"
#include "data/symmetry_pass.h"

namespace clamp::data {

struct ImportConfig {
  std::vector<std::string> paths;   ///< CIF files, folders, archives, datasets
  std::vector<std::string> tables;  ///< CSV files joined on path or id
  std::string source;               ///< Record::source where no table says it; "" is the argument's file name
  bool only_table = false;          ///< leave out structures without a row
  double val_share = 0;  ///< of the formulas whose structures come without a split: these get one; 0: none do
  SourceLimits limits;
  int n_threads = 1;
};

/// A record of the input that is not in the dataset.
struct Skipped {
  std::string name;
  std::string reason;
};

struct ImportSummary {
  int64_t n_files = 0;  ///< structure files seen
  int64_t n_imported = 0;
  int64_t n_other_files = 0;  ///< files in folders and archives that are no CIF
  int64_t n_without_row = 0;  ///< imported although no table has a row for them
  bool stopped = false;       ///< `progress` asked to stop; the records so far are in the file
  std::vector<Skipped> skipped;
};

/// Writes the dataset at `path` (not atomically: give a temporary path). The same input gives the same file
/// whatever the number of threads. Throws clamp::Error where an archive or table is damaged or nothing could
/// be imported.
ImportSummary import_dataset(const ImportConfig& config, const std::string& path,
                             const Provenance& provenance, const ProgressCallback& progress);

}  // namespace clamp::data
