#include "data/join_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <set>

#include "core/error.h"

namespace clamp::data {
namespace {

const std::vector<std::string> kPathColumns{"path", "file", "filename", "cif_file"};
const std::vector<std::string> kIdColumns{"id", "qmof_id", "material_id", "name", "refcode"};
const std::set<std::string> kTextColumns{"title", "text", "texts", "caption", "description"};
const std::set<std::string> kCodeColumns{"refcode", "doi", "date", "cif_block", "name"};

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

bool is_missing(const std::string& cell) {
  return cell.empty() || cell == "nan" || cell == "NaN" || cell == "None";
}

/// True where the whole cell is one finite number.
bool parse_number(const std::string& cell, double& value) {
  const char* begin = cell.data();
  const char* end = begin + cell.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [stop, status] = std::from_chars(begin, end, value);
  return status == std::errc() && stop == end && std::isfinite(value);
}

std::string base_name(const std::string& path) {
  const size_t slash = path.find_last_of("/\\");
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

std::string split_name(const std::string& cell) {
  if (cell == "validation" || cell == "valid" || cell == "dev") return "val";
  if (cell == "training") return "train";
  return cell;
}

}  // namespace

std::string unit_of_column(const std::string& name) {
  static const std::vector<std::pair<const char*, const char*>> units{{"_eV_atom", "eV/atom"},
                                                                      {"_eV_A3", "eV/A^3"},
                                                                      {"_g_cm3", "g/cm^3"},
                                                                      {"_m2_g", "m^2/g"},
                                                                      {"_m2_cm3", "m^2/cm^3"},
                                                                      {"_cm3_g", "cm^3/g"},
                                                                      {"_kJ_mol", "kJ/mol"},
                                                                      {"_A3", "A^3"},
                                                                      {"_A2", "A^2"},
                                                                      {"_A", "A"},
                                                                      {"_eV", "eV"},
                                                                      {"_GPa", "GPa"},
                                                                      {"_K", "K"},
                                                                      {"_deg", "deg"}};
  for (const auto& [end, unit] : units) {
    if (ends_with(name, end)) return unit;
  }
  return "";
}

std::string path_stem(const std::string& path) {
  std::string stem = base_name(path);
  for (const char* end : {".gz", ".xz", ".bz2", ".cif", ".CIF"}) {
    if (ends_with(stem, end) && stem.size() > std::string(end).size())
      stem.resize(stem.size() - std::string(end).size());
  }
  return stem;
}

JoinTable::JoinTable(CsvTable table) : table_(std::move(table)) {
  path_column_ = table_.column(kPathColumns);
  id_column_ = table_.column(kIdColumns);
  block_column_ = table_.column({"cif_block"});
  if (path_column_ < 0 && id_column_ < 0) {
    fail_usage(fmt::format("{}: no column to join on; expected one of {} or {}, found {}", table_.source,
                           fmt::join(kPathColumns, ", "), fmt::join(kIdColumns, ", "),
                           fmt::join(table_.header, ", ")));
  }
  classify();
  index_rows();
}

void JoinTable::classify() {
  for (size_t c = 0; c < table_.header.size(); ++c) {
    const std::string& name = table_.header[c];
    Kind kind = Kind::kLabel;
    if (static_cast<int>(c) == id_column_) {
      kind = Kind::kId;
    } else if (name == "split") {
      kind = Kind::kSplit;
    } else if (name == "source") {
      kind = Kind::kSource;
    } else if (kTextColumns.count(name) != 0 || name.compare(0, 5, "text_") == 0) {
      kind = Kind::kText;
    } else if (kCodeColumns.count(name) == 0 && !ends_with(name, "_id")) {
      bool any = false, all = true;
      double value = 0;
      for (const auto& row : table_.rows) {
        if (is_missing(row[c])) continue;
        any = true;
        all = all && parse_number(row[c], value);
      }
      if (any && all) {
        kind = Kind::kNumber;
        units_[name] = unit_of_column(name);
      }
    }
    kinds_.push_back(kind);
  }
}

void JoinTable::index_rows() {
  for (int64_t row = 0; row < size(); ++row) {
    const std::string line = fmt::format("{}:{}", table_.source, table_.lines[static_cast<size_t>(row)]);
    if (path_column_ >= 0) {
      const std::string path = cell(row, path_column_);
      if (path.empty())
        fail(fmt::format("{}: empty {}", line, table_.header[static_cast<size_t>(path_column_)]));
      std::vector<int64_t>& same = by_path_[path];
      for (const int64_t other : same) {
        if (block_column_ < 0 || cell(other, block_column_) == cell(row, block_column_)) {
          fail(fmt::format("{}: {} is there twice (first on line {})", line, path,
                           table_.lines[static_cast<size_t>(other)]));
        }
      }
      same.push_back(row);
      by_base_[base_name(path)].push_back(row);
    }
    if (id_column_ >= 0) {
      const std::string id = cell(row, id_column_);
      if (id.empty()) fail(fmt::format("{}: empty {}", line, table_.header[static_cast<size_t>(id_column_)]));
      std::vector<int64_t>& same = by_id_[id];
      if (!same.empty() && path_column_ < 0) {
        fail(fmt::format("{}: id {} is there twice (first on line {})", line, id,
                         table_.lines[static_cast<size_t>(same.front())]));
      }
      same.push_back(row);
    }
  }
}

std::string JoinTable::cell(int64_t row, int column) const {
  return table_.rows[static_cast<size_t>(row)][static_cast<size_t>(column)];
}

std::vector<JoinTable::Match> JoinTable::find(const std::string& path) const {
  const std::vector<int64_t>* rows = nullptr;
  const auto look = [&rows](const auto& index, const std::string& key) {
    const auto it = index.find(key);
    if (rows == nullptr && it != index.end()) rows = &it->second;
  };
  // The table's paths may be relative to a folder above the one given: longest common end first.
  for (size_t from = 0; from != std::string::npos && rows == nullptr;) {
    look(by_path_, path.substr(from));
    const size_t slash = path.find('/', from);
    from = slash == std::string::npos ? slash : slash + 1;
  }
  if (rows == nullptr) {
    const auto it = by_base_.find(base_name(path));
    const auto one_path = [this](const std::vector<int64_t>& all) {
      return std::all_of(all.begin(), all.end(),
                         [&](int64_t r) { return cell(r, path_column_) == cell(all.front(), path_column_); });
    };
    if (it != by_base_.end() && one_path(it->second)) rows = &it->second;
  }
  if (path_column_ < 0) look(by_id_, path_stem(path));
  std::vector<Match> matches;
  if (rows == nullptr) return matches;
  for (const int64_t row : *rows) {
    matches.push_back({row, block_column_ >= 0 ? cell(row, block_column_) : std::string()});
  }
  return matches;
}

int64_t JoinTable::find_id(const std::string& id) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() ? -1 : it->second.front();
}

void JoinTable::apply(int64_t row, Record& record) const {
  for (size_t c = 0; c < kinds_.size(); ++c) {
    const std::string value = cell(row, static_cast<int>(c));
    if (is_missing(value)) continue;
    double number = 0;
    switch (kinds_[c]) {
      case Kind::kNumber:
        parse_number(value, number);
        record.numbers[table_.header[c]] = number;
        break;
      case Kind::kLabel:
        record.labels[table_.header[c]] = value;
        break;
      case Kind::kText:
        record.texts.push_back(value);
        break;
      case Kind::kId:
        record.id = value;
        break;
      case Kind::kSplit:
        record.split = split_name(value);
        break;
      case Kind::kSource:
        record.source = value;
        break;
    }
  }
}

std::string JoinTable::row_name(int64_t row) const {
  return cell(row, path_column_ >= 0 ? path_column_ : id_column_);
}

}  // namespace clamp::data
