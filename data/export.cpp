#include "data/export.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <set>

#include "core/atomic_file.h"
#include "core/cif.h"
#include "core/error.h"
#include "data/csv_table.h"

namespace clamp::data {
namespace {

/// A file name for an id, different from all in `taken`.
std::string file_name(const std::string& id, std::set<std::string>& taken) {
  std::string name;
  for (const char c : id.substr(0, 180)) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '-' || c == '_' || c == '+' || c == '.'
                ? c
                : '_';
  }
  if (name.front() == '.' || name.front() == '-') name.front() = '_';
  std::string free = name;
  for (int k = 2; !taken.insert(free).second; ++k) free = fmt::format("{}_{}", name, k);
  return free + ".cif";
}

std::string number_field(double value) {
  std::string text = fmt::format("{}", value);
  if (text.size() > 2 && text.compare(text.size() - 2, 2, ".0") == 0) text.resize(text.size() - 2);
  return text;
}

}  // namespace

std::vector<int64_t> select(const Dataset& dataset, const Selection& selection, const std::string& path) {
  std::set<std::string> ids(selection.ids.begin(), selection.ids.end());
  const std::set<std::string> splits(selection.splits.begin(), selection.splits.end());
  std::set<std::string> known_splits;
  std::vector<int64_t> indices;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    known_splits.insert(dataset.split(i));
    if (!selection.ids.empty() && ids.erase(dataset.id(i)) == 0) continue;
    if (!splits.empty() && splits.count(dataset.split(i)) == 0) continue;
    if (selection.max_atoms > 0 && dataset.n_atoms(i) > selection.max_atoms) continue;
    indices.push_back(i);
  }
  if (!ids.empty()) {
    fail_usage(fmt::format("{}: no structure '{}' ({} of {} ids asked for are missing)", path, *ids.begin(),
                           ids.size(), selection.ids.size()));
  }
  for (const std::string& split : splits) {
    if (known_splits.count(split) != 0) continue;
    std::string known;
    for (const std::string& name : known_splits) known += (known.empty() ? "'" : ", '") + name + "'";
    fail_usage(fmt::format("{}: no split '{}'; there are {}", path, split, known));
  }
  if (indices.empty()) fail_usage(fmt::format("{}: no structure is left by the choice", path));
  return indices;
}

void export_dataset(const Dataset& dataset, const std::vector<int64_t>& indices, const std::string& folder) {
  const std::filesystem::path structures = std::filesystem::path(folder) / "structures";
  std::error_code error;
  std::filesystem::create_directories(structures, error);
  if (error) fail(fmt::format("{}: cannot be created: {}", structures.string(), error.message()));
  int64_t most_texts = 0;
  for (const int64_t i : indices) most_texts = std::max(most_texts, dataset.n_texts(i));

  std::vector<std::string> header{"path", "id", "split", "source"};
  const std::vector<std::string> labels = dataset.label_names();
  const std::map<std::string, std::string> numbers = dataset.units();
  // The table's own columns go before columns of the same name that came from an imported table.
  const auto own = [&](const std::string& name) {
    return std::find(header.begin(), header.begin() + 4, name) != header.begin() + 4;
  };
  std::vector<std::string> label_columns;
  for (const std::string& name : labels) {
    if (!own(name) && name != "cif_block") label_columns.push_back(name);
  }
  for (const auto& [name, unit] : numbers) header.push_back(name);
  header.insert(header.end(), label_columns.begin(), label_columns.end());
  for (int64_t t = 1; t <= most_texts; ++t) header.push_back(t == 1 ? "text" : fmt::format("text_{}", t));

  std::string table;
  const auto add_row = [&table](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) table += (i > 0 ? "," : "") + csv_field(row[i]);
    table += "\n";
  };
  add_row(header);
  std::set<std::string> taken;
  for (const int64_t i : indices) {
    const Record record = dataset.read(i);
    const std::string name = file_name(record.id, taken);
    write_file_atomically((structures / name).string(), cif_text_p1(record.crystal));
    std::vector<std::string> row{"structures/" + name, record.id, record.split, record.source};
    for (const auto& [column, unit] : numbers) {
      const auto it = record.numbers.find(column);
      row.push_back(it == record.numbers.end() ? "" : number_field(it->second));
    }
    for (const std::string& column : label_columns) {
      const auto it = record.labels.find(column);
      row.push_back(it == record.labels.end() ? "" : it->second);
    }
    for (size_t t = 0; t < static_cast<size_t>(most_texts); ++t) {
      row.push_back(t < record.texts.size() ? record.texts[t] : "");
    }
    add_row(row);
  }
  write_file_atomically((std::filesystem::path(folder) / "table.csv").string(), table);
}

}  // namespace clamp::data
