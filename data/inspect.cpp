#include "data/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>
#include <set>

#include "core/elements.h"

namespace clamp::data {
namespace {

constexpr size_t kLinesShown = 8;

double quantile(const std::vector<double>& sorted, double q) {
  const double at = q * static_cast<double>(sorted.size() - 1);
  const auto k = static_cast<size_t>(at);
  const double rest = at - static_cast<double>(k);
  return k + 1 < sorted.size() ? sorted[k] * (1 - rest) + sorted[k + 1] * rest : sorted[k];
}

NumberColumn number_column(const std::string& name, const std::string& unit,
                           const std::vector<double>& values) {
  NumberColumn column;
  column.name = name;
  column.unit = unit;
  column.histogram.assign(kHistogramBins, 0);
  std::vector<double> sorted;
  std::copy_if(values.begin(), values.end(), std::back_inserter(sorted),
               [](double x) { return std::isfinite(x); });
  std::sort(sorted.begin(), sorted.end());
  column.n = static_cast<int64_t>(sorted.size());
  if (sorted.empty()) return column;
  column.min = sorted.front();
  column.max = sorted.back();
  column.median = quantile(sorted, 0.5);
  column.mean = std::accumulate(sorted.begin(), sorted.end(), 0.0) / static_cast<double>(sorted.size());
  column.low = quantile(sorted, 0.01);
  column.high = quantile(sorted, 0.99);
  const double step = (column.high - column.low) / kHistogramBins;
  for (const double x : sorted) {
    const double bin = step > 0 ? std::floor((x - column.low) / step) : 0;
    const double last = kHistogramBins - 1;
    ++column.histogram[static_cast<size_t>(std::min(std::max(bin, 0.0), last))];
  }
  return column;
}

LabelSummary label_summary(const std::string& name, const std::vector<std::string>& values) {
  LabelSummary summary;
  summary.name = name;
  std::map<std::string, int64_t> counts;
  for (const std::string& value : values) {
    if (value.empty()) continue;
    ++summary.n;
    ++counts[value];
  }
  summary.n_distinct = static_cast<int64_t>(counts.size());
  summary.most_frequent.assign(counts.begin(), counts.end());
  std::stable_sort(summary.most_frequent.begin(), summary.most_frequent.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  summary.most_frequent.resize(std::min<size_t>(3, summary.most_frequent.size()));
  return summary;
}

/// First characters of a UTF-8 text.
std::string shortened(const std::string& text, size_t length) {
  if (text.size() <= length) return text;
  size_t end = length - 2;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "..";
}

std::string sparkline(const std::vector<int64_t>& histogram) {
  static const std::vector<const char*> bars{" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
  const int64_t most = std::max<int64_t>(1, *std::max_element(histogram.begin(), histogram.end()));
  std::string line;
  for (const int64_t n : histogram) {
    const auto level = static_cast<size_t>((8 * n + most - 1) / most);
    line += bars[level];
  }
  return line;
}

std::string number_text(double x) {
  if (x == std::floor(x) && std::abs(x) < 1e6) return fmt::format("{:.0f}", x);
  return fmt::format("{:.4g}", x);
}

/// "train 17695, val 997", most frequent first.
template <class Key>
std::string counts_text(const std::map<Key, int64_t>& counts) {
  std::vector<std::pair<Key, int64_t>> sorted(counts.begin(), counts.end());
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const auto& a, const auto& b) { return a.second > b.second; });
  std::string text;
  for (size_t i = 0; i < std::min(sorted.size(), 2 * kLinesShown); ++i) {
    const std::string key = fmt::format("{}", sorted[i].first);
    text += fmt::format("{}{} {}", i > 0 ? ", " : "", key.empty() ? "(none)" : key, sorted[i].second);
  }
  if (sorted.size() > 2 * kLinesShown) text += fmt::format(", {} more", sorted.size() - 2 * kLinesShown);
  return text;
}

}  // namespace

DatasetSummary summarise(const Dataset& dataset) {
  DatasetSummary summary;
  summary.n_structures = dataset.size();
  std::vector<double> sizes;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    sizes.push_back(static_cast<double>(dataset.n_atoms(i)));
    summary.n_atoms += dataset.n_atoms(i);
    summary.n_texts += dataset.n_texts(i);
    ++summary.splits[dataset.split(i)];
    ++summary.sources[dataset.source(i)];
    const Crystal crystal = dataset.read_crystal(i);
    for (const int z : std::set<int>(crystal.atomic_numbers.begin(), crystal.atomic_numbers.end())) {
      ++summary.elements[element_symbol(z)];
    }
  }
  summary.numbers.push_back(number_column("atoms", "", sizes));
  for (const auto& [name, unit] : dataset.units()) {
    summary.numbers.push_back(number_column(name, unit, dataset.numbers(name)));
  }
  for (const std::string& name : dataset.label_names()) {
    summary.labels.push_back(label_summary(name, dataset.labels(name)));
  }
  if (const auto symmetry = dataset.symmetry()) {
    summary.has_symmetry = true;
    summary.symprec = symmetry->symprec;
    for (size_t i = 0; i < symmetry->space_group.size(); ++i) {
      if (symmetry->space_group[i] == 0) {
        ++summary.n_without_unit;
      } else {
        ++summary.space_groups[symmetry->space_group[i]];
      }
      summary.n_fallback += symmetry->fallback[i] != 0 ? 1 : 0;
    }
  }
  summary.provenance = dataset.provenance();
  return summary;
}

std::string summary_text(const DatasetSummary& summary, const std::string& path) {
  std::string text =
      fmt::format("{}: {} structures, {} atoms, {} texts{}\n", path, summary.n_structures, summary.n_atoms,
                  summary.n_texts, summary.provenance.complete ? "" : " (interrupted import)");
  text += fmt::format("made by   {}\n", shortened(summary.provenance.command, 100));
  text += fmt::format("skipped   {}\n", summary.provenance.n_skipped);
  text += fmt::format("splits    {}\n", counts_text(summary.splits));
  text += fmt::format("sources   {}\n", counts_text(summary.sources));
  text += fmt::format("elements  {}\n", counts_text(summary.elements));
  if (summary.has_symmetry) {
    text += fmt::format("symmetry  at {} A: {} exact, {} kept in P1, {} without; space groups {}\n",
                        summary.symprec, summary.n_structures - summary.n_fallback - summary.n_without_unit,
                        summary.n_fallback, summary.n_without_unit, counts_text(summary.space_groups));
  } else {
    text += "symmetry  not cached\n";
  }
  text += fmt::format("\n{:<28}{:<9}{:>7}{:>10}{:>10}{:>10}  {}\n", "number", "unit", "count", "min",
                      "median", "max", "1 % to 99 %");
  for (const NumberColumn& column : summary.numbers) {
    text += fmt::format("{:<28}{:<9}{:>7}{:>10}{:>10}{:>10}  {}\n", shortened(column.name, 27), column.unit,
                        column.n, number_text(column.min), number_text(column.median),
                        number_text(column.max), sparkline(column.histogram));
  }
  if (!summary.labels.empty()) {
    text += fmt::format("\n{:<28}{:>7}{:>10}  {}\n", "label", "count", "distinct", "most frequent");
  }
  for (const LabelSummary& label : summary.labels) {
    text += fmt::format("{:<28}{:>7}{:>10}  ", shortened(label.name, 27), label.n, label.n_distinct);
    for (size_t i = 0; i < label.most_frequent.size(); ++i) {
      const auto& [value, n] = label.most_frequent[i];
      text += fmt::format("{}{} ({})", i > 0 ? ", " : "", shortened(value, 24), n);
    }
    text += "\n";
  }
  return text;
}

std::string histogram_text(const NumberColumn& column, int width) {
  const int64_t most =
      std::max<int64_t>(1, *std::max_element(column.histogram.begin(), column.histogram.end()));
  const double step = (column.high - column.low) / kHistogramBins;
  const int room = std::max(10, width - 36);
  std::string text = fmt::format("{}{} ({} structures)\n", column.name,
                                 column.unit.empty() ? "" : ", " + column.unit, column.n);
  for (size_t i = 0; i < column.histogram.size(); ++i) {
    const double from = column.low + step * static_cast<double>(i);
    const auto length = static_cast<size_t>((room * column.histogram[i] + most - 1) / most);
    text += fmt::format("{:>10} .. {:<10} {} {}\n", number_text(from), number_text(from + step),
                        std::string(length, '#'), column.histogram[i]);
  }
  return text;
}

std::string summary_json(const DatasetSummary& summary, const std::string& path) {
  nlohmann::json document{{"schema_version", 1},
                          {"path", path},
                          {"n_structures", summary.n_structures},
                          {"n_atoms", summary.n_atoms},
                          {"n_texts", summary.n_texts},
                          {"splits", summary.splits},
                          {"sources", summary.sources},
                          {"elements", summary.elements},
                          {"properties", nlohmann::json::object()},
                          {"labels", nlohmann::json::object()}};
  for (const NumberColumn& c : summary.numbers) {
    nlohmann::json entry{{"unit", c.unit}, {"count", c.n}};
    if (c.n > 0) {
      entry.update({{"min", c.min}, {"median", c.median}, {"mean", c.mean}, {"max", c.max}});
      entry["histogram"] = {{"from", c.low}, {"to", c.high}, {"counts", c.histogram}};
    }
    // The first column is the number of atoms, which no table gave.
    if (&c == &summary.numbers.front()) {
      document["atoms_per_structure"] = entry;
    } else {
      document["properties"][c.name] = entry;
    }
  }
  for (const LabelSummary& label : summary.labels) {
    document["labels"][label.name] = {{"count", label.n}, {"distinct", label.n_distinct}};
  }
  if (summary.has_symmetry) {
    nlohmann::json groups = nlohmann::json::object();
    for (const auto& [number, n] : summary.space_groups) groups[std::to_string(number)] = n;
    document["symmetry"] = {{"symprec_A", summary.symprec},
                            {"p1_fallback", summary.n_fallback},
                            {"none", summary.n_without_unit},
                            {"space_groups", groups}};
  } else {
    document["symmetry"] = nullptr;
  }
  document["provenance"] = {{"command", summary.provenance.command},
                            {"version", summary.provenance.version},
                            {"sources", summary.provenance.sources},
                            {"n_skipped", summary.provenance.n_skipped},
                            {"complete", summary.provenance.complete}};
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace clamp::data
