// A small library made from the real structures in tests/data/qmof, with seeded random embeddings.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/cif.h"
#include "core/error.h"
#include "nn/random.h"
#include "sampler/chemistry_library.h"

namespace clamp::sampler::test {

constexpr int64_t kDim = 8;

struct RealStructure {
  std::string id;
  AsymmetricUnit unit;
};

/// The structures of tests/data/qmof that have an exact asymmetric unit, sorted by name.
inline const std::vector<RealStructure>& real_structures() {
  static const std::vector<RealStructure> structures = [] {
    std::vector<std::filesystem::path> paths;
    for (const auto& file : std::filesystem::directory_iterator(CLAMP_TEST_DATA "/qmof")) {
      if (file.path().extension() == ".cif") paths.push_back(file.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<RealStructure> list;
    for (const auto& path : paths) {
      const auto symmetry = find_symmetry(read_crystal(path.string()), 0.01);
      if (!symmetry) continue;
      const auto& primitive = symmetry->primitive;
      list.push_back(
          {path.stem(), make_asymmetric_unit(primitive, symmetry->number, perceive_bonds(primitive))});
    }
    return list;
  }();
  return structures;
}

/// Rows of unit length, [n, kDim].
inline torch::Tensor unit_rows(int64_t n, uint64_t seed) {
  auto generator = nn::make_generator(seed);
  const auto rows = torch::randn({n, kDim}, generator);
  return rows / rows.norm(2, -1, true);
}

inline std::vector<LibraryEntry> sample_entries() {
  std::vector<LibraryEntry> entries;
  for (const auto& structure : real_structures()) {
    const auto crystal = expand(structure.unit);
    LibraryEntry entry;
    entry.id = structure.id;
    entry.linkers = "linker of " + structure.id;
    entry.chemistry = structure.unit.chemistry;
    entry.framework_dimension = framework_dimension(crystal.atomic_numbers, expand_bonds(structure.unit));
    entry.volume = crystal.volume();
    entries.push_back(entry);
  }
  return entries;
}

inline ChemistryLibrary sample_library(uint64_t seed = 1) {
  const auto entries = sample_entries();
  return ChemistryLibrary::build(entries, unit_rows(static_cast<int64_t>(entries.size()), seed));
}

/// Text of the clamp::Error or subclass that `action` throws; a test failure where it throws nothing.
template <typename Action>
std::string error_of(Action&& action) {
  try {
    std::forward<Action>(action)();
  } catch (const Error& error) {
    return error.what();
  }
  ADD_FAILURE() << "no error";
  return {};
}

}  // namespace clamp::sampler::test
