// The checks on the bond graph (sampler/composer_checks.h) on the chemistries of real structures.
//
//   check-chemistries DATA.h5 SPLIT MAX_ATOMS
//
// One line a chemistry that fails, with the reason and the composition; then how many pass.
#include <fmt/format.h>

#include <iostream>
#include <map>

#include "core/bond_graph.h"
#include "core/error.h"
#include "data/dataset.h"
#include "sampler/composer_checks.h"

namespace {

int dimension_of(const clamp::AsymmetricUnit& unit) {
  return clamp::framework_dimension(clamp::expand(unit).atomic_numbers, clamp::expand_bonds(unit));
}

int run(const std::string& path, const std::string& split, int64_t max_atoms) {
  const auto dataset = clamp::data::Dataset::open(path);
  std::map<std::string, int> failed;
  int total = 0, passed = 0;
  for (const auto index : dataset.indices(split, max_atoms)) {
    const auto unit = dataset.asymmetric_unit(index);
    if (!unit) continue;
    const auto checks = clamp::sampler::check_chemistry(unit->chemistry, dimension_of(*unit));
    ++total;
    passed += checks.passed() ? 1 : 0;
    for (const auto& name : checks.failures) ++failed[name];
    if (!checks.passed()) {
      std::cout << fmt::format("{} {}: {}; {}\n", dataset.id(index), checks.failures[0], checks.reason,
                               clamp::sampler::composition_key(checks.blocks));
    }
  }
  std::cout << fmt::format("{} of {} pass", passed, total);
  for (const auto& [name, count] : failed) std::cout << fmt::format(", {} fail '{}'", count, name);
  std::cout << "\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 4) {
    std::cerr << "usage: check-chemistries DATA.h5 SPLIT MAX_ATOMS\n";
    return 2;
  }
  try {
    return run(argv[1], argv[2], std::stoll(argv[3]));
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
