// Columns that follow from a structure itself, for structures that come without a table.
#pragma once

#include "data/dataset.h"

namespace clamp::data {

/// Sets the columns that the record lacks of formula, reduced_formula, metals (symbols, in order of their
/// atomic numbers), n_atoms, volume_A3 and density_g_cm3. What a table said stays.
void derive_columns(Record& record);

/// "val" for about `share` of all reduced formulas, else "train": structures of one composition never stand
/// on both sides. The same formula has the same split in every dataset.
std::string split_by_formula(const Record& record, double share);

}  // namespace clamp::data
