#include "apps/sweep_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/markup.h"
#include "evaluate/pareto.h"
#include "evaluate/svg_lines.h"

namespace clamp::apps {
namespace {

double share_of(const SweepPoint& point, const std::string& name) {
  for (const auto& [known, share] : point.shares) {
    if (known == name) return share.value;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double or_zero(double value) { return std::isfinite(value) ? value : 0; }

std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.4f}", value) : ""; }

bool is_kept(const SweepChoice& choice, size_t i) {
  return std::find(choice.pareto.begin(), choice.pareto.end(), i) != choice.pareto.end();
}

std::string mark(const SweepChoice& choice, size_t i) {
  if (i == choice.recommended) return "recommended";
  return is_kept(choice, i) ? "yes" : "";
}

// Header and rows of texts.
std::vector<std::vector<std::string>> cells(const std::vector<SweepPoint>& points,
                                            const SweepChoice& choice) {
  std::vector<std::vector<std::string>> rows = {{"scale", "classifier scale", "results"}};
  for (const auto& entry : points.front().shares) {
    rows[0].push_back(entry.first);
    std::replace(rows[0].back().begin(), rows[0].back().end(), '_', ' ');
  }
  for (const char* name : {"score", "useful score", "s a result", "not beaten"}) rows[0].push_back(name);
  for (size_t i = 0; i < points.size(); ++i) {
    const SweepPoint& p = points[i];
    std::vector<std::string> row = {fmt::format("{:g}", p.scale), fmt::format("{:g}", p.classifier_scale),
                                    std::to_string(p.total)};
    for (const auto& entry : p.shares) {
      const auto& s = entry.second;
      row.push_back(s.total == 0 ? "-"
                                 : fmt::format("{} of {} ({:.0f}-{:.0f} %)", s.count, s.total, 100 * s.low,
                                               100 * s.high));
    }
    row.push_back(std::isfinite(p.score) ? fmt::format("{:.3f}", p.score) : "-");
    row.push_back(fmt::format("{:.3f}", p.useful_score));
    row.push_back(fmt::format("{:.1f}", p.seconds));
    row.push_back(mark(choice, i));
    rows.push_back(std::move(row));
  }
  return rows;
}

constexpr const char* kPageStyle =
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem;color:#1b1f24;"
    "background:#fff}table{border-collapse:collapse;font-size:13px}th,td{padding:.3rem .6rem;border-bottom:"
    "1px solid "
    "#d5dae0;text-align:left}td{white-space:nowrap}tr.best{background:#e3f2e6}.wide{overflow-x:auto}svg{max-"
    "width:100%}"
    "pre{background:#f5f6f8;padding:1rem;overflow-x:auto}";

}  // namespace

SweepChoice choose(const std::vector<SweepPoint>& points) {
  std::vector<std::vector<double>> coordinates;
  for (const SweepPoint& p : points) {
    std::vector<double> point = {or_zero(p.score)};
    for (const char* name : {"valid", "sound", "unique", "novel"})
      point.push_back(or_zero(share_of(p, name)));
    coordinates.push_back(std::move(point));
  }
  SweepChoice choice;
  choice.pareto = evaluate::pareto_set(coordinates);
  choice.recommended = choice.pareto.front();
  for (const size_t i : choice.pareto) {
    if (points[i].useful_score > points[choice.recommended].useful_score) choice.recommended = i;
  }
  return choice;
}

std::string sweep_csv(const std::vector<SweepPoint>& points, const SweepChoice& choice) {
  std::string text = "scale,classifier_scale,results";
  for (const auto& entry : points.front().shares)
    text += fmt::format(",{0},{0}_of,{0}_low,{0}_high", entry.first);
  text += ",clamp_score,useful_score,seconds_each,pareto,recommended,folder\n";
  for (size_t i = 0; i < points.size(); ++i) {
    const SweepPoint& p = points[i];
    text += fmt::format("{:g},{:g},{}", p.scale, p.classifier_scale, p.total);
    for (const auto& entry : p.shares) {
      const auto& s = entry.second;
      text += fmt::format(",{},{},{:.4f},{:.4f}", s.count, s.total, s.low, s.high);
    }
    text += fmt::format(",{},{},{:.2f},{},{},{}\n", number(p.score), number(p.useful_score), p.seconds,
                        is_kept(choice, i) ? 1 : 0, i == choice.recommended ? 1 : 0, p.folder);
  }
  return text;
}

std::string sweep_table(const std::vector<SweepPoint>& points, const SweepChoice& choice) {
  std::string text;
  bool is_header = true;
  for (const auto& row : cells(points, choice)) {
    text += fmt::format("| {} |\n", fmt::join(row, " | "));
    if (is_header) {
      for (size_t k = 0; k < row.size(); ++k) text += "|---";
      text += "|\n";
    }
    is_header = false;
  }
  return text;
}

std::string sweep_svg(const std::vector<SweepPoint>& points, const SweepChoice& choice) {
  const double classifier = points[choice.recommended].classifier_scale;
  std::vector<const SweepPoint*> line;
  for (const SweepPoint& p : points) {
    if (p.classifier_scale == classifier) line.push_back(&p);
  }
  if (line.size() < 2) return {};
  std::sort(line.begin(), line.end(), [](const auto* a, const auto* b) { return a->scale < b->scale; });
  evaluate::LinePlot plot;
  plot.title = fmt::format("Guidance (classifier scale {:g})", classifier);
  plot.x_axis = "guidance scale";
  plot.y_axis = "share of the results; CLAMP score";
  for (const auto* p : line) plot.x.push_back(p->scale);
  int colour = 0;
  for (const char* name : {"valid", "sound", "novel"}) {
    evaluate::Curve curve{name, {}, colour++, false};
    for (const auto* p : line) curve.y.push_back(share_of(*p, name));
    plot.curves.push_back(std::move(curve));
  }
  evaluate::Curve score{"CLAMP score", {}, colour, true};
  for (const auto* p : line) score.y.push_back(p->score);
  plot.curves.push_back(std::move(score));
  return evaluate::svg_lines(plot);
}

std::string sweep_page(const std::string& prompt, const std::vector<SweepPoint>& points,
                       const SweepChoice& choice, const std::string& run_yaml) {
  const auto rows = cells(points, choice);
  std::string table;
  for (size_t r = 0; r < rows.size(); ++r) {
    table += r > 0 && r - 1 == choice.recommended ? "<tr class=\"best\">" : "<tr>";
    for (size_t k = 0; k < rows[r].size(); ++k) {
      auto cell = markup_text(rows[r][k]);
      if (r > 0 && k == 0)
        cell = fmt::format("<a href=\"{}/report.html\">{}</a>", markup_text(points[r - 1].folder), cell);
      table += fmt::format("<{0}>{1}</{0}>", r == 0 ? "th" : "td", cell);
    }
    table += "</tr>\n";
  }
  const auto& best = points[choice.recommended];
  const std::string explanation = fmt::format(
      "Recommended: guidance scale {:g}, classifier scale {:g}: of the scales that no other one beats in "
      "score, validity, soundness, uniqueness and novelty the one with the largest useful score (mean over "
      "all results of the CLAMP score where valid, sound, unique and novel, else 0). Shares with 95 % Wilson "
      "intervals; where these overlap, the order says little. A scale leads to its structures.",
      best.scale, best.classifier_scale);
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>CLAMP sweep</title>"
      "<meta name=\"viewport\" content=\"width=device-width\"><style>{}</style></head><body>\n"
      "<h1>{}</h1>\n<p>{}</p>\n<div class=\"wide\"><table>\n{}</table></div>\n{}<details>"
      "<summary>Settings</summary><pre>{}</pre></details>\n</body></html>\n",
      kPageStyle, markup_text(prompt), explanation, table, sweep_svg(points, choice), markup_text(run_yaml));
}

std::string sweep_json(const std::vector<SweepPoint>& points, const SweepChoice& choice) {
  auto list = nlohmann::ordered_json::array();
  for (size_t i = 0; i < points.size(); ++i) {
    const SweepPoint& p = points[i];
    nlohmann::ordered_json json = {{"scale", p.scale},          {"classifier_scale", p.classifier_scale},
                                   {"results", p.total},        {"folder", p.folder},
                                   {"clamp_score", p.score},    {"useful_score", p.useful_score},
                                   {"seconds_each", p.seconds}, {"pareto", is_kept(choice, i)}};
    for (const auto& [name, s] : p.shares)
      json["shares"][name] = {
          {"count", s.count}, {"total", s.total}, {"value", s.value}, {"low", s.low}, {"high", s.high}};
    list.push_back(std::move(json));
  }
  const auto& best = points[choice.recommended];
  const nlohmann::ordered_json document = {
      {"schema_version", 1},
      {"recommended", {{"scale", best.scale}, {"classifier_scale", best.classifier_scale}}},
      {"points", list}};
  return document.dump(1);
}

}  // namespace clamp::apps
