// Learns the packing potential: real structures against polished random ones of the same chemistry.
//
// Among a real structure and the decoys of its chemistry, the one with energies E_k is taken for real with
// probability exp(-E_k) / sum exp(-E). The fit maximises the mean logarithm over the chemistries (noise-
// contrastive, Gutmann & Hyvärinen, AISTATS 2010), less a penalty on the size and on the roughness of the
// curves: a convex problem.
#pragma once

#include <array>
#include <map>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "relax/packing_potential.h"

namespace clamp::relax {

/// Contacts an atom at each knot by "A B", linearly shared between the knots on either side.
using PackingCounts = std::map<std::string, PackingPotential::Curve>;

/// `unit` with the bonds' shifts as they lie.
PackingCounts packing_counts(const AsymmetricUnit& unit);
/// Nats.
double packing_energy(const PackingCounts& counts, const PackingPotential& potential);

struct PackingGroup {
  PackingCounts real;
  std::vector<PackingCounts> decoys;
};

struct PackingFitConfig {
  int64_t least_structures = 30;  ///< knots that fewer structures have contacts at stay zero
  double size_penalty = 0.003;
  double roughness_penalty = 0.01;  ///< on second differences
  int64_t max_steps = 300;
};

struct PackingFit {
  PackingPotential potential;
  double loss = 0;        ///< mean of -ln probability of the real structure, without the penalties
  double real_first = 0;  ///< share of the groups whose real structure has the lowest energy
};

/// Groups without decoys teach nothing and are left out.
PackingFit fit_packing(const std::vector<PackingGroup>& groups, const PackingFitConfig& config);

/// Loss and share of a potential on other groups; NaN where none has decoys.
PackingFit judge_packing(const PackingPotential& potential, const std::vector<PackingGroup>& groups);

}  // namespace clamp::relax
