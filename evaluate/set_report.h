// What a set of generated structures is worth: shares of valid, unique and novel ones, adherence to prompts,
// and distances of its distributions from a reference. Results that failed stay in every denominator.
#pragma once

#include <array>
#include <limits>
#include <map>
#include <optional>
#include <set>
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
  /// Neutral SMILES (evaluate/molecule.h) of the linkers that the prompt names, and of those demanded beside
  /// it.
  std::vector<std::string> prompt_linkers, demanded_linkers;
  MofChecks checks;
  double lcd = 0, pld = 0;             ///< Å, NaN where not measured
  bool usual_coordination = false;     ///< every metal (evaluate/metal_coordination.h)
  std::map<int, double> elements;      ///< atomic number -> atoms
  std::map<int, double> coordination;  ///< bonds of a metal atom to others than metals -> metal atoms
  std::set<std::string> molecules;     ///< neutral SMILES of the sane molecules
  bool relaxed = false;                ///< converged in a relaxation
  double energy_per_atom = std::numeric_limits<double>::quiet_NaN();  ///< eV in a potential, NaN without one
  Fingerprint print;
};
/// `pores` may be empty. Throws as fingerprint().
StructureFacts structure_facts(const Crystal& crystal, const std::optional<Pores>& pores);

/// Real structures to compare with.
struct SetReference {
  DuplicateIndex index;                       ///< for novelty
  std::vector<StructureFacts> facts;          ///< for distributions
  std::vector<StructureFacts> relaxed_facts;  ///< of the same structures, for relaxed sets; may be empty
};

struct SetDistance {
  /// "density", "volume_per_atom", "lcd", "pld", "worst_contact", "energy_per_atom" (where any has one),
  /// "framework_dimension", "coordination", "elements"
  std::string name;
  std::string unit;     ///< empty: total variation, 0 to 1; else Wasserstein-1 distance in this unit
  double distance = 0;  ///< of the set from the reference; NaN where there are no values
  double control = 0;   ///< of one half of the reference from the other (even and odd places)
  /// 5, 50 and 95 % quantiles of the set and of the reference; NaN for counts and where there are no values.
  std::array<double, 3> set_quantiles{}, reference_quantiles{};
};

using Shares = std::vector<std::pair<std::string, Share>>;

struct SetReport {
  int64_t total = 0;
  /// In the order of the table: made, valid, usual_coordination, contacts (none under kLeastContact), unique,
  /// novel, valid_unique_novel (with a reference), relaxed (of a relaxed set), metals_of_prompt,
  /// metals_of_other_prompt (control: the prompt of another result that names others), linkers_of_prompt,
  /// linkers_of_other_prompt, linkers_demanded, then passes_<flag>: the flag is as it should be (3D: it is
  /// so).
  Shares shares;
  Shares reference_shares;  ///< of the structures that distributions are compared with; may be empty
  std::vector<SetDistance> distances;
};
/// `reference` may be null. A relaxed set is compared with the relaxed reference.
SetReport set_report(const std::vector<StructureFacts>& set, const SetReference* reference,
                     bool relaxed = false);

/// Values of one quantity ("density", "volume_per_atom", "lcd", "pld", "worst_contact", "energy_per_atom") of
/// the structures that have it.
std::vector<double> values_of(const std::vector<StructureFacts>& set, const std::string& quantity);
/// Sums of one count ("framework_dimension", "coordination", "elements").
std::map<int, double> counts_of(const std::vector<StructureFacts>& set, const std::string& quantity);

/// Two Markdown tables.
std::string set_report_markdown(const SetReport& report);
/// {"total", "shares": {name: {count, total, value, low, high}}, "reference_shares", "distances": {name:
/// {unit, distance, control, set_quantiles, reference_quantiles}}}
std::string set_report_json(const SetReport& report);

}  // namespace clamp::evaluate
