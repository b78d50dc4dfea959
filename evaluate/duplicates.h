// Which crystals are the same structure: a fast filter and a confirmation.
//
// Filter: composition of the primitive cell, then average minimum distances (AMD), an isometry invariant that
// changes little when atoms move little (D. Widdowson, M. M. Mosca, A. Pulido, A. I. Cooper, V. Kurlin,
// arXiv:2009.02488; pointwise distributions: D. Widdowson, V. Kurlin, arXiv:2108.04798). Confirmation: the
// structure match of evaluate/structure_match.h. AMD are taken over (V / N)^(1/3), because the match scales
// volumes; that is our difference.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/crystal.h"
#include "evaluate/structure_match.h"

namespace clamp::evaluate {

/// Of each atom the distances to its 1st, 2nd ... k-th neighbour, elements ignored; Å. [n_atoms, k]
std::vector<std::vector<double>> neighbor_distances(const Crystal& crystal, int k);

/// Mean over the atoms of the distance to their 1st, 2nd ... k-th neighbour, elements ignored; Å. [k]
std::vector<double> average_minimum_distances(const Crystal& crystal, int k);

/// What a comparison needs of a crystal.
struct Fingerprint {
  Crystal primitive;
  std::string formula;            ///< of the primitive cell
  std::vector<double> distances;  ///< AMD over (V / N)^(1/3), [kFingerprintNeighbors]
};
constexpr int kFingerprintNeighbors = 40;
Fingerprint fingerprint(const Crystal& crystal);

/// Largest difference of two fingerprints' distances. Pairs above kFilterDistance are not compared further;
/// the largest among QMOF's own duplicates stands in docs/benchmarks.md.
double fingerprint_distance(const Fingerprint& a, const Fingerprint& b);
constexpr double kFilterDistance = 0.25;

/// Crystals to be compared with.
class DuplicateIndex {
 public:
  explicit DuplicateIndex(const MatchTolerances& tolerances = {}) : tolerances_(tolerances) {}

  /// Numbered from 0 in the order of the calls.
  int64_t add(Fingerprint crystal);
  int64_t size() const { return static_cast<int64_t>(crystals_.size()); }
  const Fingerprint& at(int64_t index) const { return crystals_[static_cast<size_t>(index)]; }

  struct Match {
    int64_t index = 0;
    double rms = 0;  ///< as match_rms()
  };
  /// The first crystal of the index, of those before `before`, that is the same structure.
  std::optional<Match> find(const Fingerprint& crystal, int64_t before) const;
  std::optional<Match> find(const Fingerprint& crystal) const { return find(crystal, size()); }

 private:
  MatchTolerances tolerances_;
  std::vector<Fingerprint> crystals_;
  std::map<std::string, std::vector<int64_t>> by_formula_;
};

}  // namespace clamp::evaluate
