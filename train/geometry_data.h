// Training structures of the geometry model in memory, and the batch of an update.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/seed.h"
#include "data/dataset.h"
#include "diffusion/geometry_loss.h"
#include "encoders/clamp_model.h"
#include "train/geometry_config.h"

namespace clamp::train {

struct GeometryExample {
  std::string id;
  AsymmetricUnit unit;
  diffusion::GeometryInput input;          ///< with known copies
  diffusion::GeometryInput input_unknown;  ///< without
};

struct GeometrySet {
  std::vector<GeometryExample> examples;
  torch::Tensor
      embeddings;        ///< [n, 1 + captions, dim] crystal first, then captions; undefined without encoders
  int64_t left_out = 0;  ///< structures of the split without an asymmetric unit
  int64_t size() const { return static_cast<int64_t>(examples.size()); }
  /// Hash of ids and sizes: tells data sets apart when a run is resumed.
  std::string fingerprint() const;
};

/// All structures of a split with at most `max_atoms`; captions are drawn from `seed`.
GeometrySet load_geometry_set(const data::Dataset& dataset, const std::string& split,
                              const GeometryTraining& config, const encoders::ClampModel* encoders,
                              uint64_t seed);

/// The same of several datasets, one after the other.
GeometrySet load_geometry_sets(const std::vector<std::string>& paths, const std::string& split,
                               const GeometryTraining& config, const encoders::ClampModel* encoders,
                               uint64_t seed);

/// v0, means and deviations of the lattice over a set.
diffusion::LatticeScale measure_lattice_scale(const GeometrySet& set);

/// What a batch holds at most.
struct BatchLimits {
  int64_t structures = 1;
  int64_t atoms = 0;  ///< of all structures, padded to the largest; 0: any number
};

/// Indices of the structures of update `step`: shuffled every epoch, similar sizes together, as many as the
/// limits allow. A function of (set, limits, seed, step).
class BatchOrder {
 public:
  /// Throws clamp::UsageError where a structure alone has too many atoms.
  BatchOrder(const GeometrySet& set, const BatchLimits& limits, uint64_t seed);
  std::vector<int64_t> batch(int64_t step);
  /// Structures that every batch has at least.
  int64_t smallest_batch() const;
  /// Mean number of structures of the batches in the epoch of the last batch().
  double mean_batch() const;

 private:
  void shuffle(int64_t epoch);

  std::vector<int64_t> cost_, atoms_;
  BatchLimits limits_;
  uint64_t seed_;
  int64_t epoch_ = -1;
  int64_t first_step_ = 0;  // of the epoch
  std::vector<std::vector<int64_t>> batches_;
};

/// What chance decides about a structure of a batch.
struct ExampleDraw {
  int64_t index = 0;
  bool known_copies = true;
  int64_t embedding = 0;  ///< row: 0 is the crystal's, then the captions; -1: none
};

/// `rng` draws which embedding and whether copies are known; without it the crystal embedding and known
/// copies are taken.
std::vector<ExampleDraw> draw_examples(const GeometrySet& set, const std::vector<int64_t>& indices,
                                       const GeometryTraining& config, Rng* rng);

/// Clean tensors of some structures.
diffusion::CleanBatch clean_batch(const GeometrySet& set, const std::vector<ExampleDraw>& draws,
                                  const diffusion::GeometryModel& model);

/// Slots that a batch is padded to.
int64_t most_slots(const GeometrySet& set, const std::vector<int64_t>& indices);

}  // namespace clamp::train
