// noise-losses DATA.h5 CHECKPOINT OUT [SPLIT [MAX_ATOMS [N]]]: losses of the geometry model against the
// noise.
//
// Writes OUT.json and OUT.svg: the mean square error of coordinates and lattice in equal bins of the clock,
// beside that of a network that always says zero, on the same structures and noise. Known copies, no
// embedding. OUT.json also has the share of structures in which every bond has its right image: the nearest
// one in the noisy state, in the structure that the network predicts, and by the image head where there is
// one. And the share of those with bonds across symmetry in which these go to the right copies though the
// network is not told them: the nearest copies in the noisy state and in the structure predicted, and by the
// copy head.
#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <limits>
#include <map>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "diffusion/bond_losses.h"
#include "diffusion/geometry_loss.h"
#include "diffusion/pair_features.h"
#include "evaluate/svg_lines.h"
#include "nn/random.h"
#include "nn/threads.h"

namespace clamp {
namespace {

constexpr size_t kBins = 20;
constexpr size_t kBatch = 24;
constexpr uint64_t kSeed = 20231;

struct Losses {
  std::vector<double> coords = std::vector<double>(kBins), lattice = std::vector<double>(kBins);
  /// Numbers of structures of which all bonds are right.
  struct Found {
    std::vector<double> nearest = std::vector<double>(kBins), predicted = nearest, head = nearest;
    double structures = 0;  ///< that have such bonds
  };
  Found images, copies;
};

struct Loaded {
  std::vector<AsymmetricUnit> units;
  std::vector<diffusion::GeometryInput> inputs, inputs_unknown;  // with known copies and without
};

Loaded load(const data::Dataset& dataset, const std::string& split, int64_t max_atoms, size_t count) {
  Loaded loaded;
  for (const int64_t index : dataset.indices(split, max_atoms)) {
    if (loaded.units.size() == count) break;
    auto unit = dataset.asymmetric_unit(index);
    if (!unit) continue;
    loaded.inputs.push_back(diffusion::make_geometry_input(unit->chemistry));
    loaded.inputs_unknown.push_back(diffusion::make_geometry_input(unit->chemistry, false));
    loaded.units.push_back(std::move(*unit));
  }
  if (loaded.units.empty()) {
    fail(fmt::format("no structure of split '{}' with at most {} atoms has an asymmetric unit", split,
                     max_atoms));
  }
  return loaded;
}

/// With known copies or without.
diffusion::CleanBatch clean_batch(const Loaded& loaded, size_t begin, size_t end, bool known_copies,
                                  const diffusion::GeometryModel& model) {
  std::vector<const diffusion::GeometryInput*> inputs, known;
  std::vector<const std::vector<Vec3>*> coords;
  std::vector<Mat3> cells;
  for (size_t k = begin; k < end; ++k) {
    inputs.push_back(known_copies ? &loaded.inputs[k] : &loaded.inputs_unknown[k]);
    known.push_back(&loaded.inputs[k]);
    coords.push_back(&loaded.units[k].frac_coords);
    cells.push_back(loaded.units[k].cell);
  }
  const auto b = static_cast<int64_t>(end - begin);
  diffusion::CleanBatch batch;
  batch.chemistry = diffusion::collate(inputs);
  batch.relation = diffusion::collate_relations(known);
  batch.coords = diffusion::collate_coordinates(coords);
  batch.lattice = model.lattices(cells, inputs);
  batch.embedding = at::zeros({b, model.config().denoiser.embedding_dim}, at::kFloat);
  batch.has_embedding = at::zeros({b}, at::kFloat);
  return batch;
}

/// Number of structures in which `right` [B, S, N] holds for every bond.
double all_right(const torch::Tensor& right, const diffusion::CleanBonds& bonds) {
  return (right | (bonds.bonded == 0)).flatten(1).all(1).sum().item<double>();
}

/// Adds to bin `bin` how many structures have the right images.
void add_images(diffusion::GeometryModel& model, const diffusion::CleanBatch& batch,
                const diffusion::GeometryNoise& noise, size_t bin, Losses::Found& found) {
  const auto& chemistry = batch.chemistry;
  const auto bonds = diffusion::clean_bonds(chemistry, batch.coords, model.cells(batch.lattice, chemistry));
  const auto state = diffusion::add_noise(model.config(), batch, noise);
  const auto said = diffusion::predict(model, batch, state, noise.t);
  const auto nearest_in = [&](const torch::Tensor& coords, const torch::Tensor& lattice) {
    const auto shift = diffusion::clean_bonds(chemistry, coords, model.cells(lattice, chemistry)).shift;
    return all_right((shift == bonds.shift).all(-1), bonds);
  };
  if (bin == 0) found.structures += static_cast<double>(chemistry.size());
  found.nearest[bin] += nearest_in(state.coords, state.lattice);
  found.predicted[bin] += nearest_in(said.coords, said.lattice);
  if (!said.images.defined()) return;
  const auto classes = diffusion::image_classes(chemistry, bonds, state.coords);
  found.head[bin] += all_right((said.images.argmax(-1) == classes) & (classes >= 0), bonds);
}

/// Whether each structure's bonds across symmetry are those to the copies of lowest `score` [B, S, N]: of
/// each slot that the representative of another is bonded to, as many copies as are bonded to it.
std::vector<bool> lowest_are_bonded(const diffusion::CleanBatch& batch, const torch::Tensor& score) {
  const auto& chemistry = batch.chemistry;
  const auto open = diffusion::open_copies(chemistry, batch.relation).to(at::kBool);
  const auto bonded = batch.relation == static_cast<int64_t>(diffusion::Relation::kSymmetryBond);
  const auto scores = score.to(at::kFloat).contiguous();
  const auto is_open = open.accessor<bool, 3>(), is_bonded = bonded.accessor<bool, 3>();
  const auto slot_of = chemistry.atom_slot.accessor<int64_t, 2>();
  const auto value = scores.accessor<float, 3>();
  std::vector<bool> right;
  for (int64_t b = 0; b < open.size(0); ++b) {
    bool all = true;
    for (int64_t s = 0; s < open.size(1); ++s) {
      std::map<int64_t, std::pair<float, float>> worst_and_next;  // bonded and not, by the other slot
      for (int64_t a = 0; a < open.size(2); ++a) {
        if (!is_open[b][s][a]) continue;
        constexpr float kNone = std::numeric_limits<float>::infinity();
        auto& [worst, next] = worst_and_next.try_emplace(slot_of[b][a], -kNone, kNone).first->second;
        if (is_bonded[b][s][a]) worst = std::max(worst, value[b][s][a]);
        if (!is_bonded[b][s][a]) next = std::min(next, value[b][s][a]);
      }
      for (const auto& [slot, pair] : worst_and_next) all = all && pair.first < pair.second;
    }
    right.push_back(all);
  }
  return right;
}

/// Adds to bin `bin` how many structures have the right copies; `batch` does not tell the network.
void add_copies(diffusion::GeometryModel& model, const diffusion::CleanBatch& batch,
                const diffusion::GeometryNoise& noise, size_t bin, Losses::Found& found) {
  const auto& chemistry = batch.chemistry;
  const auto open = diffusion::open_copies(chemistry, batch.relation).flatten(1).any(1);
  const auto state = diffusion::add_noise(model.config(), batch, noise);
  const auto said = diffusion::predict(model, batch, state, noise.t);
  const auto count = [&](const torch::Tensor& score) {
    const auto right = lowest_are_bonded(batch, score);
    double n = 0;
    for (size_t b = 0; b < right.size(); ++b)
      n += right[b] && open[static_cast<int64_t>(b)].item<bool>() ? 1 : 0;
    return n;
  };
  const auto distances = [&](const torch::Tensor& coords, const torch::Tensor& lattice) {
    return diffusion::pair_geometry(chemistry, coords, model.cells(lattice, chemistry)).vector.norm(2, -1);
  };
  if (bin == 0) found.structures += open.sum().item<double>();
  found.nearest[bin] += count(distances(state.coords, state.lattice));
  found.predicted[bin] += count(distances(said.coords, said.lattice));
  if (said.copies.defined()) found.head[bin] += count(-said.copies);
}

Losses measure(diffusion::GeometryModel& model, const Loaded& loaded, bool bonds) {
  const torch::NoGradGuard no_grad;
  const at::TensorOptions options(at::kFloat);
  const size_t n = loaded.units.size();
  Losses losses;
  for (size_t begin = 0; begin < n; begin += kBatch) {
    const size_t end = std::min(n, begin + kBatch);
    const auto batch = clean_batch(loaded, begin, end, true, model);
    for (size_t bin = 0; bin < kBins; ++bin) {
      auto generator = nn::make_generator(derive_seed(derive_seed(kSeed, begin), bin));
      diffusion::GeometryNoise noise;
      const auto within = at::rand({batch.coords.size(0)}, generator, options);
      noise.t = (within + static_cast<double>(bin)) / static_cast<double>(kBins);
      noise.coords = at::randn(batch.coords.sizes(), generator, options);
      noise.lattice = at::randn(batch.lattice.sizes(), generator, options);
      const auto loss = diffusion::geometry_loss(model, batch, noise);
      losses.coords[bin] += loss.coords.sum().item<double>() / static_cast<double>(n);
      losses.lattice[bin] += loss.lattice.sum().item<double>() / static_cast<double>(n);
      if (!bonds) continue;
      add_images(model, batch, noise, bin, losses.images);
      add_copies(model, clean_batch(loaded, begin, end, false, model), noise, bin, losses.copies);
    }
  }
  return losses;
}

/// Of a network of the same shape that always says zero.
Losses measure_zero(const diffusion::GeometryModelConfig& config, const Loaded& loaded) {
  const torch::NoGradGuard no_grad;
  diffusion::GeometryModel silent(config);
  for (auto& p : silent.denoiser()->parameters()) p.zero_();
  return measure(silent, loaded, false);
}

nlohmann::json to_json(const Losses::Found& found) {
  const auto shares = [&](std::vector<double> numbers) {
    for (double& number : numbers) number /= found.structures;
    return numbers;
  };
  return {{"n_structures", found.structures},
          {"nearest", shares(found.nearest)},
          {"predicted", shares(found.predicted)},
          {"head", shares(found.head)}};
}

std::vector<double> clock_of_bins() {
  std::vector<double> clock;
  for (size_t bin = 0; bin < kBins; ++bin) {
    clock.push_back((static_cast<double>(bin) + 0.5) / static_cast<double>(kBins));
  }
  return clock;
}

/// Noise at a clock in Å, for the mean number of atoms.
double noise_in_angstrom(double clock, const diffusion::GeometryModelConfig& config, const Loaded& loaded) {
  double atoms = 0;
  for (const auto& input : loaded.inputs) atoms += static_cast<double>(input.n_atoms);
  atoms /= static_cast<double>(loaded.inputs.size());
  const auto t = at::full({1}, clock, at::kDouble);
  const auto n = at::full({1}, atoms, at::kDouble);
  const double volume = config.scale.volume_per_atom;
  return diffusion::coordinate_sigma(t, n, volume, config.noise).item<double>() * std::cbrt(atoms * volume);
}

int run(int argc, char** argv) {
  if (argc < 4) {
    std::cerr << "usage: noise-losses DATA.h5 CHECKPOINT OUT [SPLIT [MAX_ATOMS [N]]]\n";
    return 2;
  }
  const std::string out = argv[3], split = argc > 4 ? argv[4] : "val";
  const int64_t max_atoms = argc > 5 ? std::atoll(argv[5]) : 64;
  const auto count = static_cast<size_t>(argc > 6 ? std::atoll(argv[6]) : 100000);
  nn::use_threads(1);
  const auto dataset = data::Dataset::open(argv[1]);
  auto model = diffusion::GeometryModel::load(std::string(argv[2]) + "/geometry.safetensors", torch::kCPU);
  const auto loaded = load(dataset, split, max_atoms, count);
  const auto found = measure(model, loaded, true), zero = measure_zero(model.config(), loaded);
  const auto clock = clock_of_bins();
  std::vector<double> noise;
  for (const double t : clock) noise.push_back(noise_in_angstrom(t, model.config(), loaded));
  const nlohmann::json json = {{"schema_version", 1},
                               {"data", argv[1]},
                               {"checkpoint", argv[2]},
                               {"split", split},
                               {"max_atoms", max_atoms},
                               {"n_structures", loaded.units.size()},
                               {"clock", clock},
                               {"noise_A", noise},
                               {"coords", found.coords},
                               {"lattice", found.lattice},
                               {"coords_of_zero", zero.coords},
                               {"lattice_of_zero", zero.lattice},
                               {"images", to_json(found.images)},
                               {"copies", to_json(found.copies)}};
  write_file_atomically(out + ".json", json.dump(2) + "\n");
  const auto at_clock = [&](double t) { return noise_in_angstrom(t, model.config(), loaded); };
  const evaluate::LinePlot plot = {
      fmt::format("Loss against noise, {} structures", loaded.units.size()),
      fmt::format("clock (noise: {:.2f} Å at 0.25, {:.2f} Å at 0.5, {:.1f} Å at 0.75)", at_clock(0.25),
                  at_clock(0.5), at_clock(0.75)),
      "mean square error",
      clock,
      {{"coordinates", found.coords, 0, false},
       {"coordinates, zero said", zero.coords, 0, true},
       {"lattice", found.lattice, 1, false},
       {"lattice, zero said", zero.lattice, 1, true}}};
  write_file_atomically(out + ".svg", evaluate::svg_lines(plot));
  std::cout << out << ".json\n" << out << ".svg\n";
  return 0;
}

}  // namespace
}  // namespace clamp

int main(int argc, char** argv) {
  try {
    return clamp::run(argc, argv);
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
}
