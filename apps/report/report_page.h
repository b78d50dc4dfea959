// report.html: one page with all of a run of clamp-generate, that needs no other file and no network.
//
// The writer is a function of texts alone (lines of results.jsonl, run.yaml, drawings): no model, no disk.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace clamp::apps {

struct ReportResult {
  std::string line;  ///< of results.jsonl
  std::string view;  ///< view_json() of the structure, empty where there is none
};

struct ReportRun {
  int64_t asked = 0;     ///< results that this run (or shard) was to make
  std::string run_yaml;  ///< settings
  std::vector<ReportResult> results;
  std::map<std::string, std::string> drawings;  ///< SMILES -> SVG
};

/// Results beyond this many are counted on the page but not shown.
constexpr size_t kMostShown = 500;

std::string report_page(const ReportRun& run);

}  // namespace clamp::apps
