#include "apps/report/report_page.h"

#include <fmt/format.h>

#include <algorithm>

#include "apps/report/html.h"
#include "apps/report/report_assets.h"
#include "apps/report/report_parts.h"
#include "core/markup.h"

namespace clamp::apps {
namespace {

/// Nothing may be loaded from anywhere: what the page needs is in it.
const char* const kPolicy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

struct PromptResults {
  std::string prompt;
  std::vector<ReportRow> made, failed;
};

/// In the order in which the prompts come first.
std::vector<PromptResults> by_prompt(const std::vector<ReportRow>& rows) {
  std::vector<PromptResults> groups;
  for (const ReportRow& row : rows) {
    auto group = std::find_if(groups.begin(), groups.end(),
                              [&](const PromptResults& g) { return g.prompt == row.prompt; });
    if (group == groups.end()) group = groups.insert(groups.end(), {row.prompt, {}, {}});
    (row.ok ? group->made : group->failed).push_back(row);
  }
  return groups;
}

std::string title_of(const std::vector<PromptResults>& groups) {
  if (groups.size() == 1) return groups[0].prompt;
  return groups.empty() ? "No results" : fmt::format("{} prompts", groups.size());
}

std::string tile(int64_t count, const std::string& of, const char* name) {
  return fmt::format("<li><strong>{}</strong>{} {}</li>\n", count, of, name);
}

std::string tally(const std::vector<ReportRow>& rows, int64_t asked) {
  const auto count = [&](auto is) { return std::count_if(rows.begin(), rows.end(), is); };
  const auto judged = count([](const ReportRow& r) { return r.valid.has_value(); });
  const auto compared = count([](const ReportRow& r) { return r.novel.has_value(); });
  std::string out = "<ul class=\"tally\">\n";
  out += tile(count([](const ReportRow& r) { return r.ok; }), fmt::format(" of {}", asked), "made");
  if (judged > 0) {
    out += tile(count([](const ReportRow& r) { return r.valid.value_or(false); }), "", "valid");
    out += tile(count([](const ReportRow& r) { return r.sound.value_or(false); }), "", "sound");
  }
  out += tile(count([](const ReportRow& r) { return r.ok && r.chemistry_novel.value_or(false); }), "",
              "of a new chemistry");
  if (compared > 0)
    out += tile(count([](const ReportRow& r) { return r.novel.value_or(false) && !r.duplicate_of; }), "",
                "new structures");
  return out + "</ul>\n";
}

std::string failures(const PromptResults& group) {
  if (group.failed.empty()) return "";
  std::string out = fmt::format("<div class=\"failed\"><h3>{} of {} failed</h3><ul>\n", group.failed.size(),
                                group.made.size() + group.failed.size());
  for (const ReportRow& row : group.failed)
    out += fmt::format("<li id=\"s{0}\">{0}: {1}</li>\n", row.index, markup_text(row.reason));
  return out + "</ul></div>\n";
}

/// Symbols of all drawings; `drawing_of` takes their ids.
std::string symbols(const ReportRun& run, std::map<std::string, std::string>& drawing_of) {
  std::string out = "<svg class=\"symbols\" aria-hidden=\"true\">\n";
  for (const auto& [smiles, svg] : run.drawings) {
    const auto id = fmt::format("m{}", drawing_of.size());
    const auto symbol = drawing_symbol(svg, id);
    if (symbol.empty()) continue;
    drawing_of[smiles] = id;
    out += symbol;
  }
  return out + "</svg>\n";
}

std::string views_json(const ReportRun& run, const std::vector<ReportRow>& rows) {
  std::string out;
  for (size_t k = 0; k < rows.size(); ++k) {
    if (run.results[k].view.empty()) continue;
    out += fmt::format("{}\"{}\":{}", out.empty() ? "" : ",\n", rows[k].index, run.results[k].view);
  }
  return "{" + out + "}";
}

std::string head(const std::string& title) {
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"{}\">\n<title>{}</title>\n<style>\n{}</style>\n"
      "</head>\n<body>\n",
      kPolicy, markup_text(title), kReportCss);
}

std::string header(const std::vector<PromptResults>& groups, const std::vector<ReportRow>& rows,
                   const ReportRun& run) {
  std::string out = "<header>\n<p class=\"brand\">CLAMP: text to metal-organic frameworks</p>\n";
  out += fmt::format("<h1>{}</h1>\n", markup_text(title_of(groups)));
  out += tally(rows, run.asked);
  if (static_cast<int64_t>(rows.size()) < run.asked)
    out += fmt::format("<p class=\"note\">The run was stopped after {} of {} results.</p>\n", rows.size(),
                       run.asked);
  if (rows.size() > kMostShown)
    out += fmt::format("<p class=\"note\">The first {} of {} results are shown; results.jsonl has all.</p>\n",
                       kMostShown, rows.size());
  out += report_words();
  out += fmt::format(
      "<details class=\"settings\"><summary>Settings of the run</summary>\n<pre>{}</pre></details>\n",
      markup_text(run.run_yaml));
  if (groups.size() > 1) {
    out += "<nav><ol>\n";
    for (size_t k = 0; k < groups.size(); ++k)
      out += fmt::format("<li><a href=\"#p{}\">{}</a></li>\n", k, markup_text(groups[k].prompt));
    out += "</ol></nav>\n";
  }
  return out + "</header>\n<main>\n";
}

std::string footer() {
  return "</main>\n<footer>All results: <a href=\"results.jsonl\">results.jsonl</a>, <a "
         "href=\"structures.extxyz\">structures.extxyz</a>, <a href=\"run.yaml\">run.yaml</a></footer>\n";
}

}  // namespace

std::string report_page(const ReportRun& run) {
  std::vector<ReportRow> rows;
  for (const auto& result : run.results) rows.push_back(report_row(result.line));
  const std::vector<ReportRow> shown(
      rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(std::min(rows.size(), kMostShown)));
  const auto groups = by_prompt(shown);
  std::map<std::string, std::string> drawing_of;
  std::string out = head(title_of(groups));
  out += symbols(run, drawing_of) + header(groups, rows, run);
  for (size_t k = 0; k < groups.size(); ++k) {
    out += fmt::format("<section id=\"p{}\">\n", k);
    if (groups.size() > 1) out += "<h2>" + markup_text(groups[k].prompt) + "</h2>\n";
    out += report_table(groups[k].made) + failures(groups[k]);
    for (const ReportRow& row : groups[k].made) out += report_card(row, drawing_of);
    out += "</section>\n";
  }
  out += footer();
  out +=
      "<script type=\"application/json\" id=\"views\">" + script_json(views_json(run, shown)) + "</script>\n";
  return out + "<script>\n" + kReportJs + "</script>\n</body>\n</html>\n";
}

}  // namespace clamp::apps
