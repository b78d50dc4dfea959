// CIF reading. gemmi parses the syntax; what the values mean is decided here, since real files break the
// dictionary in many ways and every refusal must name its reason.
//
// Choices beyond the CIF core dictionary (v. 2.4.5):
// * Operations listed in the file win over the space-group name; without both the structure is P1 (the
// default of
//   _symmetry_equiv_pos_as_xyz is x,y,z); an unknown name without operations is refused.
// * Angles absent or '.' are 90 (the dictionary's default), '?' is refused.
// * Sites of occupancy 0 and dummy sites are no atoms; occupancies below 0.99 are refused.
#include "core/cif.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <charconv>
#include <cmath>
#include <gemmi/cif.hpp>
#include <map>
#include <set>

#include "core/atomic_file.h"
#include "core/cif_symmetry.h"
#include "core/elements.h"
#include "core/error.h"

namespace clamp {
namespace {

namespace gcif = gemmi::cif;

constexpr double kFullOccupancy = 0.99;
constexpr double kMaxLength = 10000;    // Å
constexpr double kMinHeight = 0.3;      // Å between lattice planes
constexpr double kMaxFraction = 10000;  // of a fractional coordinate

bool is_null(const std::string& value) { return value.empty() || value == "?" || value == "."; }

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  size_t start = 0;
  while (start < text.size() && blank(text[start])) ++start;
  return text.substr(start);
}

// Text without quotes; nulls are empty.
std::string plain(const std::string& raw) { return is_null(raw) ? "" : trimmed(gcif::as_string(raw)); }

// A value for a message: nulls as they are, one line, not too long.
std::string shown(const std::string& raw) {
  std::string text = is_null(raw) ? raw : plain(raw);
  for (char& c : text)
    if (c == '\n') c = ' ';
  return text.substr(0, 40);
}

// "12.345(6)" -> 12.345; an uncertainty without its closing bracket is tolerated, anything else behind is
// not.
bool parse_number(const std::string& raw, double& value) {
  const std::string text = plain(raw);
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  return stop == end || *stop == '(';
}

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

const std::string* find_value(const gcif::Block& block, std::initializer_list<const char*> tags) {
  for (const char* tag : tags)
    if (const std::string* value = block.find_value(tag))
      if (!is_null(*value)) return value;
  return nullptr;
}

std::string find_text(const gcif::Block& block, std::initializer_list<const char*> tags) {
  const std::string* value = find_value(block, tags);
  return value != nullptr ? plain(*value) : "";
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

// Elements that _chemical_formula_sum names ("C8 H4 O5 Zn"), empty where there is none.
std::set<int> formula_elements(const gcif::Block& block) {
  std::set<int> elements;
  std::string word;
  for (const char c : find_text(block, {"_chemical_formula_sum", "_chemical_formula_moiety"}) + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0 &&
        (word.empty() || std::islower(static_cast<unsigned char>(c)) != 0)) {
      word += c;
      continue;
    }
    if (const int z = atomic_number_of(word)) elements.insert(z);
    word = std::isalpha(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : "";
  }
  return elements;
}

std::string leading_letters(const std::string& text) {
  size_t n = 0;
  while (n < text.size() && std::isalpha(static_cast<unsigned char>(text[n])) != 0) ++n;
  return text.substr(0, n);
}

// "Zn2+", "O2-", "ZN" -> the element; charges and digits end the symbol. 0 where there is none.
int element_of_type_symbol(const std::string& symbol) {
  const std::string letters = leading_letters(symbol);
  if (const int z = atomic_number_of(letters)) return z;
  // "Cval", "Nap", "Ow": a symbol with a suffix, where the first one or two letters are written like an
  // element.
  if (letters.size() >= 3 && std::islower(static_cast<unsigned char>(letters[1])) != 0)
    if (const int z = atomic_number_of(letters.substr(0, 2))) return z;
  return letters.size() >= 2 ? atomic_number_of(letters.substr(0, 1)) : 0;
}

// "Zn1A", "O1W", "CA12": two letters are ambiguous in labels; the formula decides, then the case of the
// second letter.
int element_of_label(const std::string& label, const std::set<int>& in_formula) {
  const std::string letters = leading_letters(label);
  if (letters.empty()) return 0;
  // T is a tetrahedral site in minerals, not tritium.
  const int one = letters[0] == 'T' || letters[0] == 't' ? 0 : atomic_number_of(letters.substr(0, 1));
  const int two = letters.size() >= 2 ? atomic_number_of(letters.substr(0, 2)) : 0;
  if (letters == "Wat" || letters == "WAT") return atomic_number_of("O");
  if (one == 0 || two == 0) return one != 0 ? one : two;
  const bool one_named = in_formula.count(one) != 0;
  const bool two_named = in_formula.count(two) != 0;
  if (one_named != two_named) return one_named ? one : two;
  return std::islower(static_cast<unsigned char>(letters[1])) != 0 ? two : one;
}

class SiteReader {
 public:
  explicit SiteReader(gcif::Block& block)
      : table_(block.find("_atom_site_",
                          {"fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy",
                           "?disorder_group", "?disorder_assembly", "?calc_flag", "?attached_hydrogens"})),
        has_cartesian_(block.has_tag("_atom_site_Cartn_x")),
        in_formula_(formula_elements(block)) {}

  std::vector<cif::ListedSite> read() {
    if (!table_.ok())
      fail(has_cartesian_ ? "atom sites have Cartesian coordinates only, expected fractional ones"
                          : "no atoms: there is no list of atom sites with fractional coordinates");
    if (!table_.has_column(kLabel) && !table_.has_column(kType))
      fail("atom sites have neither label nor element");
    std::vector<cif::ListedSite> sites;
    for (const auto row : table_) read_row(row, sites);
    if (sites.empty()) fail("no atoms: no atom site is occupied");
    return sites;
  }

 private:
  enum Column { kX, kY, kZ, kLabel, kType, kOccupancy, kGroup, kAssembly, kCalculated, kHydrogens };

  static std::string text(const gcif::Table::Row& row, Column column) {
    return row.has(column) ? plain(row[column]) : "";
  }

  void read_row(const gcif::Table::Row& row, std::vector<cif::ListedSite>& sites) {
    cif::ListedSite site;
    const std::string type = text(row, kType);
    site.label = text(row, kLabel).substr(0, 40);
    if (site.label.empty()) site.label = type.substr(0, 40);
    if (text(row, kCalculated) == "dum") return;
    check_disorder(row, site.label);
    double occupancy = 1;
    const std::string occupancy_text = text(row, kOccupancy);
    if (!occupancy_text.empty() && !parse_number(occupancy_text, occupancy))
      fail(fmt::format("site '{}' has occupancy '{}', expected a number", site.label,
                       occupancy_text.substr(0, 40)));
    if (occupancy == 0) return;
    if (occupancy < kFullOccupancy)
      fail(fmt::format("site '{}' is partially occupied ({:.3g})", site.label, occupancy));
    double hydrogens = 0;
    if (parse_number(text(row, kHydrogens), hydrogens) && hydrogens > 0)
      fail(fmt::format("site '{}' carries {:.3g} hydrogen atoms without coordinates", site.label, hydrogens));
    site.atomic_number =
        type.empty() ? element_of_label(site.label, in_formula_) : element_of_type_symbol(type);
    if (site.atomic_number == 0)
      fail(fmt::format("site '{}' is of an unknown element '{}'", site.label,
                       (type.empty() ? site.label : type).substr(0, 40)));
    for (int k = 0; k < 3; ++k) {
      const auto column = static_cast<Column>(kX + k);
      if (!parse_number(row[column], site.frac[k]) || std::abs(site.frac[k]) > kMaxFraction)
        fail(fmt::format("site '{}' has coordinate {} '{}', expected a number", site.label, "xyz"[k],
                         shown(row[column])));
    }
    sites.push_back(site);
  }

  // One group of fully occupied atoms is no disorder; alternatives to each other, or to symmetry images, are.
  void check_disorder(const gcif::Table::Row& row, const std::string& label) {
    const std::string group = text(row, kGroup);
    if (group.empty() || group == "0") return;
    if (group[0] == '-')
      fail(fmt::format("site '{}' is disordered about a symmetry element (group {})", label, group));
    const auto [found, is_new] = groups_.emplace(text(row, kAssembly), group);
    if (!is_new && found->second != group)
      fail(fmt::format("site '{}' is disordered (groups {} and {})", label, found->second, group));
  }

  gcif::Table table_;
  bool has_cartesian_;
  std::set<int> in_formula_;
  std::map<std::string, std::string> groups_;  // assembly -> the one group seen
};

bool holds_structure(const gcif::Block& block) {
  auto& mutable_block = const_cast<gcif::Block&>(block);  // gemmi's lookups are not const
  for (const char* tag :
       {"_cell_length_a", "_atom_site_fract_x", "_atom_site_label", "_atom_site_type_symbol"})
    if (mutable_block.find_values(tag).item() != nullptr) return true;
  return false;
}

CifEntry read_block(gcif::Block& block) {
  CifEntry entry;
  entry.block_name = block.name;
  try {
    const CellParameters parameters = read_cell(block);
    Crystal crystal;
    crystal.name = block.name;
    crystal.cell = checked_cell(parameters);
    const cif::SpaceGroupNames names = read_names(block);
    entry.space_group_number = cif::space_group_number(names);
    const std::vector<cif::ListedSite> sites = SiteReader(block).read();
    std::vector<SymmetryOperation> operations = read_operations(block);
    const bool unnamed = names.hermann_mauguin.empty() && names.hall.empty() && names.number == 0;
    if (operations.empty() && !unnamed) operations = cif::operations_of(names, parameters);
    cif::expand_sites(sites, cif::checked_group(operations, crystal.cell), crystal);
    entry.crystal = std::move(crystal);
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
