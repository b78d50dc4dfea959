// What the composer's tokens cover, on all structures of datasets.
//
//   composer-statistics [--max-atoms N] DATA.h5...
//
// Every chemistry is written as tokens (with the dictionary of the data set's own training structures, and
// with every molecule spelled), read back, and its bond graph compared with the original's; then the same
// after shuffling the atoms, moving the origin and changing the cell.
#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <chrono>
#include <iostream>
#include <map>
#include <set>

#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "data/symmetry_pass.h"
#include "diffusion/composer_tokens.h"

namespace {

using clamp::diffusion::Blocks;
using clamp::diffusion::ComposerDictionary;
using clamp::diffusion::encode;

constexpr double kSymprec = 0.05;  // Å, as clamp-data import

// Colour refinement of the primitive cell's bond graph without images: equal for equal graphs.
std::vector<uint64_t> graph_signature(const clamp::Chemistry& chemistry) {
  const auto& group = clamp::space_group(chemistry.space_group);
  const auto atoms = clamp::expand_atoms(chemistry);
  std::vector<std::vector<size_t>> neighbors(atoms.slot.size());
  std::vector<uint64_t> colors;
  for (const int slot : atoms.slot)
    colors.push_back(static_cast<uint64_t>(chemistry.slots[static_cast<size_t>(slot)].atomic_number));
  for (const auto& bond : chemistry.bonds) {
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const auto i = static_cast<size_t>(atoms.atom_of[static_cast<size_t>(bond.i)][h]);
      const auto j = static_cast<size_t>(atoms.atom_of[static_cast<size_t>(bond.j)][static_cast<size_t>(
          group.product[h][static_cast<size_t>(bond.op)])]);
      neighbors[i].push_back(j);
      neighbors[j].push_back(i);
    }
  }
  for (int round = 0; round < 12; ++round) {
    std::vector<uint64_t> next(colors.size());
    for (size_t a = 0; a < colors.size(); ++a) {
      std::vector<uint64_t> around;
      for (const size_t other : neighbors[a]) around.push_back(colors[other]);
      std::sort(around.begin(), around.end());
      next[a] = colors[a];
      for (const uint64_t color : around) next[a] = clamp::derive_seed(next[a], color);
    }
    colors.swap(next);
  }
  std::sort(colors.begin(), colors.end());
  return colors;
}

struct Sample {
  std::string id, split;
  clamp::Chemistry chemistry;
  Blocks blocks;
  int dimension = 0;
  int64_t index = 0;
};

std::string quantiles(std::vector<double> values) {
  if (values.empty()) return "-";
  std::sort(values.begin(), values.end());
  const auto at = [&](double q) {
    return values[std::min(values.size() - 1, static_cast<size_t>(q * static_cast<double>(values.size())))];
  };
  return fmt::format("{:.0f} / {:.0f} / {:.0f} / {:.0f}", at(0.05), at(0.5), at(0.95), values.back());
}

class Statistics {
 public:
  Statistics(const std::vector<std::string>& paths, int64_t max_atoms) {
    for (const auto& path : paths) {
      datasets_.push_back(clamp::data::Dataset::open(path));
      load(datasets_.back(), max_atoms);
    }
    const auto start = std::chrono::steady_clock::now();
    std::vector<Blocks> all, training;
    for (auto& sample : samples_) sample.blocks = clamp::diffusion::to_blocks(sample.chemistry);
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    for (const auto& sample : samples_) {
      all.push_back(sample.blocks);
      if (sample.split == "train") training.push_back(sample.blocks);
    }
    everything_ = ComposerDictionary::build(all, 1);
    known_ = ComposerDictionary::build(training, 1);
    spelling_ = ComposerDictionary::build(all, kNever);
    std::cout << fmt::format("structures {} (without an asymmetric unit {}), {:.2f} ms each\n",
                             samples_.size(), without_, 1e3 * seconds / static_cast<double>(samples_.size()));
    std::cout << fmt::format("molecule forms: {} of all, {} of the training structures\n",
                             everything_.n_forms(), known_.n_forms());
  }

  void written_and_read() {
    int64_t reversible = 0, same = 0;
    std::vector<double> lengths, spelled, slots;
    std::map<std::string, int64_t> reasons;
    for (const auto& sample : samples_) {
      std::string reason;
      const auto tokens = encode(sample.blocks, sample.dimension, everything_, &reason);
      const auto letters = encode(sample.blocks, sample.dimension, spelling_, &reason);
      if (!tokens || !letters) {
        ++reasons[reason];
        continue;
      }
      lengths.push_back(static_cast<double>(tokens->size()));
      spelled.push_back(static_cast<double>(letters->size()));
      slots.push_back(static_cast<double>(sample.chemistry.slots.size()));
      const auto back = to_chemistry(decode(*tokens, everything_).blocks);
      const auto signature = graph_signature(sample.chemistry);
      const bool equal = graph_signature(back) == signature &&
                         graph_signature(to_chemistry(decode(*letters, spelling_).blocks)) == signature;
      reversible += equal ? 1 : 0;
      if (!equal) std::cout << "not reversible: " << sample.id << "\n";
      same +=
          encode(clamp::diffusion::to_blocks(back), sample.dimension, everything_, &reason) == tokens ? 1 : 0;
    }
    std::cout << fmt::format(
        "written {}, read back to the same bond graph {}, tokens of what was read the same {}\n",
        lengths.size(), reversible, same);
    for (const auto& [reason, count] : reasons)
      std::cout << fmt::format("not written, {}: {}\n", count, reason);
    std::cout << fmt::format("tokens with forms {}, spelled {}, slots {} (5 / 50 / 95 %, largest)\n",
                             quantiles(lengths), quantiles(spelled), quantiles(slots));
  }

  void validation() const {
    int64_t val = 0, sites = 0, forms = 0;
    for (const auto& sample : samples_) {
      if (sample.split != "val") continue;
      ++val;
      const auto tokens = encode(sample.blocks, sample.dimension, known_, nullptr);
      if (!tokens) continue;
      ++sites;
      forms += std::count(tokens->begin(), tokens->end(), clamp::diffusion::token::kOpen) == 0 ? 1 : 0;
    }
    std::cout << fmt::format("validation: {} structures, sites known {}, all molecule forms known {}\n", val,
                             sites, forms);
  }

  // The same structures, of the first dataset, written in another way.
  void moved(int64_t n) const {
    clamp::Rng rng(7);
    int64_t tried = 0, shuffled_same = 0, moved_same = 0, cell_same = 0;
    for (int64_t k = 0; k < n; ++k) {
      const auto& sample = samples_[rng.below(samples_.size())];
      auto crystal = datasets_[0].read_crystal(sample.index);
      const auto reference = tokens_of(crystal, sample.dimension);
      if (reference.empty()) continue;
      ++tried;
      for (size_t a = crystal.atomic_numbers.size(); a > 1; --a) {
        const auto b = rng.below(a);
        std::swap(crystal.atomic_numbers[a - 1], crystal.atomic_numbers[b]);
        std::swap(crystal.frac_coords[a - 1], crystal.frac_coords[b]);
      }
      shuffled_same += tokens_of(crystal, sample.dimension) == reference ? 1 : 0;
      const clamp::Vec3 move(rng.uniform(), rng.uniform(), rng.uniform());
      for (auto& x : crystal.frac_coords) x += move;
      moved_same += tokens_of(crystal, sample.dimension) == reference ? 1 : 0;
      clamp::Mat3 change;
      change << 1, 1, 0, 0, 1, 0, 0, -1, 1;
      crystal.cell = change * crystal.cell;
      for (auto& x : crystal.frac_coords) x = change.transpose().inverse() * x;
      cell_same += tokens_of(crystal, sample.dimension) == reference ? 1 : 0;
    }
    std::cout << fmt::format(
        "same tokens of {}: atoms shuffled {}, and origin moved {}, and cell changed {}\n", tried,
        shuffled_same, moved_same, cell_same);
  }

 private:
  static constexpr int64_t kNever = 1000000000;  // no form occurs that often: all are spelled

  void load(const clamp::data::Dataset& dataset, int64_t max_atoms) {
    for (int64_t i = 0; i < dataset.size(); ++i) {
      if (dataset.n_atoms(i) > max_atoms) continue;
      const auto unit = dataset.asymmetric_unit(i);
      if (!unit) {
        ++without_;
        continue;
      }
      Sample sample{dataset.id(i), dataset.split(i), unit->chemistry, {}, 0, i};
      std::vector<int> numbers;
      for (const int slot : clamp::expand_atoms(unit->chemistry).slot)
        numbers.push_back(unit->chemistry.slots[static_cast<size_t>(slot)].atomic_number);
      sample.dimension = clamp::framework_dimension(numbers, clamp::expand_bonds(*unit));
      samples_.push_back(std::move(sample));
    }
  }

  // Empty, which counts as different, where a site is not in the dictionary.
  std::vector<int32_t> tokens_of(const clamp::Crystal& crystal, int dimension) const {
    std::string reason;
    const auto unit = clamp::data::compute_unit(crystal, kSymprec, reason);
    if (!unit) return {};
    const auto tokens =
        encode(clamp::diffusion::to_blocks(unit->unit.chemistry), dimension, everything_, &reason);
    return tokens ? *tokens : std::vector<int32_t>{};
  }

  std::vector<clamp::data::Dataset> datasets_;
  std::vector<Sample> samples_;
  int64_t without_ = 0;
  ComposerDictionary everything_, known_, spelling_;
};

}  // namespace

int main(int argc, char** argv) {
  try {
    std::vector<std::string> paths;
    int64_t max_atoms = 300, n_moved = 1000;
    for (int k = 1; k < argc; ++k) {
      if (std::string(argv[k]) == "--max-atoms" && k + 1 < argc) {
        max_atoms = std::stoll(argv[++k]);
      } else if (std::string(argv[k]) == "--moved" && k + 1 < argc) {
        n_moved = std::stoll(argv[++k]);
      } else {
        paths.emplace_back(argv[k]);
      }
    }
    if (paths.empty()) {
      std::cerr << "usage: composer-statistics [--max-atoms N] [--moved N] DATA.h5...\n";
      return 2;
    }
    Statistics statistics(paths, max_atoms);
    statistics.written_and_read();
    statistics.validation();
    if (paths.size() == 1) statistics.moved(n_moved);
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
