// Parts of the page that report_page() puts together.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "apps/report/report_row.h"

namespace clamp::apps {

/// A sortable table, a row a result that was made; columns that no result has a value for are left out.
std::string report_table(const std::vector<ReportRow>& rows);

/// The section of one result: view, numbers, what is not as it should be, molecules, files.
/// `drawing_of`: SMILES -> id of a symbol (drawing_symbols).
std::string report_card(const ReportRow& row, const std::map<std::string, std::string>& drawing_of);

/// An SVG drawing as a symbol of this id, that can stand in the page several times; "" for a text that is no
/// SVG with a viewBox.
std::string drawing_symbol(const std::string& svg, const std::string& id);

/// What the words on the page mean, as a closed details element.
std::string report_words();

/// A flag of MOFChecker that is not as it should be, in words: "has_lone_molecule" -> "a molecule that is
/// bonded to nothing". The flag itself where it is not known.
std::string flag_in_words(const std::string& flag);

}  // namespace clamp::apps
