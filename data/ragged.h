// Ragged arrays in dataset files: flat values with offsets.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/crystal.h"
#include "data/hdf5_file.h"

namespace clamp::data {

using Offsets = std::vector<int64_t>;

/// Reads offsets [n + 1] (any n where it is negative); throws clamp::Error unless they run from 0 to `end`
/// without falling.
Offsets read_offsets(const Hdf5File& file, const std::string& name, int64_t n, int64_t end);

/// Throws clamp::Error where an array has another number of rows.
void expect_rows(const Hdf5Array& array, int64_t rows);

/// Matrix `index` of flat row-major values [n, 3, 3].
Mat3 matrix_at(const std::vector<double>& values, int64_t index);

}  // namespace clamp::data
