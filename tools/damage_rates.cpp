// damage-rates DATA.h5 SPLIT N SEED: damages N real structures in every known way and prints how many of the
// damaged ones each check catches, beside its false alarms on the undamaged ones. Only structures that
// MOFChecker's flags find valid are drawn, so that a caught one is caught for its damage.
#include <fmt/format.h>

#include <ctime>
#include <exception>
#include <iostream>
#include <string>
#include <vector>

#include "core/bond_graph.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "evaluate/checks.h"
#include "evaluate/damage.h"
#include "evaluate/metal_coordination.h"
#include "evaluate/quality.h"

namespace {

using clamp::evaluate::wilson_share;

constexpr double kLeastContact = 0.65;
// 1 and 99 % of the training split of QMOF.
constexpr double kLeastVolume = 8.8, kMostVolume = 60.3;  // Å^3 an atom

struct Verdict {
  bool flags = false, contact = false, coordination = false, volume = false;
  bool any() const { return flags || contact || coordination || volume; }
};

Verdict alarms(const clamp::Crystal& crystal) {
  const auto checks = clamp::evaluate::check_mof(crystal);
  Verdict v;
  v.flags = !checks.valid;
  v.contact = checks.worst_contact < kLeastContact;
  v.coordination = !clamp::evaluate::unusual_coordination(crystal, clamp::perceive_bonds(crystal)).empty();
  v.volume = checks.volume_per_atom < kLeastVolume || checks.volume_per_atom > kMostVolume;
  return v;
}

struct Row {
  int64_t total = 0, flags = 0, contact = 0, coordination = 0, volume = 0, any = 0;
  void add(const Verdict& v) {
    ++total;
    flags += v.flags ? 1 : 0;
    contact += v.contact ? 1 : 0;
    coordination += v.coordination ? 1 : 0;
    volume += v.volume ? 1 : 0;
    any += v.any() ? 1 : 0;
  }
};

void print_row(const std::string& name, const Row& row) {
  std::cout << fmt::format("| {} | {} |", name, row.total);
  for (const int64_t count : {row.flags, row.contact, row.coordination, row.volume, row.any}) {
    const auto share = wilson_share(count, row.total);
    std::cout << fmt::format(" {:.1f} % ({:.0f}-{:.0f}) |", 100 * share.value, 100 * share.low,
                             100 * share.high);
  }
  std::cout << "\n";
}

void print_rates(const std::string& path, const std::string& split, size_t n, uint64_t seed) {
  const auto dataset = clamp::data::Dataset::open(path);
  auto indices = dataset.indices(split, 300);
  clamp::Rng rng(clamp::derive_seed(seed, 1));
  for (size_t i = indices.size(); i > 1; --i) std::swap(indices[i - 1], indices[rng.below(i)]);
  std::vector<Row> rows(clamp::evaluate::damage_kinds().size());
  Row undamaged;
  double slowest = 0;
  for (const auto index : indices) {
    if (static_cast<size_t>(undamaged.total) == n) break;
    const auto crystal = dataset.read_crystal(index);
    const auto start = std::clock();
    const Verdict real = alarms(crystal);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    if (crystal.n_atoms() <= 150) slowest = std::max(slowest, seconds);
    if (real.flags) continue;
    undamaged.add(real);
    for (size_t k = 0; k < rows.size(); ++k) {
      const auto copy = clamp::evaluate::damaged(crystal, clamp::evaluate::damage_kinds()[k],
                                                 clamp::derive_seed(seed, static_cast<uint64_t>(index)));
      if (copy) rows[k].add(alarms(*copy));
    }
  }
  std::cout << "| damage | structures | flags | contact < 0.65 | coordination | volume an atom | any |\n"
               "|---|---|---|---|---|---|---|\n";
  for (size_t k = 0; k < rows.size(); ++k) print_row(clamp::evaluate::damage_kinds()[k], rows[k]);
  print_row("none (false alarms)", undamaged);
  std::cout << fmt::format("slowest check of at most 150 atoms: {:.0f} ms of CPU\n", 1000 * slowest);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: damage-rates DATA.h5 SPLIT N SEED\n";
    return 2;
  }
  try {
    print_rates(argv[1], argv[2], std::stoul(argv[3]), std::stoull(argv[4]));
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
