// How far UFF relaxation moves real structures, and whether perturbed ones come back.
//
//   relax-benchmark [--plain] [--van-der-waals X] [--metal-angles X] [--perturb N] [--noise X] [--strain X]
//   [--force X] [--seed S] STRUCTURES.cif...
//
// Each structure is relaxed in its own space group (tolerance 0.01 Å). The first N are then relaxed twice
// more in P1, with the bonds of the file: as they are, and from a copy with Gaussian noise (0.1 Å) on every
// coordinate and a random symmetric strain (0.03, Frobenius norm); the distance between the two ends is
// reported, and the distance between the copy and its original before. One line a structure, then a summary
// of all, of three-dimensional frameworks and of the others. --plain: UFF without additions; the next two
// change factors of UffConfig; --force: the largest force (eV/Å) and stress (GPa) of a relaxed structure, in
// up to 10,000 steps.
#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "core/cif.h"
#include "core/error.h"
#include "core/seed.h"
#include "core/symmetry.h"
#include "relax/relaxer.h"
#include "relax/uff_potential.h"

namespace {

using namespace clamp;
using namespace clamp::relax;

constexpr double kSymprec = 0.01;  // Å

struct Perturbation {
  double noise = 0.1;  // Å
  double strain = 0.03;
};

struct Numbers {
  std::vector<int> dimension;
  std::vector<double> rmsd, volume, energy_before, energy, seconds, start_rmsd, end_rmsd, end_volume;
  std::map<std::string, int> reasons, approximations;
  int converged = 0, failed = 0, perturbed = 0, perturbed_converged = 0;
};

void print_quantiles(const char* name, std::vector<double> values) {
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  fmt::print("{:<44}", name);
  for (const double p : {0.05, 0.25, 0.5, 0.75, 0.95})
    fmt::print(" {:9.4f}", values[static_cast<size_t>(p * static_cast<double>(values.size() - 1) + 0.5)]);
  fmt::print("\n");
}

std::vector<double> magnitudes(std::vector<double> values) {
  for (double& v : values) v = std::abs(v);
  return values;
}

AsymmetricUnit perturbed(AsymmetricUnit unit, const Perturbation& by, Rng& rng) {
  Mat3 strain;
  for (int i = 0; i < 3; ++i) {
    for (int j = i; j < 3; ++j) strain(i, j) = strain(j, i) = rng.normal();
  }
  strain *= by.strain / strain.norm();
  const Mat3 to_frac = unit.cell.transpose().inverse();
  for (Vec3& f : unit.frac_coords) f += to_frac * (by.noise * Vec3(rng.normal(), rng.normal(), rng.normal()));
  unit.cell = unit.cell * (Mat3::Identity() + strain);
  return unit;
}

void measure(const std::string& path, const UffFactory& uff, const RelaxerConfig& relaxer, Numbers& numbers) {
  const Crystal crystal = read_crystal(path);
  const auto symmetry = find_symmetry(crystal, kSymprec);
  const AsymmetricUnit unit = symmetry ? make_asymmetric_unit(symmetry->primitive, symmetry->number,
                                                              perceive_bonds(symmetry->primitive))
                                       : make_asymmetric_unit(crystal, 1, perceive_bonds(crystal));
  const auto start = std::chrono::steady_clock::now();
  const RelaxRecord record = relax_structure(unit, uff, relaxer).record;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (!std::isfinite(record.energy)) fail(record.reason);
  const double n = static_cast<double>(expand(unit).n_atoms());
  numbers.converged += record.converged ? 1 : 0;
  if (!record.converged) ++numbers.reasons[record.reason];
  for (const auto& [name, count] : record.counts) numbers.approximations[name] += count > 0 ? 1 : 0;
  numbers.dimension.push_back(framework_dimension(expand(unit).atomic_numbers, expand_bonds(unit)));
  numbers.rmsd.push_back(record.rmsd);
  numbers.volume.push_back(100 * record.volume_change);
  numbers.energy_before.push_back(record.energy_before / n);
  numbers.energy.push_back(record.energy / n);
  numbers.seconds.push_back(seconds);
  fmt::print(
      "{} atoms {} group {} dimension {} steps {} rmsd {:.3f} volume {:+.2f}% energy {:.4f} {:.4f} {}\n",
      path, n, unit.chemistry.space_group, numbers.dimension.back(), record.steps, record.rmsd,
      100 * record.volume_change, record.energy_before / n, record.energy / n, record.reason);
}

void measure_perturbed(const std::string& path, const UffFactory& uff, const RelaxerConfig& relaxer,
                       const Perturbation& by, Rng& rng, Numbers& numbers) {
  const Crystal crystal = read_crystal(path);
  const AsymmetricUnit unit = make_asymmetric_unit(crystal, 1, perceive_bonds(crystal));
  const AsymmetricUnit moved = perturbed(unit, by, rng);
  const RelaxResult reference = relax_structure(unit, uff, relaxer);
  const RelaxResult back = relax_structure(moved, uff, relaxer);
  double largest = 0;
  ++numbers.perturbed;
  numbers.perturbed_converged += reference.record.converged && back.record.converged ? 1 : 0;
  numbers.start_rmsd.push_back(displacement(expand(unit), expand(moved), largest));
  numbers.end_rmsd.push_back(displacement(expand(reference.unit), expand(back.unit), largest));
  numbers.end_volume.push_back(
      100 * (std::abs(back.unit.cell.determinant() / reference.unit.cell.determinant()) - 1));
  fmt::print("{} perturbed: {:.3f} A before, {:.3f} A after\n", path, numbers.start_rmsd.back(),
             numbers.end_rmsd.back());
}

/// Quantiles of what was measured on each structure, over those of three dimensions or over the others.
void print_by_dimension(const Numbers& numbers, bool three) {
  const auto some = [&](const std::vector<double>& values) {
    std::vector<double> chosen;
    for (size_t k = 0; k < values.size(); ++k) {
      if ((numbers.dimension[k] == 3) == three) chosen.push_back(values[k]);
    }
    return chosen;
  };
  fmt::print("{} ({})\n", three ? "three-dimensional" : "chains, layers, molecules",
             some(numbers.rmsd).size());
  print_quantiles("RMSD, A", some(numbers.rmsd));
  print_quantiles("volume change, %", some(numbers.volume));
  print_quantiles("|volume change|, %", magnitudes(some(numbers.volume)));
  print_quantiles("energy of the file, eV/atom", some(numbers.energy_before));
  print_quantiles("energy relaxed, eV/atom", some(numbers.energy));
}

void print_summary(const Numbers& numbers) {
  fmt::print("{} relaxed, {} converged, {} failed\n", numbers.rmsd.size(), numbers.converged, numbers.failed);
  for (const auto& [reason, count] : numbers.reasons) fmt::print("  {}: {}\n", reason, count);
  for (const auto& [name, count] : numbers.approximations)
    fmt::print("  structures with {}: {}\n", name, count);
  fmt::print("{:<44} {:>9} {:>9} {:>9} {:>9} {:>9}\n", "quantiles", "5%", "25%", "50%", "75%", "95%");
  print_quantiles("RMSD, A", numbers.rmsd);
  print_quantiles("volume change, %", numbers.volume);
  print_quantiles("|volume change|, %", magnitudes(numbers.volume));
  print_quantiles("energy of the file, eV/atom", numbers.energy_before);
  print_quantiles("energy relaxed, eV/atom", numbers.energy);
  print_quantiles("seconds", numbers.seconds);
  print_by_dimension(numbers, true);
  print_by_dimension(numbers, false);
  if (numbers.perturbed == 0) return;
  fmt::print("{} perturbed, {} converged (both ends)\n", numbers.perturbed, numbers.perturbed_converged);
  print_quantiles("RMSD of the copy, A", numbers.start_rmsd);
  print_quantiles("RMSD of the ends, A", numbers.end_rmsd);
  print_quantiles("|volume difference of the ends|, %", magnitudes(numbers.end_volume));
}

}  // namespace

int main(int argc, char** argv) {
  UffConfig config;
  uint64_t seed = 1;
  size_t n_perturbed = 0;
  Perturbation perturbation;
  RelaxerConfig relaxer;
  std::vector<std::string> paths;
  for (int k = 1; k < argc; ++k) {
    const std::string word = argv[k];
    if (word == "--plain") {
      config = plain_uff();
    } else if (word == "--van-der-waals" && k + 1 < argc) {
      config.van_der_waals_scale = std::atof(argv[++k]);
    } else if (word == "--metal-angles" && k + 1 < argc) {
      config.metal_angle_scale = std::atof(argv[++k]);
    } else if (word == "--perturb" && k + 1 < argc) {
      n_perturbed = static_cast<size_t>(std::atol(argv[++k]));
    } else if (word == "--noise" && k + 1 < argc) {
      perturbation.noise = std::atof(argv[++k]);
    } else if (word == "--strain" && k + 1 < argc) {
      perturbation.strain = std::atof(argv[++k]);
    } else if (word == "--force" && k + 1 < argc) {
      relaxer.force_tolerance = std::atof(argv[++k]);
      relaxer.stress_tolerance = relaxer.force_tolerance;
      relaxer.max_steps = 10000;
    } else if (word == "--seed" && k + 1 < argc) {
      seed = static_cast<uint64_t>(std::atol(argv[++k]));
    } else {
      paths.push_back(word);
    }
  }
  const UffFactory uff(config);
  Numbers numbers;
  for (size_t k = 0; k < paths.size(); ++k) {
    try {
      measure(paths[k], uff, relaxer, numbers);
      Rng rng(derive_seed(seed, k));
      if (k < n_perturbed) measure_perturbed(paths[k], uff, relaxer, perturbation, rng, numbers);
    } catch (const Error& error) {
      ++numbers.failed;
      fmt::print("{} failed: {}\n", paths[k], error.what());
    }
    std::fflush(stdout);
  }
  print_summary(numbers);
  return 0;
}
