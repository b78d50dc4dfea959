#include "data/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <optional>
#include <unordered_set>

#include "core/cif.h"
#include "core/error.h"
#include "data/csv_table.h"
#include "data/derived_columns.h"
#include "data/join_table.h"
#include "data/ordered_pool.h"

namespace clamp::data {
namespace {

struct Item {
  SourceFile file;
  std::optional<Record> record;  ///< from a dataset
};

struct Result {
  std::vector<Record> records;
  std::vector<std::vector<int64_t>> rows;  ///< [n_records][n_tables] row of each table, -1 for none
  std::vector<Skipped> skipped;
  std::vector<std::pair<size_t, int64_t>> used_rows;  ///< (table, row) of those in `skipped`
  int64_t n_files = 0;
};

/// Gives the items: files, and the records of datasets one by one.
class ItemSource {
 public:
  explicit ItemSource(const ImportConfig& config) : files_(config.paths, config.limits) {}
  bool next(Item& item) {
    if (dataset_ && at_ < dataset_->size()) {
      item.record = dataset_->read(at_++);
      item.file.path = item.record->id;
      return true;
    }
    dataset_.reset();
    if (!files_.next(item.file)) return false;
    if (!item.file.is_dataset) return true;
    dataset_.emplace(Dataset::open(item.file.path));
    at_ = 0;
    return next(item);
  }
  int64_t n_other() const { return files_.n_other(); }

 private:
  SourceFiles files_;
  std::optional<Dataset> dataset_;
  int64_t at_ = 0;
};

class Importer {
 public:
  Importer(const ImportConfig& config, DatasetWriter& writer) : config_(config), writer_(writer) {
    for (const std::string& path : config.tables) {
      tables_.emplace_back(read_csv(path));
      used_.emplace_back(static_cast<size_t>(tables_.back().size()), false);
    }
  }

  Result work(Item&& item) const {
    Result result;
    result.n_files = 1;
    if (item.record) {
      add(std::move(*item.record), std::vector<int64_t>(tables_.size(), -1), result);
    } else if (!item.file.skip_reason.empty()) {
      result.skipped.push_back({item.file.path, item.file.skip_reason});
    } else {
      read_structures(item.file, result);
    }
    return result;
  }

  void sink(Result&& result, ImportSummary& summary) {
    summary.n_files += result.n_files;
    for (Skipped& skipped : result.skipped) summary.skipped.push_back(std::move(skipped));
    for (const auto& [table, row] : result.used_rows) used_[table][static_cast<size_t>(row)] = true;
    for (size_t i = 0; i < result.records.size(); ++i) {
      const Record& record = result.records[i];
      const bool has_row = mark_used(result.rows[i]);
      if (config_.only_table && !has_row) {
        summary.skipped.push_back({record.id, "no row in the table"});
        continue;
      }
      if (ids_.count(record.id) != 0) {
        summary.skipped.push_back({record.id, "another structure has this id"});
        continue;
      }
      try {
        writer_.add(record);
      } catch (const Error& e) {
        summary.skipped.push_back({record.id, e.what()});
        continue;
      }
      ids_.insert(record.id);
      ++summary.n_imported;
      if (!tables_.empty() && !has_row) ++summary.n_without_row;
    }
  }

  /// Rows that no structure came for, and units of the columns.
  void finish(ImportSummary& summary) {
    for (size_t t = 0; t < tables_.size(); ++t) {
      for (const auto& [name, unit] : tables_[t].units()) writer_.set_unit(name, unit);
      for (size_t row = 0; row < used_[t].size() && !summary.stopped; ++row) {
        if (!used_[t][row]) {
          summary.skipped.push_back(
              {tables_[t].row_name(static_cast<int64_t>(row)),
               fmt::format("{} has a row, but there is no such structure", config_.tables[t])});
        }
      }
    }
  }

 private:
  bool mark_used(const std::vector<int64_t>& rows) {
    bool any = false;
    for (size_t t = 0; t < rows.size(); ++t) {
      if (rows[t] < 0) continue;
      used_[t][static_cast<size_t>(rows[t])] = true;
      any = true;
    }
    return any;
  }

  std::string source_name(const SourceFile& file) const {
    if (!config_.source.empty()) return config_.source;
    std::filesystem::path path(file.origin);
    while (path.has_extension()) path = path.stem();
    return path.filename().empty() ? path.parent_path().filename().string() : path.filename().string();
  }

  /// Joins a record with the tables and keeps it.
  void add(Record&& record, std::vector<int64_t> rows, Result& result) const {
    for (size_t t = 0; t < tables_.size(); ++t) {
      if (rows[t] < 0) rows[t] = tables_[t].find_id(record.id);
      if (rows[t] >= 0) tables_[t].apply(rows[t], record);
    }
    record.crystal.name = record.id;
    derive_columns(record);
    if (config_.val_share > 0 && record.split.empty())
      record.split = split_by_formula(record, config_.val_share);
    result.records.push_back(std::move(record));
    result.rows.push_back(std::move(rows));
  }

  void read_structures(const SourceFile& file, Result& result) const {
    std::vector<CifEntry> entries;
    try {
      entries = read_cif_text(file.content, file.path);
    } catch (const Error& e) {
      result.skipped.push_back({file.path, e.what()});
      return;
    }
    bool asked = false;
    for (size_t t = 0; t < tables_.size(); ++t) {
      for (const JoinTable::Match& match : tables_[t].find(file.path)) {
        asked = true;
        add_block(file, entries, match, t, result);
      }
      if (asked) return;
    }
    add_all(file, entries, result);
  }

  Record new_record(const SourceFile& file, const CifEntry& entry) const {
    Record record;
    record.id = path_stem(file.path);
    record.source = source_name(file);
    record.crystal = entry.crystal;
    return record;
  }

  /// The block that a row asks for.
  void add_block(const SourceFile& file, const std::vector<CifEntry>& entries, const JoinTable::Match& match,
                 size_t table, Result& result) const {
    const auto wanted = [&match](const CifEntry& entry) {
      return match.block.empty() ? entry.error.empty() : entry.block_name == match.block;
    };
    const auto entry = std::find_if(entries.begin(), entries.end(), wanted);
    std::vector<int64_t> rows(tables_.size(), -1);
    rows[table] = match.row;
    if (entry == entries.end()) {
      const std::string reason = match.block.empty()
                                     ? entries.empty() ? "no structure in the file" : entries.front().error
                                     : fmt::format("no block '{}' with a structure", match.block);
      result.skipped.push_back({file.path, reason});
    } else if (!entry->error.empty()) {
      result.skipped.push_back({file.path, entry->error});
    } else {
      Record record = new_record(file, *entry);
      for (const Record& other : result.records) {
        if (other.id == record.id) record.id = fmt::format("{}__{}", record.id, entry->block_name);
      }
      add(std::move(record), std::move(rows), result);
      return;
    }
    // Listed with its reason: the row must not be reported as missing too.
    result.used_rows.push_back({table, match.row});
  }

  /// Every block of a file that no table names.
  void add_all(const SourceFile& file, const std::vector<CifEntry>& entries, Result& result) const {
    if (entries.empty()) result.skipped.push_back({file.path, "no structure in the file"});
    for (const CifEntry& entry : entries) {
      const std::string name =
          entries.size() == 1 ? file.path : fmt::format("{}: block {}", file.path, entry.block_name);
      if (!entry.error.empty()) {
        result.skipped.push_back({name, entry.error});
        continue;
      }
      Record record = new_record(file, entry);
      if (entries.size() > 1) record.id = fmt::format("{}__{}", record.id, entry.block_name);
      add(std::move(record), std::vector<int64_t>(tables_.size(), -1), result);
    }
  }

  const ImportConfig& config_;
  DatasetWriter& writer_;
  std::vector<JoinTable> tables_;
  std::vector<std::vector<bool>> used_;
  std::unordered_set<std::string> ids_;
};

}  // namespace

ImportSummary import_dataset(const ImportConfig& config, const std::string& path,
                             const Provenance& provenance, const ProgressCallback& progress) {
  ImportSummary summary;
  DatasetWriter writer(path);
  Importer importer(config, writer);
  ItemSource source(config);
  std::atomic<bool> stop{false};
  OrderedPool<Item, Result> pool([&](Item& item) { return !stop && source.next(item); },
                                 [&](Item&& item) { return importer.work(std::move(item)); },
                                 [&](Result&& result) {
                                   importer.sink(std::move(result), summary);
                                   if (!progress(summary.n_files, -1)) stop = true;
                                 },
                                 config.n_threads);
  pool.run();
  summary.stopped = stop;
  summary.n_other_files = source.n_other();
  importer.finish(summary);
  if (summary.n_imported == 0) {
    fail(fmt::format(
        "nothing to import: {} structure files, {} skipped{}", summary.n_files, summary.skipped.size(),
        summary.skipped.empty()
            ? std::string()
            : fmt::format(" (first: {}: {})", summary.skipped[0].name, summary.skipped[0].reason)));
  }
  Provenance complete = provenance;
  complete.n_skipped = static_cast<int64_t>(summary.skipped.size());
  complete.complete = !summary.stopped;
  writer.finish(complete);
  return summary;
}

}  // namespace clamp::data
