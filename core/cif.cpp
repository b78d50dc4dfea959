// CIF reading. gemmi parses the syntax; what the values mean is decided here, since real files break the
// dictionary in many ways and every refusal must name its reason.
//
// Choices where the CIF core dictionary (2.4.5) leaves some:
// - Operations listed in the file win over the space-group name. Without both the structure is P1 (the
// dictionary's
//   default of _symmetry_equiv_pos_as_xyz is x,y,z), unless the file tells of a symmetry that is not
//   triclinic.
// - Angles absent or '.' are 90 (the dictionary's default), '?' is refused.
// - Sites of occupancy 0 and dummy sites are no atoms; occupancies below 0.99 are refused.
// - A name may leave the origin or axes open: the usual choice is taken, and refused where it contradicts the
// formula.
#include "core/cif.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cctype>
#include <cmath>
#include <gemmi/cif.hpp>
#include <map>

#include "core/atomic_file.h"
#include "core/cif_sites.h"
#include "core/cif_symmetry.h"
#include "core/error.h"

namespace clamp {
namespace {

namespace gcif = gemmi::cif;
using cif::find_text;
using cif::is_null;
using cif::parse_number;
using cif::plain;
using cif::shown;

constexpr double kMaxLength = 10000;  // Å
constexpr double kMinHeight = 0.3;    // Å between lattice planes

// Bytes that CIF does not know and gemmi refuses: text in Latin-1 or UTF-8 (names and titles: '_'), no-break
// spaces and control characters (blanks), lone carriage returns (line ends).
std::string cleaned(const std::string& text) {
  std::string result;
  result.reserve(text.size() + 1);
  size_t i = text.compare(0, 3, "\xEF\xBB\xBF") == 0 ? 3 : 0;
  for (; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool next_is_feed = i + 1 < text.size() && text[i + 1] == '\n';
    if (c == '\r') {
      if (!next_is_feed) result += '\n';
    } else if (c == 0xC2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) == 0xA0) {
      result += ' ';
      ++i;
    } else if (c == 0xA0 || (c < 32 && c != '\t' && c != '\n') || c == 127) {
      result += ' ';
    } else {
      result += c < 128 ? text[i] : '_';
    }
  }
  return result;
}

// Ends a quoted text at the end of its line, where gemmi found none: apostrophes inside it become '_'. False
// where line `number` (from 1) of `text` has no quote to repair.
bool end_quote_on_line(std::string& text, size_t number) {
  size_t start = 0;
  for (size_t line = 1; line < number; ++line) {
    start = text.find('\n', start);
    if (start == std::string::npos) return false;
    ++start;
  }
  const size_t end = std::min(text.find('\n', start), text.size());
  size_t open = start;
  while (open < end && text[open] != '\'' && text[open] != '"') ++open;
  if (open + 1 >= end) return false;
  for (size_t i = open + 1; i < end; ++i)
    if (text[i] == '\'' || text[i] == '"') text[i] = '_';
  text[end - 1] = text[open];
  return true;
}

// Without gemmi's checks for duplicate tags and missing values: such files are read where the values needed
// are there.
gcif::Document parse_document(std::string text, const std::string& source) {
  constexpr int kMaxRepairs = 100;
  for (int repairs = 0;; ++repairs) {
    gcif::Document document;
    try {
      tao::pegtl::memory_input<> input(text, source);
      if (tao::pegtl::parse<gcif::rules::file, gcif::Action, gcif::Errors>(input, document)) return document;
      fail(fmt::format("{}: no valid CIF: it is empty", source));
    } catch (const tao::pegtl::parse_error& error) {
      const bool unterminated = std::string_view(error.message()).find("unterminated") == 0 &&
                                std::string_view(error.message()).find("text field") == std::string::npos;
      const size_t line = error.positions().front().line;
      if (unterminated && repairs < kMaxRepairs && end_quote_on_line(text, line)) continue;
      fail(fmt::format("{}:{}: no valid CIF: {}", source, line, error.message()));
    }
  }
}

CellParameters read_cell(const gcif::Block& block) {
  CellParameters cell;
  const std::pair<const char*, double*> lengths[] = {
      {"_cell_length_a", &cell.a}, {"_cell_length_b", &cell.b}, {"_cell_length_c", &cell.c}};
  const std::pair<const char*, double*> angles[] = {{"_cell_angle_alpha", &cell.alpha},
                                                    {"_cell_angle_beta", &cell.beta},
                                                    {"_cell_angle_gamma", &cell.gamma}};
  for (const auto& [tag, target] : lengths) {
    const std::string* value = block.find_value(tag);
    if (value == nullptr || is_null(*value)) fail(fmt::format("no cell: {} is missing", tag));
    if (!parse_number(*value, *target) || *target <= 0 || *target > kMaxLength)
      fail(fmt::format("{} is '{}', expected a length in Å", tag, shown(*value)));
  }
  for (const auto& [tag, target] : angles) {
    const std::string* value = block.find_value(tag);
    if (value == nullptr || *value == "." || value->empty()) continue;
    if (!parse_number(*value, *target) || *target <= 0 || *target >= 180)
      fail(fmt::format("{} is '{}', expected an angle between 0 and 180 degrees", tag, shown(*value)));
  }
  return cell;
}

Mat3 checked_cell(const CellParameters& parameters) {
  const Mat3 cell = cell_from_parameters(parameters);
  const Mat3 inverse = cell.inverse();
  for (int k = 0; k < 3; ++k)
    if (!(1.0 / inverse.col(k).norm() >= kMinHeight))
      fail(fmt::format("the cell is flat: lattice planes {:.3f} Å apart, expected at least {} Å",
                       1.0 / inverse.col(k).norm(), kMinHeight));
  return cell;
}

cif::SpaceGroupNames read_names(const gcif::Block& block) {
  cif::SpaceGroupNames names;
  names.hermann_mauguin = find_text(block, {"_space_group_name_H-M_alt", "_symmetry_space_group_name_H-M",
                                            "_space_group_name_H-M", "_space_group.name_H-M_alt"});
  names.hall = find_text(
      block, {"_space_group_name_Hall", "_symmetry_space_group_name_Hall", "_space_group.name_Hall"});
  const std::string number =
      find_text(block, {"_space_group_IT_number", "_symmetry_Int_Tables_number", "_space_group.IT_number"});
  double parsed = 0;
  if (parse_number(number, parsed) && parsed >= 1 && parsed <= 230 && parsed == std::floor(parsed))
    names.number = static_cast<int>(parsed);
  return names;
}

std::vector<SymmetryOperation> read_operations(gcif::Block& block) {
  std::vector<SymmetryOperation> operations;
  for (const char* tag : {"_space_group_symop_operation_xyz", "_symmetry_equiv_pos_as_xyz",
                          "_space_group_symop.operation_xyz", "_space_group_symop_operation_xyz_"}) {
    for (const std::string& value : block.find_values(tag))
      if (!is_null(value)) operations.push_back(cif::parse_operation(plain(value)));
    if (!operations.empty()) break;
  }
  return operations;
}

// A file without operations and names is P1 only if nothing in it says that atoms are missing.
void check_whole_cell(const gcif::Block& block, const std::vector<cif::ListedSite>& sites) {
  std::string setting = find_text(block, {"_symmetry_cell_setting", "_space_group_crystal_system"});
  for (char& c : setting) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (!setting.empty() && setting != "triclinic")
    fail(fmt::format("neither symmetry operations nor a space group, and the cell is {}", shown(setting)));
  double expected = 0;
  for (const auto& [z, count] : cif::formula_sum(block)) expected += z == 1 ? 0 : count;
  double units = 1;
  if (!parse_number(find_text(block, {"_cell_formula_units_Z"}), units)) return;
  const auto listed =
      std::count_if(sites.begin(), sites.end(), [](const auto& site) { return site.atomic_number != 1; });
  if (static_cast<double>(listed) < 0.99 * units * expected)
    fail(
        fmt::format("neither symmetry operations nor a space group, and {} listed atoms besides hydrogen "
                    "where {} formula "
                    "units have {}",
                    listed, units, units * expected));
}

// Where the name leaves axes or origin open, the wrong choice gives other atoms than the file's own formula
// has.
void check_formula(const gcif::Block& block, const Crystal& crystal, const std::string& name) {
  std::map<int, double> expected = cif::formula_sum(block);
  std::map<int, double> found;
  for (const int z : crystal.atomic_numbers) ++found[z];
  expected.erase(1);  // hydrogen is often not located
  found.erase(1);
  if (expected.empty() || found.empty()) return;
  const double units = found.begin()->second / expected.begin()->second;
  bool agree = expected.size() == found.size();
  for (const auto& [z, count] : expected)
    agree = agree && found.count(z) != 0 && std::abs(found[z] - units * count) < 1e-6;
  if (!agree)
    fail(fmt::format(
        "no symmetry operations, and space group '{}' leaves the origin or axes open: the usual choice gives "
        "{} "
        "where the file says {}",
        shown(name), formula(crystal.atomic_numbers), find_text(block, {"_chemical_formula_sum"})));
}

Crystal read_structure(gcif::Block& block, const cif::SpaceGroupNames& names) {
  if (block.has_tag("_cell_modulation_dimension") ||
      block.has_tag("_space_group_symop_ssg_operation_algebraic") || block.has_tag("_space_group_ssg_name"))
    fail("a modulated structure, expected one with three-dimensional symmetry");
  const CellParameters parameters = read_cell(block);
  Crystal crystal;
  crystal.name = block.name;
  crystal.cell = checked_cell(parameters);
  const std::vector<cif::ListedSite> sites = cif::read_sites(block);
  std::vector<SymmetryOperation> operations = read_operations(block);
  const bool listed = !operations.empty();
  const bool named = !names.hermann_mauguin.empty() || !names.hall.empty() || names.number != 0;
  if (!listed && !named) check_whole_cell(block, sites);
  bool ambiguous = false;
  if (!listed && named) operations = cif::operations_of(names, parameters, ambiguous);
  cif::expand_sites(sites, cif::checked_group(operations, crystal.cell), crystal);
  if (ambiguous)
    check_formula(block, crystal,
                  names.hermann_mauguin.empty() ? std::to_string(names.number) : names.hermann_mauguin);
  return crystal;
}

bool holds_structure(const gcif::Block& block) {
  return block.has_tag("_cell_length_a") || block.has_tag("_atom_site_fract_x") ||
         block.has_tag("_atom_site_label") || block.has_tag("_atom_site_type_symbol");
}

CifEntry read_block(gcif::Block& block) {
  CifEntry entry;
  entry.block_name = block.name;
  try {
    const cif::SpaceGroupNames names = read_names(block);
    entry.space_group_number = cif::space_group_number(names);
    entry.crystal = read_structure(block, names);
  } catch (const std::exception& error) {
    // gemmi's lookups throw runtime_error and out_of_range: one bad block must not hide the others.
    entry.error = error.what();
  }
  return entry;
}

}  // namespace

std::vector<CifEntry> read_cif_text(const std::string& text, const std::string& source) {
  gcif::Document document = parse_document(cleaned(text), source);
  std::vector<CifEntry> entries;
  for (gcif::Block& block : document.blocks)
    if (holds_structure(block)) entries.push_back(read_block(block));
  return entries;
}

std::vector<CifEntry> read_cif_file(const std::string& path) { return read_cif_text(read_file(path), path); }

Crystal read_crystal(const std::string& path) {
  const std::vector<CifEntry> entries = read_cif_file(path);
  for (const CifEntry& entry : entries)
    if (entry.error.empty()) return entry.crystal;
  if (entries.empty()) fail(fmt::format("{}: no structure: no block has a cell or atom sites", path));
  fail(fmt::format("{}: no readable structure: block '{}': {}", path, entries[0].block_name,
                   entries[0].error));
}

}  // namespace clamp
