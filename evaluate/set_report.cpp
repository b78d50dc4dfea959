#include "evaluate/set_report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "evaluate/building_blocks.h"
#include "evaluate/distributions.h"
#include "evaluate/metal_coordination.h"
#include "evaluate/prompt_metals.h"

namespace clamp::evaluate {
namespace {

struct Quantity {
  const char* name;
  const char* unit;  // empty: counts
};
constexpr Quantity kQuantities[] = {{"density", "g/cm3"},
                                    {"volume_per_atom", "A3"},
                                    {"lcd", "A"},
                                    {"pld", "A"},
                                    {"worst_contact", "van der Waals sums"},
                                    {"energy_per_atom", "eV"},
                                    {"framework_dimension", ""},
                                    {"coordination", ""},
                                    {"elements", ""}};

bool is_count(const Quantity& quantity) { return *quantity.unit == '\0'; }

double distance_between(const Quantity& quantity, const std::vector<StructureFacts>& a,
                        const std::vector<StructureFacts>& b) {
  return is_count(quantity) ? total_variation(counts_of(a, quantity.name), counts_of(b, quantity.name))
                            : wasserstein(values_of(a, quantity.name), values_of(b, quantity.name));
}

std::array<double, 3> quantiles_of(const Quantity& quantity, const std::vector<StructureFacts>& set) {
  constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
  auto values = is_count(quantity) ? std::vector<double>() : values_of(set, quantity.name);
  if (values.empty()) return {kNone, kNone, kNone};
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1) + 0.5)];
  };
  return {at(0.05), at(0.5), at(0.95)};
}

bool has_all(const StructureFacts& facts, const std::vector<int>& metals) {
  return facts.made &&
         std::all_of(metals.begin(), metals.end(), [&](int z) { return facts.elements.count(z) != 0; });
}

bool has_all(const StructureFacts& facts, const std::vector<std::string>& linkers) {
  return facts.made && std::all_of(linkers.begin(), linkers.end(), [&](const std::string& linker) {
           return facts.molecules.count(linker) != 0;
         });
}

/// Shares of results that have what their prompt names, and what another result's prompt names instead.
/// `asked`: of each result, what its prompt names.
template <typename Asked>
void add_adherence(const std::vector<StructureFacts>& set, const std::vector<Asked>& asked,
                   const std::string& what, SetReport& report) {
  int64_t own = 0, own_total = 0, other = 0, other_total = 0;
  for (size_t i = 0; i < set.size(); ++i) {
    if (asked[i].empty()) continue;
    ++own_total;
    own += has_all(set[i], asked[i]) ? 1 : 0;
    for (size_t step = 1; step < set.size(); ++step) {
      const auto& others = asked[(i + step) % set.size()];
      if (others.empty() || others == asked[i]) continue;
      ++other_total;
      other += has_all(set[i], others) ? 1 : 0;
      break;
    }
  }
  report.shares.emplace_back(what + "_of_prompt", wilson_share(own, own_total));
  report.shares.emplace_back(what + "_of_other_prompt", wilson_share(other, other_total));
}

void add_all_adherence(const std::vector<StructureFacts>& set, SetReport& report) {
  std::vector<std::vector<int>> metals;
  std::vector<std::vector<std::string>> linkers;
  int64_t demanded = 0, demanded_total = 0;
  for (const StructureFacts& facts : set) {
    metals.push_back(metals_in_prompt(facts.prompt));
    linkers.push_back(facts.prompt_linkers);
    if (facts.demanded_linkers.empty()) continue;
    ++demanded_total;
    demanded += has_all(facts, facts.demanded_linkers) ? 1 : 0;
  }
  add_adherence(set, metals, "metals", report);
  add_adherence(set, linkers, "linkers", report);
  report.shares.emplace_back("linkers_demanded", wilson_share(demanded, demanded_total));
}

std::set<std::string> sane_molecules(const Crystal& crystal, const std::vector<Bond>& bonds) {
  std::set<std::string> molecules;
  for (const Fragment& fragment : building_blocks(crystal.atomic_numbers, bonds).fragments) {
    if (fragment.molecule.sane) molecules.insert(neutral_smiles(fragment.molecule.smiles));
  }
  return molecules;
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

const Share* find_share(const Shares& shares, const std::string& name) {
  const auto found =
      std::find_if(shares.begin(), shares.end(), [&](const auto& named) { return named.first == name; });
  return found == shares.end() ? nullptr : &found->second;
}

nlohmann::ordered_json shares_json(const Shares& shares) {
  auto json = nlohmann::ordered_json::object();
  for (const auto& [name, share] : shares) {
    json[name] = {{"count", share.count},
                  {"total", share.total},
                  {"value", share.value},
                  {"low", share.low},
                  {"high", share.high}};
  }
  return json;
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
  facts.molecules = sane_molecules(crystal, all_bonds);
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
                         : quantity == "pld"             ? facts.pld
                         : quantity == "worst_contact"   ? facts.checks.worst_contact
                                                         : facts.energy_per_atom;
    if (std::isfinite(value)) values.push_back(value);
  }
  return values;
}

std::map<int, double> counts_of(const std::vector<StructureFacts>& set, const std::string& quantity) {
  std::map<int, double> sums;
  for (const StructureFacts& facts : set) {
    if (quantity == "framework_dimension") {
      if (facts.made) ++sums[facts.checks.framework_dimension];
      continue;
    }
    for (const auto& [category, count] : quantity == "elements" ? facts.elements : facts.coordination)
      sums[category] += count;
  }
  return sums;
}

SetReport set_report(const std::vector<StructureFacts>& set, const SetReference* reference, bool relaxed) {
  SetReport report;
  report.total = static_cast<int64_t>(set.size());
  int64_t made = 0, valid = 0, usual = 0, contacts = 0, converged = 0, unique = 0, novel = 0, all = 0;
  DuplicateIndex seen;
  for (const StructureFacts& facts : set) {
    if (!facts.made) continue;
    const bool is_unique = !seen.find(facts.print).has_value();
    const bool is_novel = reference != nullptr && !reference->index.find(facts.print).has_value();
    seen.add(facts.print);
    ++made;
    valid += facts.checks.valid ? 1 : 0;
    usual += facts.usual_coordination ? 1 : 0;
    contacts += facts.checks.worst_contact >= kLeastContact ? 1 : 0;
    converged += facts.relaxed ? 1 : 0;
    unique += is_unique ? 1 : 0;
    novel += is_novel ? 1 : 0;
    all += facts.checks.valid && is_unique && is_novel ? 1 : 0;
  }
  report.shares = {{"made", wilson_share(made, report.total)},
                   {"valid", wilson_share(valid, report.total)},
                   {"usual_coordination", wilson_share(usual, report.total)},
                   {"contacts", wilson_share(contacts, report.total)},
                   {"unique", wilson_share(unique, report.total)}};
  if (reference != nullptr) {
    report.shares.emplace_back("novel", wilson_share(novel, report.total));
    report.shares.emplace_back("valid_unique_novel", wilson_share(all, report.total));
  }
  if (relaxed) report.shares.emplace_back("relaxed", wilson_share(converged, report.total));
  add_all_adherence(set, report);
  add_flags(set, report);
  if (reference == nullptr) return report;
  const auto& real = relaxed ? reference->relaxed_facts : reference->facts;
  report.reference_shares = set_report(real, nullptr, relaxed).shares;
  std::vector<StructureFacts> even, odd;
  for (size_t k = 0; k < real.size(); ++k) (k % 2 == 0 ? even : odd).push_back(real[k]);
  for (const Quantity& quantity : kQuantities) {
    const bool optional = std::string("energy_per_atom") == quantity.name;
    if (optional && values_of(set, quantity.name).empty() && values_of(real, quantity.name).empty()) continue;
    report.distances.push_back({quantity.name, quantity.unit, distance_between(quantity, set, real),
                                distance_between(quantity, even, odd), quantiles_of(quantity, set),
                                quantiles_of(quantity, real)});
  }
  return report;
}

std::string set_report_markdown(const SetReport& report) {
  const bool beside = !report.reference_shares.empty();
  std::string text = fmt::format("| of {} results | share | 95 % interval |{}\n|---|---|---|{}\n",
                                 report.total, beside ? " reference |" : "", beside ? "---|" : "");
  for (const auto& [name, share] : report.shares) {
    if (share.total == 0) continue;
    text += fmt::format("| {} | {} of {}, {:.1f} % | {:.1f}-{:.1f} % |", name, share.count, share.total,
                        100 * share.value, 100 * share.low, 100 * share.high);
    const Share* real = find_share(report.reference_shares, name);
    if (real != nullptr && real->total > 0)
      text += fmt::format(" {} of {}, {:.1f} % |", real->count, real->total, 100 * real->value);
    else if (beside)
      text += " - |";
    text += "\n";
  }
  if (report.distances.empty()) return text;
  text +=
      "\n| distribution | distance from the reference | between halves of the reference | 5, 50, 95 % "
      "quantiles | of the reference |\n|---|---|---|---|---|\n";
  for (const SetDistance& d : report.distances) {
    const std::string kind = d.unit.empty() ? "total variation" : "Wasserstein, " + d.unit;
    const auto number = [](double v) {
      return std::isfinite(v) ? fmt::format("{:.3f}", v) : std::string("-");
    };
    const auto three = [&](const std::array<double, 3>& q) {
      return d.unit.empty() ? "" : number(q[0]) + ", " + number(q[1]) + ", " + number(q[2]);
    };
    text += fmt::format("| {} ({}) | {} | {} | {} | {} |\n", d.name, kind, number(d.distance),
                        number(d.control), three(d.set_quantiles), three(d.reference_quantiles));
  }
  return text;
}

std::string set_report_json(const SetReport& report) {
  using Json = nlohmann::ordered_json;
  Json json = {{"total", report.total},
               {"shares", shares_json(report.shares)},
               {"reference_shares", shares_json(report.reference_shares)},
               {"distances", Json::object()}};
  const auto finite = [](double v) { return std::isfinite(v) ? Json(v) : Json(nullptr); };
  const auto three = [&](const std::array<double, 3>& q) {
    return Json::array({finite(q[0]), finite(q[1]), finite(q[2])});
  };
  for (const SetDistance& d : report.distances)
    json["distances"][d.name] = {{"unit", d.unit},
                                 {"distance", finite(d.distance)},
                                 {"control", finite(d.control)},
                                 {"set_quantiles", three(d.set_quantiles)},
                                 {"reference_quantiles", three(d.reference_quantiles)}};
  return json.dump();
}

}  // namespace clamp::evaluate
