// Parts of clamp-evaluate that look at a set as a whole: the runs that it comes from, the reference, plots.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "apps/evaluate_commands.h"
#include "evaluate/set_report.h"

namespace clamp::apps {

/// What the results.jsonl of the folders among the paths say.
struct RunResults {
  std::map<std::string, std::string> prompt_of;  ///< path of a CIF, normalised -> prompt
  std::vector<std::string> failed;               ///< prompts of the results without a structure

  /// The prompt of a CIF's path, empty where there is none.
  std::string prompt(const std::string& path) const;
};
/// Throws clamp::Error for a line that is no JSON object with a status.
RunResults read_run_results(const std::vector<std::string>& paths);

/// Measures pores as --pores asks: nothing for "none". Throws clamp::UsageError for another word,
/// clamp::Error where Zeo++ is asked for and absent.
using MeasurePores = std::function<std::optional<evaluate::Pores>(const Crystal&)>;
MeasurePores pore_measurer(const EvaluateOptions& options);

/// Judges a structure after relaxation; empty where --relax is none (apps/evaluate_relax.h).
struct RelaxedFacts;
using RelaxAndJudge = std::function<std::optional<RelaxedFacts>(const Crystal&)>;

/// All structures of the split for novelty, --reference-n of them drawn with the seed for distributions, as
/// they are and relaxed.
evaluate::SetReference load_reference(const EvaluateOptions& options, const CommonOptions& common,
                                      const MeasurePores& pores, const RelaxAndJudge& relaxed);

/// Throws clamp::UsageError where the folder holds plots already, unless `force`.
void require_no_plots(const std::string& folder, bool force);

/// One SVG a distribution, each written beside its place and renamed: as the structures are, and under that
/// relaxed. `relaxed` and `reference` may be null.
void write_plots(const std::string& folder, const std::vector<evaluate::StructureFacts>& set,
                 const std::vector<evaluate::StructureFacts>* relaxed,
                 const evaluate::SetReference* reference);

}  // namespace clamp::apps
