// generate(): prompt in, checked structures out. Compose a chemistry, draw geometries for it, polish them,
// check them, keep the best, describe its symmetry.
//
// Sample k of a prompt is a function of (seed, prompt, k) alone: the same whatever the batch size or the
// shard.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/symmetry.h"
#include "evaluate/checks.h"
#include "relax/polish.h"
#include "sampler/composer.h"
#include "sampler/geometry.h"

namespace clamp::sampler {

struct GenerateConfig {
  std::vector<std::string> prompts;
  std::string negative_prompt;
  int64_t n = 8;  ///< samples a prompt
  Constraints constraints;
  GeometryOptions geometry;
  int64_t best_of = 4;      ///< geometries a sample, the best by better() is kept
  int64_t chemistries = 1;  ///< chemistries a sample, over which its geometries are spread
  int64_t coarse_starts =
      kCoarseStarts;        ///< polished random starts for each, 0: the model starts from pure noise
  bool from_start = false;  ///< every geometry begins from its chemistry's start, which is no result
  bool polish = true;
  bool compose_only = false;
  bool trajectory = false;  ///< record how each result came about, by making it once more
  double symprec = 0.01;    ///< Å
  int64_t batch_size = 32;  ///< geometries at once
  int64_t shard = 0;        ///< this process makes the samples with index % n_shards == shard
  int64_t n_shards = 1;
  uint64_t seed = 0;
  int n_threads = 1;
};

/// Throws clamp::UsageError naming the option whose value cannot be.
void validate(const GenerateConfig& config);

/// The parts that generate() puts together. Embeddings are L2-normalised [n, dim] float32 on the CPU.
struct Pipeline {
  const Composer* composer = nullptr;
  GeometrySampler* geometry = nullptr;          ///< may be null with compose_only
  const relax::GeometryTable* table = nullptr;  ///< may be null without polish
  std::function<torch::Tensor(const std::vector<std::string>&)> encode_texts;
  /// States of one text's tokens, [tokens, width]; empty: the composer needs none.
  std::function<torch::Tensor(const std::string&)> encode_states;
  /// The parts that a text names, to be demanded; empty: names steer only.
  std::function<NamedParts(const std::string&)> named_parts;
  std::function<torch::Tensor(const std::vector<Crystal>&)> encode_crystals;
};

/// The same structure in its reduced, right-handed cell: cells of polished structures may be skewed.
Crystal in_reduced_cell(const Crystal& crystal);

/// A structure with what the checks say of it.
struct Candidate {
  Crystal crystal;  ///< primitive cell, all atoms
  AsymmetricUnit unit;
  evaluate::MofChecks checks;
  evaluate::Soundness soundness;
  std::vector<relax::RelaxRecord> relax;
  double objective = 0;       ///< of the polish and the packing, an atom; 0 without polish
  double volume_ratio = 1;    ///< over the volume expected of the atoms, at which the polish begins
  double surprise = 0;        ///< of the geometry model (GeometrySampler::surprise); 0 where it was not asked
  bool from_search = false;   ///< the polished start itself, no result of the geometry model
  AsymmetricUnit unpolished;  ///< what the polish was given; without polish the same as unit
};

/// A state on the way to a result.
struct TrajectoryFrame {
  std::string stage;             ///< "diffusion", "polish", "packing", "uff" or "potential"
  int64_t step = 0;              ///< in the stage
  Crystal crystal;               ///< the cell that the result was made in
  std::optional<double> energy;  ///< eV, of relaxations in a potential
};

struct SampleResult {
  int64_t index = 0;  ///< over all prompts: prompt number x n + k
  uint64_t seed = 0;  ///< of the run
  std::string prompt;
  std::string reason;  ///< empty: a structure (or with compose_only a chemistry) was made; else why not
  ComposedChemistry composed;
  std::optional<Candidate> raw;   ///< as the geometry model left it
  std::optional<Candidate> best;  ///< the better of it, polished, and of its start
  int64_t geometries_tried = 0;
  std::optional<ConventionalCell> symmetric;  ///< more than P1, and no atom moved by more than symprec
  std::optional<double> clamp_score;          ///< cosine of the prompt and the structure
  std::vector<TrajectoryFrame> trajectory;    ///< with GenerateConfig::trajectory
  bool ok() const { return reason.empty(); }
};

/// Results go to `on_result` in ascending index. `stop` is asked before each batch: true ends the run early.
/// Throws clamp::UsageError for wrong settings, clamp::Error where no chemistry meets the demands.
void generate(const Pipeline& pipeline, const GenerateConfig& config,
              const std::function<void(const SampleResult&)>& on_result, const std::function<bool()>& stop);

/// One geometry made, polished and checked. Shared with the evaluation on given chemistries.
struct GeometryOutcome {
  Candidate raw;       ///< as the geometry model gave it (make_geometries); empty where none made it
  Candidate polished;  ///< equal to raw without polish
  std::optional<Candidate> start;  ///< what the model started from, polished (make_geometries)
  GeometryRequest request;         ///< that the model answered, with its start (make_geometries)
  std::string reason;              ///< not empty: no usable structure
};
/// Polishes, checks, and packs what passes the checks, on `n_threads` threads; the better of polished and
/// packed stays. Without a table only checks.
std::vector<GeometryOutcome> finish_geometries(const std::vector<AsymmetricUnit>& units,
                                               const std::vector<const ComposedChemistry*>& composed,
                                               const relax::GeometryTable* table, int n_threads);

/// The checks of a structure against what was intended.
Candidate judge(const AsymmetricUnit& unit, const ComposedChemistry& composed);

/// Brings a candidate into the reduced cell, in which it is written, and judges it there: some of
/// MOFChecker's rules take the atoms as they lie in the cell, so that another cell can have another verdict.
void judge_as_written(Candidate& candidate, const ComposedChemistry& composed);

/// Better candidates come first: not collapsed (kLeastVolume), valid, intended dimension, contacts, fewer
/// failed checks, then of one chemistry the objective of polish and packing an atom, of several the geometry
/// model's surprise. Volumes of known structures play no part.
bool better(const Candidate& a, const Candidate& b, bool same_chemistry = true);

/// Least volume of a polished structure over that expected of its atoms, at which the polish begins: no real
/// structure of the tests is denser. Denser results are heaps of atoms that pass the checks of their bonds.
constexpr double kLeastVolume = 0.7;

/// The best usable one of outcomes [begin, end) by what the model made, or null.
const GeometryOutcome* best_outcome(const std::vector<GeometryOutcome>& outcomes, size_t begin, size_t end);

/// The same, starts included.
const Candidate* best_candidate(const std::vector<GeometryOutcome>& outcomes, size_t begin, size_t end);

}  // namespace clamp::sampler
