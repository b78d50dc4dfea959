#include <fmt/format.h>

#include "apps/report/html.h"
#include "apps/report/report_parts.h"
#include "core/markup.h"
#include "evaluate/checks.h"

namespace clamp::apps {
namespace {

std::string badge(const std::optional<bool>& value, const char* yes, const char* no) {
  if (!value) return "";
  return fmt::format("<span class=\"badge {}\">{}</span>", *value ? "yes" : "no", *value ? yes : no);
}

std::string badges(const ReportRow& row) {
  std::string out = badge(row.valid, "valid", "not valid") + badge(row.sound, "sound", "not sound");
  if (row.chemistry_novel.value_or(false)) out += "<span class=\"badge\">new chemistry</span>";
  if (row.novel.value_or(false)) out += "<span class=\"badge\">new structure</span>";
  if (row.duplicate_of) {
    out += fmt::format("<a class=\"badge\" href=\"#s{0}\">same as {0}</a>", *row.duplicate_of);
  }
  return out.empty() ? "" : "<p class=\"badges\">" + out + "</p>\n";
}

std::string fact(const char* name, const std::string& value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

std::string fact(const char* name, const std::optional<double>& value, int decimals, const char* unit) {
  return value ? fact(name, fmt::format("{:.{}f}{}", *value, decimals, unit)) : "";
}

std::string volume_text(const ReportRow& row) {
  std::string text = fmt::format("{:.0f} \u00c5\u00b3", *row.volume);
  if (row.reference_volume)
    text += fmt::format(" ({:.2f} of the expected)", *row.volume / *row.reference_volume);
  return text;
}

std::string metals_text(const ReportRow& row) {
  std::string text;
  for (const auto& metal : row.metals) {
    text += fmt::format("{}{} &times; {} bonded to {}", text.empty() ? "" : "<br>", metal.count,
                        markup_text(metal.element),
                        metal.coordination.empty() ? "nothing" : formula_html(metal.coordination));
  }
  return text;
}

std::string relaxation_text(const ReportRow& row) {
  std::string text;
  for (const auto& r : row.relaxations) {
    const bool own = r.stage == "polish" || r.stage == "packing";
    // The packing's potential has kinks: it ends where it gains no more, seldom at a slope of zero.
    const char* end = r.converged            ? "converged in"
                      : r.stage == "packing" ? "ended after"
                                             : "not converged in";
    text += fmt::format("{}{}, {} {} steps", text.empty() ? "" : "<br>",
                        markup_text(own ? r.stage : r.stage + " (" + r.potential + ")"), end, r.steps);
  }
  return text;
}

std::string numbers(const ReportRow& row) {
  std::string out = "<dl class=\"numbers\">\n";
  if (row.cell) {
    const auto& c = *row.cell;
    out +=
        fact("Cell", fmt::format("{:.2f}, {:.2f}, {:.2f} \u00c5<br>{:.1f}\u00b0, {:.1f}\u00b0, {:.1f}\u00b0",
                                 c[0], c[1], c[2], c[3], c[4], c[5]));
  }
  if (row.volume) out += fact("Volume", volume_text(row));
  out += fact("Density", row.density, 3, " g/cm\u00b3");
  out += fact("Cavity", row.lcd, 2, " \u00c5");
  out += fact("Window", row.pld, 2, " \u00c5");
  if (row.void_fraction) out += fact("Void fraction", *row.void_fraction * 100, 0, " %");
  out += fact("Surface", row.surface, 0, " m\u00b2/g");
  if (row.dimension) out += fact("Dimension", std::to_string(*row.dimension));
  out += fact("Contact", row.worst_contact, 2, "");
  out += fact("CLAMP score", row.score, 3, "");
  if (!row.metals.empty()) out += fact("Metals", metals_text(row));
  if (!row.relaxations.empty()) out += fact("Relaxation", relaxation_text(row));
  if (row.known_structure) out += fact("Known as", markup_text(*row.known_structure));
  return out + "</dl>\n";
}

/// What is not as it should be, a sentence each.
std::vector<std::string> remarks(const ReportRow& row) {
  std::vector<std::string> found;
  for (const auto& flag : row.failures)
    found.push_back(fmt::format("{} <code>{}</code>", markup_text(flag_in_words(flag)), markup_text(flag)));
  if (row.dimension && row.intended_dimension && row.dimension != row.intended_dimension)
    found.push_back(fmt::format("dimension {}, {} was intended", *row.dimension, *row.intended_dimension));
  if (row.worst_contact && *row.worst_contact < evaluate::kLeastContact)
    found.push_back(fmt::format("a contact of {:.2f} of the van der Waals radii, at least {:.2f} is wanted",
                                *row.worst_contact, evaluate::kLeastContact));
  // The one condition of soundness that is left.
  if (found.empty() && row.valid.value_or(false) && !row.sound.value_or(true))
    found.push_back("the volume is more than 25 % off the expected one");
  for (const auto& metal : row.unusual_metals)
    found.push_back(fmt::format("an unusual number of bonds of {}", markup_text(metal)));
  return found;
}

std::string remark_list(const ReportRow& row) {
  const auto found = remarks(row);
  if (found.empty()) return "";
  std::string out = "<ul class=\"remarks\">\n";
  for (const auto& remark : found) out += "<li>" + remark + "</li>\n";
  return out + "</ul>\n";
}

std::string molecules(const ReportRow& row, const std::map<std::string, std::string>& drawing_of) {
  if (row.molecules.empty()) return "";
  std::string out = "<div class=\"molecules\">\n";
  for (const auto& molecule : row.molecules) {
    const auto drawing = drawing_of.find(molecule.smiles);
    out += "<figure>";
    if (drawing != drawing_of.end())
      out += fmt::format("<svg role=\"img\" aria-label=\"{}\"><use href=\"#{}\"></use></svg>",
                         markup_text(molecule.smiles), drawing->second);
    const std::string charge = molecule.charge == 0 ? "" : fmt::format(", charge {:+}", molecule.charge);
    out += fmt::format("<figcaption>{} &times; {}{}<br><code>{}</code></figcaption></figure>\n",
                       molecule.count, markup_text(molecule.role), charge,
                       molecule.smiles.empty() ? "no SMILES" : markup_text(molecule.smiles));
  }
  return out + "</div>\n";
}

std::string file_links(const ReportRow& row) {
  std::string out;
  for (const auto& [file, what] :
       {std::pair(row.cif, "with symmetry"), std::pair(row.cif_p1, "all atoms, P1")}) {
    if (file) out += fmt::format("<li><a href=\"{0}\">{0}</a> {1}</li>", markup_text(*file), what);
  }
  return out.empty() ? "" : "<ul class=\"files\">" + out + "</ul>\n";
}

}  // namespace

std::string report_card(const ReportRow& row, const std::map<std::string, std::string>& drawing_of) {
  std::string out = fmt::format("<article id=\"s{0}\"><h3><a href=\"#s{0}\">{0}</a> {1}", row.index,
                                formula_html(row.formula));
  if (!row.space_group.empty())
    out += fmt::format(" <span class=\"group\">{}</span>", space_group_html(row.space_group));
  out += "</h3>\n" + badges(row) + "<div class=\"body\">\n";
  if (row.has_geometry)
    out += fmt::format("<figure class=\"view\" data-index=\"{}\" data-name=\"{}\"></figure>\n", row.index,
                       markup_text(row.formula));
  out += "<div class=\"facts\">\n" + remark_list(row) + numbers(row) + file_links(row) + "</div>\n";
  return out + molecules(row, drawing_of) + "</div></article>\n";
}

std::string drawing_symbol(const std::string& svg, const std::string& id) {
  const auto begin = svg.find("<svg");
  const auto open = svg.find('>', begin == std::string::npos ? 0 : begin);
  const auto end = svg.rfind("</svg>");
  if (begin == std::string::npos || open == std::string::npos || end == std::string::npos || end < open)
    return "";
  const std::string key = "viewBox='";
  const auto box = svg.find(key, begin);
  if (box == std::string::npos || box > open) return "";
  const auto box_begin = box + key.size();
  const auto view = svg.substr(box_begin, svg.find('\'', box_begin) - box_begin);
  return fmt::format("<symbol id=\"{}\" viewBox=\"{}\">{}</symbol>\n", markup_text(id), markup_text(view),
                     svg.substr(open + 1, end - open - 1));
}

}  // namespace clamp::apps
