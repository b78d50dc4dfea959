// Reading a record's columns for captions.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::data {

/// The cell of a text column, "" where it is missing.
std::string label_of(const Record& record, const std::string& name);
/// The cell of a number column, nullptr where it is missing.
const double* number_of(const Record& record, const std::string& name);
/// Parts between separators, without blanks at their ends, empty ones left out.
std::vector<std::string> split_words(const std::string& text, char separator);
/// Atomic numbers of the column metals.
std::vector<int> metals_of(const Record& record);
/// Column framework_dimension, -1 where it is missing.
int dimension_of(const Record& record);

/// "C7 Cu1 H12 N2 O3" -> "C7H12CuN2O3" (Hill order, ones left out), or with the metals in front; "" for text
/// that is no such formula.
std::string compact_formula(const std::string& spaced, bool metals_first);

}  // namespace clamp::data
