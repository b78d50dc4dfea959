// The results of clamp-sweep: table, picture and page.
#pragma once

#include <string>
#include <vector>

#include "evaluate/set_report.h"

namespace clamp::apps {

/// What came out at one pair of scales.
struct SweepPoint {
  double scale = 0;             ///< --guidance-scale and --compose-guidance
  double classifier_scale = 0;  ///< --classifier-scale
  std::string folder;           ///< of the structures, inside the sweep's
  int64_t total = 0;
  /// made, valid, sound, unique, novel, metals_of_prompt, linkers_of_prompt (with what the prompt names) and
  /// useful: valid, sound, unique and novel.
  evaluate::Shares shares;
  double score = 0;         ///< mean CLAMP score of the structures made; NaN for none
  double useful_score = 0;  ///< mean over all results of the CLAMP score where useful, else 0
  double seconds = 0;       ///< a result
};

struct SweepChoice {
  std::vector<size_t>
      pareto;  ///< points that no other beats in score, validity, soundness, uniqueness and novelty
  size_t recommended = 0;  ///< of these the one of the largest useful_score
};
/// `points` are not empty.
SweepChoice choose(const std::vector<SweepPoint>& points);

std::string sweep_csv(const std::vector<SweepPoint>& points, const SweepChoice& choice);
/// Markdown, for the terminal.
std::string sweep_table(const std::vector<SweepPoint>& points, const SweepChoice& choice);
/// Shares and score against the scale, at the recommended classifier scale; empty for fewer than two scales.
std::string sweep_svg(const std::vector<SweepPoint>& points, const SweepChoice& choice);
/// A page that needs no other file; its links lead to the pages of the runs.
std::string sweep_page(const std::string& prompt, const std::vector<SweepPoint>& points,
                       const SweepChoice& choice, const std::string& run_yaml);
std::string sweep_json(const std::vector<SweepPoint>& points, const SweepChoice& choice);

}  // namespace clamp::apps
