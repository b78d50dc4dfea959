// The output folder of clamp-generate: CIFs, structures.extxyz, results.jsonl, run.yaml, report.html; and the
// table on stdout.
#pragma once

#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "apps/report/report_page.h"
#include "sampler/generate.h"
#include "sampler/novelty.h"

namespace clamp::apps {

class GenerateOutput {
 public:
  /// Makes the folder. Throws clamp::UsageError where it holds results already and `force` is false; with
  /// `force` they are removed before the first result is written.
  GenerateOutput(const std::string& folder, double symprec, bool force);

  /// Writes the CIFs of a result, and its line and frame to results.jsonl.part and structures.extxyz.part,
  /// which a killed run leaves.
  void add(const sampler::SampleResult& result, const std::optional<sampler::Novelty>& novelty);
  /// Gives the two files their names and writes run.yaml and report.html. `asked`: results that the run was
  /// to make.
  void finish(const std::string& run_yaml, int64_t asked);

  const std::vector<std::string>& lines() const { return lines_; }  ///< of results.jsonl

 private:
  /// Opens the files, once: a run that fails before its first result leaves the folder as it was.
  void begin();
  /// A drawing of each molecule, for chemistries without a geometry.
  void draw_molecules(const sampler::SampleResult& result, std::map<std::string, std::string>& files);
  /// Keeps what the page shows beside the last of lines().
  void note_for_report(const sampler::SampleResult& result);
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  void append(std::ofstream& file, const std::string& text, const std::string& name);

  std::string folder_;
  double symprec_;
  std::vector<std::string> lines_;
  ReportRun report_;
  std::ofstream results_;
  std::ofstream frames_;
};

/// Header and rows of the table of results; the last column has the checks that were not passed, or with
/// --compose-only the linkers.
std::string table_header(bool compose_only);
std::string table_row(const sampler::SampleResult& result);

}  // namespace clamp::apps
