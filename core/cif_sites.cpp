#include "core/cif_sites.h"

#include <fmt/format.h>

#include <cctype>
#include <charconv>
#include <cmath>
#include <gemmi/cifdoc.hpp>
#include <set>

#include "core/elements.h"
#include "core/error.h"

namespace clamp::cif {
namespace {

namespace gcif = gemmi::cif;

constexpr double kFullOccupancy = 0.99;
constexpr double kMaxFraction = 10000;  // of a fractional coordinate

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }
bool is_lower(char c) { return std::islower(static_cast<unsigned char>(c)) != 0; }

std::string trimmed(const std::string& text) {
  constexpr const char* kBlanks = " \t\r\n";
  const size_t start = text.find_first_not_of(kBlanks);
  if (start == std::string::npos) return "";
  return text.substr(start, text.find_last_not_of(kBlanks) - start + 1);
}

std::string leading_letters(const std::string& text) {
  size_t n = 0;
  while (n < text.size() && is_letter(text[n])) ++n;
  return text.substr(0, n);
}

// "Zn2+", "O2-", "ZN" -> the element; charges and digits end the symbol. 0 where there is none.
int element_of_type_symbol(const std::string& symbol) {
  const std::string letters = leading_letters(symbol);
  if (const int z = atomic_number_of(letters)) return z;
  // "Cval", "Nap", "Ow": a symbol with a suffix, where the first one or two letters are written like an
  // element.
  if (letters.size() >= 3 && is_lower(letters[1]))
    if (const int z = atomic_number_of(letters.substr(0, 2))) return z;
  return letters.size() >= 2 ? atomic_number_of(letters.substr(0, 1)) : 0;
}

// Elements of labels, for files without type symbols: "Zn1A", "O1W", "CA12". Capitals are ambiguous (CO1:
// carbon or cobalt); the formula decides, by the elements it names and by those that no other label gives.
class LabelReader {
 public:
  LabelReader(const std::map<int, double>& formula, const std::vector<std::string>& labels) {
    for (const auto& entry : formula) named_.insert(entry.first);
    missing_ = named_;
    for (const std::string& label : labels) {
      const auto [one, two] = readings(label);
      if (one == 0 || two == 0) missing_.erase(one != 0 ? one : two);
    }
  }

  // 0 where the label names no element. Throws clamp::Error where it may be either of two.
  int element_of(const std::string& label) const {
    const auto [one, two] = readings(label);
    if (one == 0 || two == 0) return one != 0 ? one : two;
    if (named_.empty())
      fail(fmt::format("site '{}' may be {} or {}: there is neither a type symbol nor a formula", label,
                       element_symbol(one), element_symbol(two)));
    return missing_.count(two) > missing_.count(one) ? two : one;
  }

 private:
  // The elements that a label may mean by its first letter and by its first two, 0 for readings that are
  // ruled out.
  std::pair<int, int> readings(const std::string& label) const {
    const std::string letters = leading_letters(label);
    if (letters.empty()) return {0, 0};
    if (letters == "Wat" || letters == "WAT") return {atomic_number_of("O"), 0};
    // T is a tetrahedral site in minerals, not tritium.
    const bool is_site = letters[0] == 'T' || letters[0] == 't';
    const int one = is_site ? 0 : atomic_number_of(letters.substr(0, 1));
    const int two = letters.size() >= 2 ? atomic_number_of(letters.substr(0, 2)) : 0;
    if (one == 0 || two == 0) return {one, two};
    if (named_.count(one) != named_.count(two))
      return named_.count(one) != 0 ? std::pair(one, 0) : std::pair(0, two);
    return is_lower(letters[1]) ? std::pair(0, two) : std::pair(one, two);
  }

  std::set<int> named_;    // elements of the formula
  std::set<int> missing_;  // those that no unambiguous label gives
};

class SiteReader {
 public:
  explicit SiteReader(gcif::Block& block)
      : table_(block.find("_atom_site_",
                          {"fract_x", "fract_y", "fract_z", "?label", "?type_symbol", "?occupancy",
                           "?disorder_group", "?disorder_assembly", "?calc_flag", "?attached_hydrogens"})),
        labels_(formula_sum(block), table_.ok() && table_.has_column(kLabel) && !table_.has_column(kType)
                                        ? column_of_labels()
                                        : std::vector<std::string>()) {
    if (!table_.ok())
      fail(block.has_tag("_atom_site_Cartn_x")
               ? "atom sites have Cartesian coordinates only, expected fractional ones"
               : "no atoms: there is no list of atom sites with fractional coordinates");
    if (!table_.has_column(kLabel) && !table_.has_column(kType))
      fail("atom sites have neither label nor element");
  }

  std::vector<ListedSite> read() {
    std::vector<ListedSite> sites;
    for (const auto row : table_) read_row(row, sites);
    if (sites.empty()) fail("no atoms: no atom site is occupied");
    return sites;
  }

 private:
  enum Column { kX, kY, kZ, kLabel, kType, kOccupancy, kGroup, kAssembly, kCalculated, kHydrogens };

  static std::string text(const gcif::Table::Row& row, Column column) {
    return row.has(column) ? plain(row[column]) : "";
  }

  std::vector<std::string> column_of_labels() {
    std::vector<std::string> labels;
    for (const auto row : table_) labels.push_back(text(row, kLabel));
    return labels;
  }

  void read_row(const gcif::Table::Row& row, std::vector<ListedSite>& sites) {
    ListedSite site;
    const std::string type = text(row, kType);
    site.label = shown(text(row, kLabel));
    if (site.label.empty()) site.label = shown(type);
    if (text(row, kCalculated) == "dum" || !is_occupied(row, site.label)) return;
    check_disorder(row, site.label);
    double hydrogens = 0;
    if (parse_number(text(row, kHydrogens), hydrogens) && hydrogens > 0)
      fail(fmt::format("site '{}' carries {:.3g} hydrogen atoms without coordinates", site.label, hydrogens));
    site.atomic_number = type.empty() ? labels_.element_of(site.label) : element_of_type_symbol(type);
    if (site.atomic_number == 0)
      fail(fmt::format("site '{}' is of an unknown element '{}'", site.label,
                       type.empty() ? site.label : shown(type)));
    for (int k = 0; k < 3; ++k) {
      const auto column = static_cast<Column>(kX + k);
      if (!parse_number(row[column], site.frac[k]) || std::abs(site.frac[k]) > kMaxFraction)
        fail(fmt::format("site '{}' has coordinate {} '{}', expected a number", site.label, "xyz"[k],
                         shown(row[column])));
    }
    sites.push_back(site);
  }

  static bool is_occupied(const gcif::Table::Row& row, const std::string& label) {
    const std::string value = text(row, kOccupancy);
    double occupancy = 1;
    if (!value.empty() && !parse_number(value, occupancy))
      fail(fmt::format("site '{}' has occupancy '{}', expected a number", label, shown(value)));
    if (occupancy == 0) return false;
    if (occupancy < kFullOccupancy)
      fail(fmt::format("site '{}' is partially occupied ({:.3g})", label, occupancy));
    return true;
  }

  // One group of fully occupied atoms is no disorder; alternatives to each other, or to symmetry images, are.
  // Groups are integers: letters are refinement flags in the wrong column.
  void check_disorder(const gcif::Table::Row& row, const std::string& label) {
    double group = 0;
    if (!parse_number(text(row, kGroup), group) || group == 0) return;
    if (group < 0)
      fail(fmt::format("site '{}' is disordered about a symmetry element (group {})", label, group));
    const auto [found, is_new] = groups_.emplace(text(row, kAssembly), group);
    if (!is_new && found->second != group)
      fail(fmt::format("site '{}' is disordered (groups {} and {})", label, found->second, group));
  }

  gcif::Table table_;
  LabelReader labels_;
  std::map<std::string, double> groups_;  // assembly -> the one group seen
};

}  // namespace

bool is_null(const std::string& raw) { return raw.empty() || raw == "?" || raw == "."; }

std::string plain(const std::string& raw) { return is_null(raw) ? "" : trimmed(gcif::as_string(raw)); }

std::string shown(const std::string& raw) {
  std::string text = is_null(raw) ? raw : plain(raw);
  for (char& c : text)
    if (c == '\n' || c == '\r') c = ' ';
  return text.substr(0, 40);
}

bool parse_number(const std::string& raw, double& value) {
  const std::string text = plain(raw);
  const char* begin = text.data();
  const char* end = begin + text.size();
  if (begin != end && *begin == '+') ++begin;
  const auto [stop, error] = std::from_chars(begin, end, value);
  if (error != std::errc() || !std::isfinite(value)) return false;
  return stop == end || *stop == '(';
}

std::string find_text(const gcif::Block& block, std::initializer_list<const char*> tags) {
  for (const char* tag : tags)
    if (const std::string* value = block.find_value(tag))
      if (!is_null(*value)) return plain(*value);
  return "";
}

std::map<int, double> formula_sum(const gcif::Block& block) {
  const std::string text = find_text(block, {"_chemical_formula_sum"});
  std::map<int, double> counts;
  for (size_t i = 0; i < text.size();) {
    if (!is_letter(text[i])) {
      ++i;
      continue;
    }
    size_t end = i + 1;
    while (end < text.size() && is_lower(text[end])) ++end;
    const int z = atomic_number_of(text.substr(i, end - i));
    double count = 1;
    const auto [stop, error] = std::from_chars(text.data() + end, text.data() + text.size(), count);
    if (error == std::errc()) end = static_cast<size_t>(stop - text.data());
    if (z != 0 && std::isfinite(count)) counts[z] += count;
    i = end;
  }
  return counts;
}

std::vector<ListedSite> read_sites(gcif::Block& block) { return SiteReader(block).read(); }

}  // namespace clamp::cif
