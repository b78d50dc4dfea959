// What the CIF reader needs of fields: values as text and numbers, and the list of atom sites.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/cif_symmetry.h"

namespace gemmi::cif {
struct Block;
}

namespace clamp::cif {

/// '?' and '.', and what a damaged file leaves empty.
bool is_null(const std::string& raw);
/// Text without quotes and outer blanks; nulls are empty.
std::string plain(const std::string& raw);
/// A value for a message: nulls as they are, one line, not too long.
std::string shown(const std::string& raw);
/// "12.345(6)" -> 12.345; an uncertainty without its closing bracket is tolerated, anything else behind is
/// not.
bool parse_number(const std::string& raw, double& value);
/// Text of the first of the tags that has a value, else empty.
std::string find_text(const gemmi::cif::Block& block, std::initializer_list<const char*> tags);

/// Atomic number -> count of _chemical_formula_sum ("C8 H4 O5 Zn"), empty where there is none.
std::map<int, double> formula_sum(const gemmi::cif::Block& block);

/// All sites that are fully occupied atoms. Throws clamp::Error naming the site for partial occupancy,
/// disorder, hydrogen atoms without coordinates, unknown elements and coordinates that are no numbers.
std::vector<ListedSite> read_sites(gemmi::cif::Block& block);

}  // namespace clamp::cif
