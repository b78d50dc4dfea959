// CSV tables and their join: any bytes are refused with clamp::Error or give rows that survive writing and
// reading.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/error.h"
#include "data/csv_table.h"
#include "data/join_table.h"

namespace {

std::string written(const clamp::data::CsvTable& table) {
  std::string text;
  const auto add = [&text](const std::vector<std::string>& row) {
    for (size_t i = 0; i < row.size(); ++i) text += (i > 0 ? "," : "") + clamp::data::csv_field(row[i]);
    text += "\n";
  };
  add(table.header);
  for (const auto& row : table.rows) add(row);
  return text;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string text(reinterpret_cast<const char*>(bytes), size);
  try {
    const clamp::data::CsvTable table = clamp::data::parse_csv(text, "fuzz.csv");
    const clamp::data::CsvTable again = clamp::data::parse_csv(written(table), "again.csv");
    if (again.header != table.header || again.rows != table.rows) std::abort();
    const clamp::data::JoinTable joined(table);
    for (int64_t row = 0; row < joined.size(); ++row) {
      clamp::data::Record record;
      joined.apply(row, record);
      joined.find(joined.row_name(row));
    }
  } catch (const clamp::Error&) {
  }
  return 0;
}
