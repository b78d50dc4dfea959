#include "data/ragged.h"

#include <fmt/format.h>

#include <algorithm>

#include "core/error.h"

namespace clamp::data {

Offsets read_offsets(const Hdf5File& file, const std::string& name, int64_t n, int64_t end) {
  const Offsets offsets = file.open_array(name, 1).read_all<int64_t>();
  const std::string what = fmt::format("{}: {}", file.path(), name);
  if (n >= 0 && static_cast<int64_t>(offsets.size()) != n + 1) {
    fail(fmt::format("{}: {} offsets, expected {}", what, offsets.size(), n + 1));
  }
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != end ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    fail(fmt::format("{}: offsets do not run from 0 to {}; the file is damaged", what, end));
  }
  return offsets;
}

void expect_rows(const Hdf5Array& array, int64_t rows) {
  if (array.rows() != rows) fail(fmt::format("{}: {} rows, expected {}", array.name(), array.rows(), rows));
}

Mat3 matrix_at(const std::vector<double>& values, int64_t index) {
  Mat3 m;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) m(i, j) = values[static_cast<size_t>(9 * index + 3 * i + j)];
  }
  return m;
}

}  // namespace clamp::data
