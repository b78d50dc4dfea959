// Crystals and folders that tests of encoders and training use.
#pragma once

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <string>

#include "core/crystal.h"
#include "core/seed.h"

namespace clamp::tests {

/// Random skewed cell of about 15 Å^3 an atom.
inline Crystal random_crystal(uint64_t seed, int64_t n_atoms) {
  Rng rng(seed);
  Crystal crystal;
  crystal.name = "random";
  const double edge = std::cbrt(15.0 * static_cast<double>(n_atoms));
  crystal.cell = Mat3::Identity() * edge;
  for (int row = 0; row < 3; ++row) {
    for (int column = 0; column < 3; ++column)
      crystal.cell(row, column) += 0.3 * edge * (rng.uniform() - 0.5);
  }
  const int species[] = {1, 6, 7, 8, 30, 40};
  for (int64_t i = 0; i < n_atoms; ++i) {
    crystal.atomic_numbers.push_back(species[rng.below(6)]);
    crystal.frac_coords.emplace_back(rng.uniform(), rng.uniform(), rng.uniform());
  }
  return crystal;
}

/// Rock salt, primitive cell, lattice constant 5.64 Å.
inline Crystal rock_salt() {
  Crystal crystal;
  crystal.name = "NaCl";
  crystal.cell << 0, 2.82, 2.82, 2.82, 0, 2.82, 2.82, 2.82, 0;
  crystal.atomic_numbers = {11, 17};
  crystal.frac_coords = {Vec3::Zero(), Vec3::Constant(0.5)};
  return crystal;
}

/// A folder that is removed at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    static int count = 0;
    path_ = std::filesystem::temp_directory_path() /
            ("clamp_test_" + std::to_string(::getpid()) + "_" + std::to_string(count++));
    std::filesystem::create_directories(path_);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string path() const { return path_.string(); }
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

}  // namespace clamp::tests
