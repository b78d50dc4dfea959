// What the page's viewer draws of a structure: atoms, bonds, cell; molecules whole instead of cut by the
// cell.
#pragma once

#include <string>
#include <vector>

#include "core/bond_graph.h"
#include "core/crystal.h"

namespace clamp::apps {

/// The same crystal with other images of its atoms, and its bonds between these.
struct WholeMolecules {
  Crystal crystal;
  std::vector<Bond> bonds;
};
/// Each molecule (of non-metals) is whole, with its centre in the cell; metals lie in the cell, and so do the
/// atoms of organic parts without end.
WholeMolecules with_whole_molecules(const Crystal& crystal);

/// {"cell": 9 numbers (rows, A), "z": [n], "xyz": 3 n numbers (A), "bonds": i, j and three shifts for each,
/// "elements": {"30": {"symbol", "radius" (covalent, A), "metal"}}}
std::string view_json(const Crystal& crystal);

}  // namespace clamp::apps
