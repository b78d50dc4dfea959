#include "train/geometry_data.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <iterator>
#include <numeric>

#include "core/error.h"
#include "data/caption.h"

namespace clamp::train {
namespace {

// Batches of similar size are cut from windows of this many batches, so that epochs still mix.
constexpr int64_t kWindow = 16;
constexpr size_t kEncodeAtOnce = 64;
constexpr int kCaptionDraws = 100;

template <class T>
void shuffle_in_place(std::vector<T>& values, Rng& rng) {
  for (size_t k = values.size(); k > 1; --k) std::swap(values[k - 1], values[rng.below(k)]);
}

/// A caption within the encoder's context; captions differ in length, so a few draws find one.
std::string fitting_caption(const data::Record& record, const encoders::ClampModel& encoders, Rng& rng) {
  for (int draw = 0; draw < kCaptionDraws; ++draw) {
    auto caption = data::make_caption(record, rng);
    if (encoders.accepts(caption)) return caption;
  }
  fail(fmt::format("{}: {} captions in a row were longer than the text encoder's context", record.id,
                   kCaptionDraws));
}

torch::Tensor embed(const std::vector<data::Record>& records, const GeometryTraining& config,
                    const encoders::ClampModel& encoders, uint64_t seed) {
  const auto n = static_cast<int64_t>(records.size());
  auto out = at::zeros({n, 1 + config.captions, encoders.dim()}, at::kFloat);
  for (size_t begin = 0; begin < records.size(); begin += kEncodeAtOnce) {
    const size_t end = std::min(begin + kEncodeAtOnce, records.size());
    std::vector<Crystal> crystals;
    std::vector<std::string> texts;
    for (size_t k = begin; k < end; ++k) {
      crystals.push_back(records[k].crystal);
      Rng rng(derive_seed(seed, k));
      for (int64_t c = 0; c < config.captions; ++c)
        texts.push_back(fitting_caption(records[k], encoders, rng));
    }
    auto rows = out.slice(0, static_cast<int64_t>(begin), static_cast<int64_t>(end));
    rows.select(1, 0).copy_(encoders.encode_crystals(crystals));
    if (config.captions > 0) {
      rows.slice(1, 1).copy_(
          encoders.encode_texts(texts).view({rows.size(0), config.captions, encoders.dim()}));
    }
  }
  return out;
}

}  // namespace

std::string GeometrySet::fingerprint() const {
  uint64_t hash = 0;
  for (const auto& example : examples) {
    for (const char c : example.id) hash = derive_seed(hash, static_cast<unsigned char>(c));
    hash = derive_seed(hash, static_cast<uint64_t>(example.input.n_slots));
  }
  const bool embedded = embeddings.defined();
  return fmt::format("{} structures, {:016x}, {}", examples.size(), hash,
                     embedded ? "embedded" : "not embedded");
}

GeometrySet load_geometry_set(const data::Dataset& dataset, const std::string& split,
                              const GeometryTraining& config, const encoders::ClampModel* encoders,
                              uint64_t seed) {
  GeometrySet set;
  std::vector<data::Record> records;
  for (const int64_t index : dataset.indices(split, config.max_atoms)) {
    auto unit = dataset.asymmetric_unit(index);
    if (!unit) {
      ++set.left_out;
      continue;
    }
    GeometryExample example;
    example.id = dataset.id(index);
    example.input = diffusion::make_geometry_input(unit->chemistry, true);
    example.input_unknown = diffusion::make_geometry_input(unit->chemistry, false);
    example.unit = std::move(*unit);
    set.examples.push_back(std::move(example));
    if (encoders != nullptr) records.push_back(dataset.read(index));
  }
  if (encoders != nullptr) set.embeddings = embed(records, config, *encoders, seed);
  return set;
}

GeometrySet load_geometry_sets(const std::vector<std::string>& paths, const std::string& split,
                               const GeometryTraining& config, const encoders::ClampModel* encoders,
                               uint64_t seed) {
  GeometrySet all;
  std::vector<torch::Tensor> embeddings;
  for (size_t k = 0; k < paths.size(); ++k) {
    auto set = load_geometry_set(data::Dataset::open(paths[k]), split, config, encoders,
                                 k == 0 ? seed : derive_seed(seed, k));
    std::move(set.examples.begin(), set.examples.end(), std::back_inserter(all.examples));
    if (set.embeddings.defined()) embeddings.push_back(set.embeddings);
    all.left_out += set.left_out;
  }
  if (!embeddings.empty()) all.embeddings = at::cat(embeddings);
  return all;
}

diffusion::LatticeScale measure_lattice_scale(const GeometrySet& set) {
  diffusion::LatticeScale scale;
  double volume = 0;
  double atoms = 0;
  for (const auto& example : set.examples) {
    volume += std::abs(example.unit.cell.determinant());
    atoms += static_cast<double>(example.input.n_atoms);
  }
  scale.volume_per_atom = volume / atoms;
  scale.trace_mean = 0;
  scale.trace_std = 1;
  scale.deviator_std = 1;
  double sum = 0, sum2 = 0, deviator2 = 0;
  for (const auto& example : set.examples) {
    const auto v = diffusion::lattice_from_cell(
        example.unit.cell, static_cast<int>(example.input.space_group), example.input.n_atoms, scale);
    const double trace = (v[0] + v[1] + v[2]) / std::sqrt(3.0);
    sum += trace;
    sum2 += trace * trace;
    deviator2 += v.squaredNorm() - trace * trace;
  }
  const auto n = static_cast<double>(set.size());
  scale.trace_mean = sum / n;
  scale.trace_std = std::sqrt(std::max(1e-6, sum2 / n - scale.trace_mean * scale.trace_mean));
  scale.deviator_std = std::sqrt(std::max(1e-6, deviator2 / n / 5));  // five deviatoric components
  return scale;
}

BatchOrder::BatchOrder(const GeometrySet& set, const BatchLimits& limits, uint64_t seed)
    : limits_(limits), seed_(seed) {
  if (set.size() == 0) fail("no training structure has an asymmetric unit and few enough atoms");
  for (const auto& example : set.examples) {
    cost_.push_back(example.input.n_slots * example.input.n_atoms);
    atoms_.push_back(example.input.n_atoms);
    if (limits.atoms > 0 && example.input.n_atoms > limits.atoms) {
      fail_usage(fmt::format("batch_atoms {} is too small for {}, which has {} atoms", limits.atoms,
                             example.id, example.input.n_atoms));
    }
  }
}

int64_t BatchOrder::smallest_batch() const {
  const auto all = static_cast<int64_t>(cost_.size());
  const int64_t most = std::min(limits_.structures, all);
  if (limits_.atoms == 0) return most;
  return std::min(most, limits_.atoms / *std::max_element(atoms_.begin(), atoms_.end()));
}

double BatchOrder::mean_batch() const {
  size_t structures = 0;
  for (const auto& batch : batches_) structures += batch.size();
  return static_cast<double>(structures) / static_cast<double>(batches_.size());
}

void BatchOrder::shuffle(int64_t epoch) {
  epoch_ = epoch;
  Rng rng(derive_seed(seed_, static_cast<uint64_t>(epoch)));
  std::vector<int64_t> order(cost_.size());
  std::iota(order.begin(), order.end(), 0);
  shuffle_in_place(order, rng);
  // Up and down in turns, so that neighbouring windows meet at like sizes.
  bool falling = rng.below(2) == 1;
  const auto window = static_cast<size_t>(kWindow * limits_.structures);
  for (size_t begin = 0; begin < order.size(); begin += window) {
    const auto end = order.begin() + static_cast<long>(std::min(begin + window, order.size()));
    std::sort(order.begin() + static_cast<long>(begin), end,
              [&](int64_t a, int64_t b) { return falling ? cost_[a] > cost_[b] : cost_[a] < cost_[b]; });
    falling = !falling;
  }
  batches_.clear();
  std::vector<int64_t> open;
  int64_t largest = 0;
  for (const int64_t index : order) {
    const auto count = static_cast<int64_t>(open.size());
    const int64_t padded = std::max(largest, atoms_[index]);
    if (count == limits_.structures || (limits_.atoms > 0 && (count + 1) * padded > limits_.atoms)) {
      batches_.push_back(std::move(open));
      open.clear();
      largest = 0;
    }
    open.push_back(index);
    largest = std::max(largest, atoms_[index]);
  }
  // What is left over at the end waits for another epoch where it is less than the others.
  if (static_cast<int64_t>(open.size()) >= smallest_batch()) batches_.push_back(std::move(open));
  shuffle_in_place(batches_, rng);
}

std::vector<int64_t> BatchOrder::batch(int64_t step) {
  if (epoch_ < 0 || step < first_step_) {
    first_step_ = 0;
    shuffle(0);
  }
  while (step - first_step_ >= static_cast<int64_t>(batches_.size())) {
    first_step_ += static_cast<int64_t>(batches_.size());
    shuffle(epoch_ + 1);
  }
  return batches_[static_cast<size_t>(step - first_step_)];
}

std::vector<ExampleDraw> draw_examples(const GeometrySet& set, const std::vector<int64_t>& indices,
                                       const GeometryTraining& config, Rng* rng) {
  std::vector<ExampleDraw> draws;
  for (const int64_t index : indices) {
    ExampleDraw draw;
    draw.index = index;
    draw.known_copies = rng == nullptr || rng->uniform() >= config.unknown_copies;
    const bool dropped = rng != nullptr && rng->uniform() < config.embedding_dropout;
    if (!set.embeddings.defined() || dropped) {
      draw.embedding = -1;
    } else if (rng != nullptr) {
      draw.embedding = static_cast<int64_t>(rng->below(1 + config.captions));
    }
    draws.push_back(draw);
  }
  return draws;
}

diffusion::CleanBatch clean_batch(const GeometrySet& set, const std::vector<ExampleDraw>& draws,
                                  const diffusion::GeometryModel& model) {
  std::vector<const diffusion::GeometryInput*> inputs, known;
  std::vector<const std::vector<Vec3>*> coords;
  std::vector<Mat3> cells;
  const auto b = static_cast<int64_t>(draws.size());
  diffusion::CleanBatch batch;
  batch.embedding = at::zeros({b, model.config().denoiser.embedding_dim}, at::kFloat);
  batch.has_embedding = at::zeros({b}, at::kFloat);
  for (int64_t k = 0; k < b; ++k) {
    const ExampleDraw& draw = draws[static_cast<size_t>(k)];
    const GeometryExample& example = set.examples[static_cast<size_t>(draw.index)];
    inputs.push_back(draw.known_copies ? &example.input : &example.input_unknown);
    known.push_back(&example.input);
    coords.push_back(&example.unit.frac_coords);
    cells.push_back(example.unit.cell);
    if (draw.embedding < 0) continue;
    batch.embedding[k].copy_(set.embeddings[draw.index][draw.embedding]);
    batch.has_embedding[k] = 1;
  }
  batch.chemistry = diffusion::collate(inputs);
  batch.relation = diffusion::collate_relations(known);
  batch.coords = diffusion::collate_coordinates(coords);
  batch.lattice = model.lattices(cells, inputs);
  return batch;
}

int64_t most_slots(const GeometrySet& set, const std::vector<int64_t>& indices) {
  int64_t most = 0;
  for (const int64_t index : indices) {
    most = std::max(most, set.examples[static_cast<size_t>(index)].input.n_slots);
  }
  return most;
}

}  // namespace clamp::train
