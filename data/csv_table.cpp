#include "data/csv_table.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "core/atomic_file.h"
#include "core/error.h"

namespace clamp::data {
namespace {

constexpr const char* kByteOrderMark = "\xEF\xBB\xBF";

std::string trimmed(const std::string& text) {
  const char* blanks = " \t\r\n";
  const size_t first = text.find_first_not_of(blanks);
  if (first == std::string::npos) return "";
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Walks through CSV text a row at a time.
class Scanner {
 public:
  Scanner(const std::string& text, const std::string& source) : text_(text), source_(source) {
    if (text_.compare(0, 3, kByteOrderMark) == 0) at_ = 3;
  }
  int64_t line() const { return line_; }
  bool at_end() const { return at_ >= text_.size(); }

  std::vector<std::string> row() {
    std::vector<std::string> fields;
    for (;;) {
      fields.push_back(
          trimmed(text_[std::min(at_, text_.size() - 1)] == '"' && !at_end() ? quoted() : plain()));
      if (at_end()) return fields;
      if (text_[at_++] == '\n') {
        ++line_;
        return fields;
      }
    }
  }

 private:
  std::string plain() {
    const size_t end = std::min(text_.find_first_of(",\n", at_), text_.size());
    const std::string field = text_.substr(at_, end - at_);
    at_ = end;
    return field;
  }

  std::string quoted() {
    const int64_t opened = line_;
    std::string field;
    for (++at_; at_ < text_.size(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 < text_.size() && text_[at_ + 1] == '"') {
          ++at_;
        } else {
          ++at_;
          return field + plain();
        }
      }
      if (text_[at_] == '\n') ++line_;
      field += text_[at_];
    }
    fail(fmt::format("{}:{}: a quoted field does not end", source_, opened));
  }

  const std::string& text_;
  const std::string& source_;
  size_t at_ = 0;
  int64_t line_ = 1;
};

}  // namespace

int CsvTable::column(const std::vector<std::string>& names) const {
  for (const std::string& name : names) {
    const auto it = std::find(header.begin(), header.end(), name);
    if (it != header.end()) return static_cast<int>(it - header.begin());
  }
  return -1;
}

CsvTable parse_csv(const std::string& text, const std::string& source) {
  CsvTable table;
  table.source = source;
  if (text.find('\0') != std::string::npos)
    fail(fmt::format("{}: holds a zero byte; expected CSV text", source));
  Scanner scanner(text, source);
  if (scanner.at_end()) fail(fmt::format("{}: empty; expected CSV with a header line", source));
  table.header = scanner.row();
  std::set<std::string> seen;
  for (const std::string& name : table.header) {
    if (name.empty()) fail(fmt::format("{}:1: a column without a name", source));
    if (!seen.insert(name).second) fail(fmt::format("{}:1: column '{}' is there twice", source, name));
  }
  while (!scanner.at_end()) {
    const int64_t line = scanner.line();
    std::vector<std::string> row = scanner.row();
    if (row.size() == 1 && row[0].empty()) continue;
    if (row.size() != table.header.size()) {
      fail(fmt::format("{}:{}: {} fields, expected {} as in the header", source, line, row.size(),
                       table.header.size()));
    }
    table.rows.push_back(std::move(row));
    table.lines.push_back(line);
  }
  return table;
}

CsvTable read_csv(const std::string& path) { return parse_csv(read_file(path), path); }

std::string csv_field(const std::string& value) {
  if (value.find_first_of(",\"\r\n") == std::string::npos) return value;
  std::string quoted = "\"";
  for (const char c : value) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

}  // namespace clamp::data
