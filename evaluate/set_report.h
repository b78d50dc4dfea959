// What a set of generated structures is worth: shares of valid, unique and novel ones, adherence to prompts,
// and distances of its distributions from a reference. Results that failed stay in every denominator.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/checks.h"
#include "evaluate/duplicates.h"
#include "evaluate/pores.h"
#include "evaluate/quality.h"

namespace clamp::evaluate {

/// One result that was asked for.
struct StructureFacts {
  bool made = false;   ///< false: failed or unreadable; only `prompt` is known
  std::string prompt;  ///< empty where there is none
  MofChecks checks;
  double lcd = 0, pld = 0;             ///< Å, NaN where not measured
  bool usual_coordination = false;     ///< every metal (evaluate/metal_coordination.h)
  std::map<int, double> elements;      ///< atomic number -> atoms
  std::map<int, double> coordination;  ///< bonds of a metal atom to others than metals -> metal atoms
  Fingerprint print;
};
/// `pores` may be empty. Throws as fingerprint().
StructureFacts structure_facts(const Crystal& crystal, const std::optional<Pores>& pores);

/// Real structures to compare with.
struct SetReference {
  DuplicateIndex index;               ///< for novelty
  std::vector<StructureFacts> facts;  ///< for distributions
};

struct SetDistance {
  std::string name;     ///< "density", "volume_per_atom", "lcd", "pld", "coordination", "elements"
  std::string unit;     ///< empty: total variation, 0 to 1; else Wasserstein-1 distance in this unit
  double distance = 0;  ///< of the set from the reference; NaN where there are no values
  double control = 0;   ///< of one half of the reference from the other (even and odd places)
};

struct SetReport {
  int64_t total = 0;
  /// In the order of the table: made, valid, usual_coordination, unique, novel, valid_unique_novel (with a
  /// reference), metals_of_prompt, metals_of_other_prompt (control), then passes_<flag>: the flag is as it
  /// should be (3D: it is so).
  std::vector<std::pair<std::string, Share>> shares;
  std::vector<SetDistance> distances;
};
/// `reference` may be null.
SetReport set_report(const std::vector<StructureFacts>& set, const SetReference* reference);

/// Values of one quantity ("density", "volume_per_atom", "lcd", "pld") of the structures that have it.
std::vector<double> values_of(const std::vector<StructureFacts>& set, const std::string& quantity);
/// Sums of one count ("coordination", "elements").
std::map<int, double> counts_of(const std::vector<StructureFacts>& set, const std::string& quantity);

/// Two Markdown tables.
std::string set_report_markdown(const SetReport& report);
/// {"total", "shares": {name: {count, total, value, low, high}}, "distances": {name: {unit, distance,
/// control}}}
std::string set_report_json(const SetReport& report);

}  // namespace clamp::evaluate
