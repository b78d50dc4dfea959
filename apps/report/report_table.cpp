#include <fmt/format.h>

#include <algorithm>

#include "apps/report/html.h"
#include "apps/report/report_parts.h"
#include "core/markup.h"

namespace clamp::apps {
namespace {

struct Cell {
  std::string html;
  std::string sorted_by;  ///< a number or a text
};
using Read = std::optional<Cell> (*)(const ReportRow&);

struct Column {
  const char* name;
  const char* meaning;
  Read read;
};

std::optional<Cell> number(const std::optional<double>& value, int decimals) {
  if (!value) return {};
  return Cell{fmt::format("{:.{}f}", *value, decimals), fmt::format("{}", *value)};
}

std::optional<Cell> verdict(const std::optional<bool>& value) {
  if (!value) return {};
  return Cell{*value ? "<span class=\"yes\">yes</span>" : "<span class=\"no\">no</span>", *value ? "1" : "0"};
}

/// Neither answer is a fault.
std::optional<Cell> answer(const std::optional<bool>& value) {
  if (!value) return {};
  return Cell{*value ? "yes" : "no", *value ? "1" : "0"};
}

std::optional<Cell> index_of(const ReportRow& row) {
  return Cell{fmt::format("<a href=\"#s{0}\">{0}</a>", row.index), std::to_string(row.index)};
}
std::optional<Cell> formula_of(const ReportRow& row) { return Cell{formula_html(row.formula), row.formula}; }
std::optional<Cell> group_of_row(const ReportRow& row) {
  if (row.space_group.empty()) return {};
  return Cell{space_group_html(row.space_group), row.space_group};
}
std::optional<Cell> dimension_of(const ReportRow& row) {
  if (!row.dimension) return {};
  return Cell{std::to_string(*row.dimension), std::to_string(*row.dimension)};
}
std::optional<Cell> structure_is_new(const ReportRow& row) {
  if (row.duplicate_of)
    return Cell{fmt::format("same as <a href=\"#s{0}\">{0}</a>", *row.duplicate_of), "0.5"};
  return answer(row.novel);
}

const Column kColumns[] = {
    {"#", "index of the result", index_of},
    {"formula", "of the primitive cell", formula_of},
    {"space group", "that spglib finds", group_of_row},
    {"atoms", "in the primitive cell",
     [](const ReportRow& r) { return number(static_cast<double>(r.n_atoms), 0); }},
    {"valid", "all checks of MOFChecker passed", [](const ReportRow& r) { return verdict(r.valid); }},
    {"sound", "valid, dimension and volume as intended, no close contact",
     [](const ReportRow& r) { return verdict(r.sound); }},
    {"dim", "directions in which the framework goes on", dimension_of},
    {"g/cm\u00b3", "density", [](const ReportRow& r) { return number(r.density, 3); }},
    {"cavity \u00c5", "diameter of the largest cavity", [](const ReportRow& r) { return number(r.lcd, 2); }},
    {"window \u00c5", "diameter of the largest sphere that passes through",
     [](const ReportRow& r) { return number(r.pld, 2); }},
    {"score", "CLAMP score: cosine of prompt and structure",
     [](const ReportRow& r) { return number(r.score, 3); }},
    {"new chemistry", "no training structure has these molecules and metals in this ratio",
     [](const ReportRow& r) { return answer(r.chemistry_novel); }},
    {"new structure", "no training structure is the same crystal", structure_is_new},
};

bool is_used(const Column& column, const std::vector<ReportRow>& rows) {
  return std::any_of(rows.begin(), rows.end(),
                     [&](const ReportRow& row) { return column.read(row).has_value(); });
}

}  // namespace

std::string report_table(const std::vector<ReportRow>& rows) {
  std::vector<const Column*> columns;
  for (const Column& column : kColumns) {
    if (is_used(column, rows)) columns.push_back(&column);
  }
  if (columns.empty()) return "";
  std::string out = "<div class=\"wide\"><table class=\"sortable\"><thead><tr>";
  for (const Column* column : columns) {
    out += fmt::format("<th scope=\"col\" title=\"{}\">{}</th>", markup_text(column->meaning), column->name);
  }
  out += "</tr></thead>\n<tbody>\n";
  for (const ReportRow& row : rows) {
    out += "<tr>";
    for (const Column* column : columns) {
      const auto cell = column->read(row).value_or(Cell{"&ndash;", ""});
      out += fmt::format("<td data-by=\"{}\">{}</td>", markup_text(cell.sorted_by), cell.html);
    }
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

}  // namespace clamp::apps
