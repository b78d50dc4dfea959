#include "evaluate/set_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "evaluate/distributions.h"
#include "evaluate/metal_coordination.h"
#include "evaluate/prompt_metals.h"

namespace clamp::evaluate {
namespace {

struct Quantity {
  const char* name;
  const char* unit;  // empty: counts
};
constexpr Quantity kQuantities[] = {{"density", "g/cm3"}, {"volume_per_atom", "A3"}, {"lcd", "A"},
                                    {"pld", "A"},         {"coordination", ""},      {"elements", ""}};

bool is_count(const Quantity& quantity) { return *quantity.unit == '\0'; }

double distance_between(const Quantity& quantity, const std::vector<StructureFacts>& a,
                        const std::vector<StructureFacts>& b) {
  return is_count(quantity) ? total_variation(counts_of(a, quantity.name), counts_of(b, quantity.name))
                            : wasserstein(values_of(a, quantity.name), values_of(b, quantity.name));
}

bool has_all(const StructureFacts& facts, const std::vector<int>& metals) {
  return facts.made &&
         std::all_of(metals.begin(), metals.end(), [&](int z) { return facts.elements.count(z) != 0; });
}

/// Shares of results that have the metals of their prompt, and of another result's prompt with other metals.
void add_adherence(const std::vector<StructureFacts>& set, SetReport& report) {
  std::vector<std::vector<int>> asked;
  for (const StructureFacts& facts : set) asked.push_back(metals_in_prompt(facts.prompt));
  int64_t own = 0, own_total = 0, other = 0, other_total = 0;
  for (size_t i = 0; i < set.size(); ++i) {
    if (asked[i].empty()) continue;
    ++own_total;
    own += has_all(set[i], asked[i]) ? 1 : 0;
    for (size_t step = 1; step < set.size(); ++step) {
      const auto& metals = asked[(i + step) % set.size()];
      if (metals.empty() || metals == asked[i]) continue;
      ++other_total;
      other += has_all(set[i], metals) ? 1 : 0;
      break;
    }
  }
  report.shares.emplace_back("metals_of_prompt", wilson_share(own, own_total));
  report.shares.emplace_back("metals_of_other_prompt", wilson_share(other, other_total));
}

void add_flags(const std::vector<StructureFacts>& set, SetReport& report) {
  std::map<std::string, int64_t> passed;
  for (const StructureFacts& facts : set) {
    for (const auto& [name, value] : facts.checks.flags) {
      if (name == "has_3d_connected_graph") {
        passed[name] += value ? 1 : 0;
        continue;
      }
      const auto& failures = facts.checks.failures;
      passed[name] += std::find(failures.begin(), failures.end(), name) == failures.end() ? 1 : 0;
    }
  }
  for (const auto& [name, count] : passed)
    report.shares.emplace_back("passes_" + name, wilson_share(count, report.total));
}

}  // namespace

StructureFacts structure_facts(const Crystal& crystal, const std::optional<Pores>& pores) {
  StructureFacts facts;
  facts.made = true;
  facts.checks = check_mof(crystal);
  facts.lcd = pores ? pores->lcd : std::numeric_limits<double>::quiet_NaN();
  facts.pld = pores ? pores->pld : std::numeric_limits<double>::quiet_NaN();
  const auto& z = crystal.atomic_numbers;
  for (const int element : z) ++facts.elements[element];
  const auto all_bonds = perceive_bonds(crystal);
  facts.usual_coordination = unusual_coordination(crystal, all_bonds).empty();
  std::vector<int> bonds(z.size(), 0);
  for (const Bond& bond : all_bonds) {
    bonds[bond.i] += is_metal(z[bond.j]) ? 0 : 1;
    bonds[bond.j] += is_metal(z[bond.i]) ? 0 : 1;
  }
  for (size_t i = 0; i < z.size(); ++i) {
    if (is_metal(z[i])) ++facts.coordination[bonds[i]];
  }
  facts.print = fingerprint(crystal);
  return facts;
}

std::vector<double> values_of(const std::vector<StructureFacts>& set, const std::string& quantity) {
  std::vector<double> values;
  for (const StructureFacts& facts : set) {
    if (!facts.made) continue;
    const double value = quantity == "density"           ? facts.checks.density
                         : quantity == "volume_per_atom" ? facts.checks.volume_per_atom
                         : quantity == "lcd"             ? facts.lcd
                                                         : facts.pld;
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

std::map<int, double> counts_of(const std::vector<StructureFacts>& set, const std::string& quantity) {
  std::map<int, double> sums;
  for (const StructureFacts& facts : set) {
    for (const auto& [category, count] : quantity == "elements" ? facts.elements : facts.coordination)
      sums[category] += count;
  }
  return sums;
}

SetReport set_report(const std::vector<StructureFacts>& set, const SetReference* reference) {
  SetReport report;
  report.total = static_cast<int64_t>(set.size());
  int64_t made = 0, valid = 0, usual = 0, unique = 0, novel = 0, all = 0;
  DuplicateIndex seen;
  for (const StructureFacts& facts : set) {
    if (!facts.made) continue;
    const bool is_unique = !seen.find(facts.print).has_value();
    const bool is_novel = reference != nullptr && !reference->index.find(facts.print).has_value();
    seen.add(facts.print);
    ++made;
    valid += facts.checks.valid ? 1 : 0;
    usual += facts.usual_coordination ? 1 : 0;
    unique += is_unique ? 1 : 0;
    novel += is_novel ? 1 : 0;
    all += facts.checks.valid && is_unique && is_novel ? 1 : 0;
  }
  report.shares = {{"made", wilson_share(made, report.total)},
                   {"valid", wilson_share(valid, report.total)},
                   {"usual_coordination", wilson_share(usual, report.total)},
                   {"unique", wilson_share(unique, report.total)}};
  if (reference != nullptr) {
    report.shares.emplace_back("novel", wilson_share(novel, report.total));
    report.shares.emplace_back("valid_unique_novel", wilson_share(all, report.total));
  }
  add_adherence(set, report);
  add_flags(set, report);
  if (reference == nullptr) return report;
  std::vector<StructureFacts> even, odd;
  for (size_t k = 0; k < reference->facts.size(); ++k)
    (k % 2 == 0 ? even : odd).push_back(reference->facts[k]);
  for (const Quantity& quantity : kQuantities) {
    report.distances.push_back({quantity.name, quantity.unit,
                                distance_between(quantity, set, reference->facts),
                                distance_between(quantity, even, odd)});
  }
  return report;
}

std::string set_report_markdown(const SetReport& report) {
  std::string text = fmt::format("| of {} results | share | 95 % interval |\n|---|---|---|\n", report.total);
  for (const auto& [name, share] : report.shares) {
    if (share.total == 0) continue;
    text += fmt::format("| {} | {} of {}, {:.1f} % | {:.1f}-{:.1f} % |\n", name, share.count, share.total,
                        100 * share.value, 100 * share.low, 100 * share.high);
  }
  if (report.distances.empty()) return text;
  text +=
      "\n| distribution | distance from the reference | between halves of the reference |\n|---|---|---|\n";
  for (const SetDistance& d : report.distances) {
    const std::string kind = d.unit.empty() ? "total variation" : "Wasserstein, " + d.unit;
    const auto number = [](double v) {
      return std::isfinite(v) ? fmt::format("{:.3f}", v) : std::string("-");
    };
    text += fmt::format("| {} ({}) | {} | {} |\n", d.name, kind, number(d.distance), number(d.control));
  }
  return text;
}

std::string set_report_json(const SetReport& report) {
  using Json = nlohmann::ordered_json;
  Json json = {{"total", report.total}, {"shares", Json::object()}, {"distances", Json::object()}};
  for (const auto& [name, share] : report.shares) {
    json["shares"][name] = {{"count", share.count},
                            {"total", share.total},
                            {"value", share.value},
                            {"low", share.low},
                            {"high", share.high}};
  }
  const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); };
  for (const SetDistance& d : report.distances)
    json["distances"][d.name] = {
        {"unit", d.unit}, {"distance", finite(d.distance)}, {"control", finite(d.control)}};
  return json.dump();
}

}  // namespace clamp::evaluate
