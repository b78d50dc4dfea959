#include "data/derived_columns.h"

#include <cstdint>
#include <set>

#include "core/elements.h"

namespace clamp::data {
namespace {

std::string metal_symbols(const Crystal& crystal) {
  std::set<int> metals;
  for (const int z : crystal.atomic_numbers) {
    if (is_metal(z)) metals.insert(z);
  }
  std::string text;
  for (const int z : metals) text += (text.empty() ? "" : " ") + std::string(element_symbol(z));
  return text;
}

uint64_t fnv1a(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return hash;
}

}  // namespace

void derive_columns(Record& record) {
  const Crystal& crystal = record.crystal;
  record.labels.emplace("formula", formula(crystal.atomic_numbers));
  record.labels.emplace("reduced_formula", reduced_formula(crystal.atomic_numbers));
  const std::string metals = metal_symbols(crystal);
  if (!metals.empty()) record.labels.emplace("metals", metals);
  record.numbers.emplace("n_atoms", static_cast<double>(crystal.n_atoms()));
  record.numbers.emplace("volume_A3", crystal.volume());
  record.numbers.emplace("density_g_cm3", crystal.density());
}

std::string split_by_formula(const Record& record, double share) {
  constexpr uint64_t kParts = 1000;
  const uint64_t part = fnv1a(reduced_formula(record.crystal.atomic_numbers)) % kParts;
  return static_cast<double>(part) < share * kParts ? "val" : "train";
}

}  // namespace clamp::data
