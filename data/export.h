// Takes a dataset apart again: CIF files and a CSV table that import_dataset reads back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::data {

/// What a choice of structures asks for; an empty field asks for nothing.
struct Selection {
  std::vector<std::string> ids;
  std::vector<std::string> splits;
  int64_t max_atoms = 0;  ///< 0: any
};

/// Indices in the order of the file. Throws clamp::UsageError for ids or splits that are not there, and where
/// nothing is left.
std::vector<int64_t> select(const Dataset& dataset, const Selection& selection, const std::string& path);

/// Writes `<folder>/structures/<id>.cif` (all atoms, P1) and `<folder>/table.csv` (path, id, split, source,
/// all columns, texts as text, text_2 ...). Characters of ids that do not belong into file names become '_'.
void export_dataset(const Dataset& dataset, const std::vector<int64_t>& indices, const std::string& folder);

}  // namespace clamp::data
