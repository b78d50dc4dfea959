#include "apps/compose_report.h"

#include <algorithm>
#include <functional>

#include "evaluate/distributions.h"
#include "sampler/composer_checks.h"
#include "sampler/result_json.h"

namespace clamp::apps {
namespace {

using Outcomes = std::vector<ComposeOutcome>;

std::vector<double> values(const Outcomes& set, int64_t ComposeOutcome::*member) {
  std::vector<double> list;
  for (const auto& outcome : set) list.push_back(static_cast<double>(outcome.*member));
  return list;
}

std::map<int, double> space_groups(const Outcomes& set) {
  std::map<int, double> counts;
  for (const auto& outcome : set) counts[outcome.space_group] += 1;
  return counts;
}

std::map<int, double> metals(const Outcomes& set) {
  std::map<int, double> counts;
  for (const auto& outcome : set) {
    for (const int z : outcome.metals) counts[z] += 1;
  }
  return counts;
}

std::map<int, double> elements(const Outcomes& set) {
  std::map<int, double> counts;
  for (const auto& outcome : set) {
    for (const auto& [z, n] : outcome.elements) counts[z] += n;
  }
  return counts;
}

std::pair<Outcomes, Outcomes> halves(const Outcomes& set) {
  std::pair<Outcomes, Outcomes> result;
  for (size_t k = 0; k < set.size(); ++k) (k % 2 == 0 ? result.first : result.second).push_back(set[k]);
  return result;
}

}  // namespace

ComposeOutcome judge_chemistry(const Chemistry& chemistry, int framework_dimension) {
  ComposeOutcome outcome;
  const auto checks = sampler::check_chemistry(chemistry, framework_dimension);
  outcome.made = true;
  outcome.passed = checks.passed();
  outcome.failed.insert(checks.failures.begin(), checks.failures.end());
  for (const int z : sampler::atomic_numbers_of(chemistry)) {
    ++outcome.n_atoms;
    outcome.elements[z] += 1;
  }
  outcome.n_elements = static_cast<int64_t>(outcome.elements.size());
  outcome.space_group = chemistry.space_group;
  for (const auto& metal : checks.blocks.metals) outcome.metals.insert(metal.atomic_number);
  for (const auto& fragment : checks.blocks.fragments) {
    outcome.molecules.insert(neutral_or_same(fragment.molecule.smiles));
    if (fragment.is_linker) outcome.linker_atoms = std::max<int64_t>(outcome.linker_atoms, fragment.n_atoms);
  }
  return outcome;
}

void Shares::add(const std::string& name, bool met) {
  auto it =
      std::find_if(counts_.begin(), counts_.end(), [&](const auto& entry) { return entry.first == name; });
  if (it == counts_.end()) it = counts_.insert(counts_.end(), {name, {0, 0}});
  it->second.first += met ? 1 : 0;
  ++it->second.second;
}

void add_adherence(const ComposePrompt& prompt, const ComposeOutcome& outcome, const std::string& prefix,
                   Shares& shares) {
  const auto has_all = [](const auto& wanted, const auto& found) {
    return std::includes(found.begin(), found.end(), wanted.begin(), wanted.end());
  };
  shares.add(prefix + " metal", has_all(prompt.metals, outcome.metals));
  if (!prompt.linkers.empty()) shares.add(prefix + " linker", has_all(prompt.linkers, outcome.molecules));
}

std::vector<ComposeDistance> compose_distances(const Outcomes& composed, const Outcomes& real) {
  const auto [even, odd] = halves(real);
  std::vector<ComposeDistance> list;
  const auto on_line = [&, &even = even, &odd = odd](const std::string& name, const std::string& unit,
                                                     int64_t ComposeOutcome::*member) {
    list.push_back({name, unit, evaluate::wasserstein(values(composed, member), values(real, member)),
                    evaluate::wasserstein(values(even, member), values(odd, member))});
  };
  on_line("atoms of the primitive cell", "atoms", &ComposeOutcome::n_atoms);
  on_line("different elements", "elements", &ComposeOutcome::n_elements);
  on_line("atoms of the largest linker", "atoms", &ComposeOutcome::linker_atoms);
  const auto by_count = [&, &even = even, &odd = odd](
                            const std::string& name,
                            const std::function<std::map<int, double>(const Outcomes&)>& count) {
    list.push_back({name, "", evaluate::total_variation(count(composed), count(real)),
                    evaluate::total_variation(count(even), count(odd))});
  };
  by_count("space groups", space_groups);
  by_count("metals", metals);
  by_count("elements", elements);
  return list;
}

}  // namespace clamp::apps
