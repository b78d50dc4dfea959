// CSV tables (RFC 4180): a header line, quoted fields, line breaks inside quotes, LF or CRLF, an optional
// UTF-8 mark.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clamp::data {

struct CsvTable {
  std::string source;  ///< file name, for messages
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;  ///< each as long as the header, blanks at both ends removed
  std::vector<int64_t> lines;                  ///< line of the file where each row starts

  /// Index of the first of `names` that is a column, -1 where none is.
  int column(const std::vector<std::string>& names) const;
};

/// Throws clamp::Error with file and line for an empty table, a column named twice, a row of the wrong length
/// or a quote that does not end.
CsvTable parse_csv(const std::string& text, const std::string& source);
CsvTable read_csv(const std::string& path);

/// A field as it must be written: quoted where it holds a comma, a quote or a line break.
std::string csv_field(const std::string& value);

}  // namespace clamp::data
