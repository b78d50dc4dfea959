#include "evaluate/quality.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <utility>

#include "core/elements.h"
#include "core/error.h"
#include "evaluate/structure_match.h"

namespace clamp::evaluate {
namespace {

constexpr double kNarrowVolume = 0.15;
constexpr MatchTolerances kMatchRateTolerances{0.3, 0.5, 10};
constexpr double kNormal95 = 1.959964;  // two-sided 95 % quantile of the normal distribution

struct Column {
  const char* name;
  const char* label;
};

constexpr Column kShares[] = {
    {"no_overlaps", "no overlapping atoms"},
    {"metals_bonded", "every metal bonded"},
    {"sane_hydrogen", "sane H"},
    {"sane_carbon", "sane C"},
    {"no_lone_molecule", "no lone molecule"},
    {"dimension_as_intended", "framework dimension as intended"},
    {"contacts", "no contact under 0.65 of the radii"},
    {"volume_within_15_percent", "volume within 15 %"},
    {"volume_within_25_percent", "volume within 25 %"},
    {"valid", "valid (all checks)"},
    {"sound", "sound"},
    {"match", "matches the real structure"},
    {"match_among_tried", "one of those tried matches"},
};

constexpr Column kQuantiles[] = {
    {"worst_contact_05", "worst contact / radii, 5 %"},  {"worst_contact_25", "worst contact / radii, 25 %"},
    {"worst_contact_50", "worst contact / radii, 50 %"}, {"density_error_50", "density error, median"},
    {"density_error_90", "density error, 90 %"},         {"volume_ratio_50", "volume / reference, median"},
};

template <size_t n>
std::vector<std::string> names_of(const Column (&columns)[n]) {
  std::vector<std::string> names;
  for (const Column& c : columns) names.emplace_back(c.name);
  return names;
}

/// Whether every atom of a kind has a bond.
template <typename Kind>
bool all_bonded(const Crystal& crystal, const std::vector<Bond>& bonds, Kind kind) {
  std::vector<char> bonded(crystal.atomic_numbers.size(), 0);
  for (const Bond& b : bonds) bonded[b.i] = bonded[b.j] = 1;
  for (size_t a = 0; a < bonded.size(); ++a) {
    if (kind(crystal.atomic_numbers[a]) && !bonded[a]) return false;
  }
  return true;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(values.begin(), values.end());
  return values[static_cast<size_t>(q * static_cast<double>(values.size() - 1))];
}

std::map<std::string, bool> judge(const QualityInput& input, const MofChecks& checks) {
  const std::vector<Bond> bonds = perceive_bonds(input.crystal);
  const Soundness s =
      soundness(checks, input.intended_dimension, input.crystal.volume(), input.reference_volume);
  const auto& flag = checks.flags;
  const bool match = input.reference && matches_reference(input.crystal, *input.reference);
  return {
      {"no_overlaps", !flag.at("has_atomic_overlaps")},
      {"metals_bonded", all_bonded(input.crystal, bonds, is_metal)},
      {"sane_hydrogen",
       !flag.at("has_overcoordinated_h") && all_bonded(input.crystal, bonds, [](int z) { return z == 1; })},
      {"sane_carbon", !flag.at("has_overcoordinated_c") && !flag.at("has_undercoordinated_c")},
      {"no_lone_molecule", !flag.at("has_lone_molecule")},
      {"dimension_as_intended", s.dimension_as_intended},
      {"contacts", s.contacts},
      {"volume_within_15_percent",
       std::abs(input.crystal.volume() / input.reference_volume - 1) <= kNarrowVolume},
      {"volume_within_25_percent", s.volume},
      {"valid", checks.valid},
      {"sound", s.sound},
      {"match", match},
      {"match_among_tried", match || input.match_among_tried},
  };
}

std::string share_text(const Share& share) {
  if (share.total == 0) return "-";
  return fmt::format("{:.0f} % ({:.0f}-{:.0f})", 100 * share.value, 100 * share.low, 100 * share.high);
}

std::string number_text(double value) { return std::isfinite(value) ? fmt::format("{:.2f}", value) : "-"; }

}  // namespace

bool matches_reference(const Crystal& crystal, const Crystal& reference) {
  try {
    return match_rms(crystal, reference, kMatchRateTolerances).has_value();
  } catch (const Error&) {
    return false;
  }
}

Share wilson_share(int64_t count, int64_t total) {
  Share share{count, total};
  if (total == 0) return share;
  const double n = static_cast<double>(total);
  const double p = static_cast<double>(count) / n;
  const double z2 = kNormal95 * kNormal95;
  const double centre = (p + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kNormal95 * std::sqrt(p * (1 - p) / n + z2 / (4 * n * n)) / (1 + z2 / n);
  share.value = p;
  share.low = std::max(0.0, centre - half);
  share.high = std::min(1.0, centre + half);
  return share;
}

const std::vector<std::string>& quality_share_names() {
  static const std::vector<std::string> kNames = names_of(kShares);
  return kNames;
}

const std::vector<std::string>& quality_quantile_names() {
  static const std::vector<std::string> kNames = names_of(kQuantiles);
  return kNames;
}

QualityRow quality_row(const std::string& name, const std::vector<QualityInput>& structures) {
  QualityRow row;
  row.name = name;
  row.total = static_cast<int64_t>(structures.size());
  std::map<std::string, int64_t> counts;
  int64_t with_reference = 0;
  std::vector<double> contacts, density_errors, volume_ratios;
  for (const QualityInput& input : structures) {
    const MofChecks checks = check_mof(input.crystal);
    for (const auto& [quantity, good] : judge(input, checks)) counts[quantity] += good;
    with_reference += input.reference ? 1 : 0;
    contacts.push_back(checks.worst_contact);
    const double ratio = input.crystal.volume() / input.reference_volume;
    volume_ratios.push_back(ratio);
    density_errors.push_back(std::abs(1 / ratio - 1));  // the same atoms in another volume
  }
  for (const std::string& quantity : quality_share_names()) {
    const bool of_references = quantity == "match" || quantity == "match_among_tried";
    row.shares[quantity] = wilson_share(counts[quantity], of_references ? with_reference : row.total);
  }
  row.quantiles = {
      {"worst_contact_05", quantile(contacts, 0.05)},
      {"worst_contact_25", quantile(contacts, 0.25)},
      {"worst_contact_50", quantile(contacts, 0.50)},
      {"density_error_50", quantile(density_errors, 0.5)},
      {"density_error_90", quantile(density_errors, 0.9)},
      {"volume_ratio_50", quantile(volume_ratios, 0.5)},
  };
  return row;
}

std::string quality_markdown(const std::vector<QualityRow>& rows) {
  std::string text = "| |";
  for (const QualityRow& row : rows) text += fmt::format(" {} ({}) |", row.name, row.total);
  text += "\n|---|";
  for (size_t k = 0; k < rows.size(); ++k) text += "---|";
  text += "\n";
  for (const Column& c : kShares) {
    text += fmt::format("| {} |", c.label);
    for (const QualityRow& row : rows) text += fmt::format(" {} |", share_text(row.shares.at(c.name)));
    text += "\n";
  }
  for (const Column& c : kQuantiles) {
    text += fmt::format("| {} |", c.label);
    for (const QualityRow& row : rows) text += fmt::format(" {} |", number_text(row.quantiles.at(c.name)));
    text += "\n";
  }
  return text;
}

std::string quality_json(const std::vector<QualityRow>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const QualityRow& row : rows) {
    nlohmann::ordered_json shares;
    for (const std::string& name : quality_share_names()) {
      const Share& s = row.shares.at(name);
      shares[name] = {
          {"count", s.count}, {"total", s.total}, {"value", s.value}, {"low", s.low}, {"high", s.high}};
    }
    nlohmann::ordered_json quantiles;
    for (const std::string& name : quality_quantile_names()) {
      const double value = row.quantiles.at(name);
      quantiles[name] =
          std::isfinite(value) ? nlohmann::ordered_json(value) : nlohmann::ordered_json(nullptr);
    }
    list.push_back({{"name", row.name}, {"total", row.total}, {"shares", shares}, {"quantiles", quantiles}});
  }
  return nlohmann::ordered_json{{"schema_version", 1}, {"rows", list}}.dump(2);
}

}  // namespace clamp::evaluate
