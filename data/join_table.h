// Joins structures with the rows of a CSV table by path or id, and turns columns into properties, labels and
// texts.
#pragma once

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "data/csv_table.h"
#include "data/dataset.h"

namespace clamp::data {

/// Unit that the end of a column name states ("lcd_A" -> "A", "energy_above_hull_eV_atom" -> "eV/atom"), or
/// "".
std::string unit_of_column(const std::string& name);

/// The file name without folders and without ".cif", ".gz" and the like.
std::string path_stem(const std::string& path);

class JoinTable {
 public:
  /// Needs a column path (path, file, filename, cif_file) or id (id, qmof_id, material_id, name, refcode);
  /// throws clamp::UsageError otherwise, and clamp::Error where two rows have one key.
  explicit JoinTable(CsvTable table);

  struct Match {
    int64_t row = -1;
    std::string block;  ///< CIF block that the row asks for, "" for the first readable one
  };
  /// Rows of a structure file, by its path, else by its stem as id. Empty where there are none.
  std::vector<Match> find(const std::string& path) const;
  /// Row of an id, -1 where there is none.
  int64_t find_id(const std::string& id) const;

  /// Fills id, split, source, texts, numbers and labels of `record` from a row; fields without a cell stay.
  void apply(int64_t row, Record& record) const;
  int64_t size() const { return static_cast<int64_t>(table_.rows.size()); }
  /// Name of a row in messages: its path or id.
  std::string row_name(int64_t row) const;
  /// Numeric columns and their units.
  const std::map<std::string, std::string>& units() const { return units_; }

 private:
  enum class Kind { kNumber, kLabel, kText, kId, kSplit, kSource };
  void classify();
  void index_rows();
  std::string cell(int64_t row, int column) const;

  CsvTable table_;
  std::vector<Kind> kinds_;
  std::map<std::string, std::string> units_;
  int path_column_ = -1, id_column_ = -1, block_column_ = -1;
  std::unordered_map<std::string, std::vector<int64_t>> by_path_, by_base_, by_id_;
};

}  // namespace clamp::data
