// The geometry table as JSON: {"format": "clamp-geometry", "version": 1, "entries": {key: [mean, spread, low,
// high]}, "volumes": {symbol: Å^3}, "packing": {"A B": energies at the knots}}; packing may be missing.
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "core/elements.h"
#include "core/error.h"
#include "relax/geometry_table.h"

namespace clamp::relax {
namespace {

constexpr const char* kFormat = "clamp-geometry";
constexpr int kVersion = 1;
constexpr double kLargest = 1000;  // Å or Å^3; anything beyond is a broken file
constexpr size_t kNumbers = 4;

double rounded(double v) { return std::round(v * 1e4) / 1e4; }

double number_in_range(const nlohmann::json& value, const std::string& source, const std::string& key) {
  if (!value.is_number() || !std::isfinite(value.get<double>()) || value.get<double>() < 0 ||
      value.get<double>() > kLargest) {
    fail(fmt::format("{}: geometry table, '{}': expected numbers from 0 to {}, found {}", source, key,
                     kLargest, value.dump()));
  }
  return value.get<double>();
}

const nlohmann::json& member(const nlohmann::json& object, const char* name, const std::string& source) {
  const auto it = object.find(name);
  if (it == object.end() || !it->is_object()) {
    fail(fmt::format("{}: geometry table has no object '{}'", source, name));
  }
  return *it;
}

PackingPotential packing_from(const nlohmann::json& object, const std::string& source) {
  PackingPotential packing;
  for (const auto& [key, values] : object.items()) {
    const size_t space = key.find(' ');
    if (space == std::string::npos || !values.is_array() || values.size() != PackingPotential::kKnots) {
      fail(fmt::format("{}: geometry table, packing '{}': expected two atoms and {} energies, found {}",
                       source, key, PackingPotential::kKnots, values.dump()));
    }
    PackingPotential::Curve curve;
    for (size_t k = 0; k < curve.size(); ++k) {
      const auto& value = values[k];
      if (!value.is_number() || !(std::abs(value.get<double>()) <= kLargest)) {
        fail(fmt::format("{}: geometry table, packing '{}': expected numbers up to {}, found {}", source, key,
                         kLargest, value.dump()));
      }
      curve[k] = value.get<double>();
    }
    packing.set(key.substr(0, space), key.substr(space + 1), curve);
  }
  return packing;
}

}  // namespace

std::string GeometryTable::to_json() const {
  nlohmann::json entries = nlohmann::json::object();
  for (const auto& [key, t] : entries_) {
    entries[key] = {rounded(t.mean), rounded(t.spread), rounded(t.low), rounded(t.high)};
  }
  nlohmann::json volumes = nlohmann::json::object();
  for (int z = 1; z < static_cast<int>(volumes_.size()); ++z) {
    if (volumes_[z] > 0) volumes[element_symbol(z)] = rounded(volumes_[z]);
  }
  nlohmann::json root{{"format", kFormat}, {"version", kVersion}, {"entries", entries}, {"volumes", volumes}};
  for (const auto& [key, curve] : packing_.curves()) {
    for (const double energy : curve) root["packing"][key].push_back(rounded(energy));
  }
  return root.dump();
}

GeometryTable GeometryTable::from_json(const std::string& text, const std::string& source) {
  const nlohmann::json root = nlohmann::json::parse(text, nullptr, false);
  if (root.is_discarded() || !root.is_object())
    fail(fmt::format("{}: geometry table is no JSON object", source));
  if (root.value("format", nlohmann::json()) != kFormat) {
    fail(fmt::format("{}: geometry table: format is {}, expected \"{}\"", source,
                     root.value("format", nlohmann::json()).dump(), kFormat));
  }
  if (root.value("version", nlohmann::json()) != kVersion) {
    fail(fmt::format("{}: geometry table: version is {}, this program reads version {}", source,
                     root.value("version", nlohmann::json()).dump(), kVersion));
  }
  GeometryTable table;
  for (const auto& [key, value] : member(root, "entries", source).items()) {
    if (!value.is_array() || value.size() != kNumbers) {
      fail(fmt::format("{}: geometry table, '{}': expected [mean, spread, low, high], found {}", source, key,
                       value.dump()));
    }
    Typical t;
    t.mean = number_in_range(value[0], source, key);
    t.spread = number_in_range(value[1], source, key);
    t.low = number_in_range(value[2], source, key);
    t.high = number_in_range(value[3], source, key);
    table.entries_[key] = t;
  }
  table.volumes_.assign(kMaxAtomicNumber + 1, 0);
  for (const auto& [symbol, value] : member(root, "volumes", source).items()) {
    const int z = atomic_number_of(symbol);
    if (z == 0) fail(fmt::format("{}: geometry table: '{}' in volumes is no element", source, symbol));
    table.volumes_[z] = number_in_range(value, source, symbol);
  }
  if (root.contains("packing")) table.packing_ = packing_from(member(root, "packing", source), source);
  return table;
}

}  // namespace clamp::relax
