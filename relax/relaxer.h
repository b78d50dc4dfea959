// Relaxation of positions and cell in a potential, with the symmetry of the structure kept exactly.
//
// The variables are those of relax/symmetric_state.h: site coordinates and the logarithmic strain that the
// point group allows (in P1 the exponential cell filter of ASE). L-BFGS or FIRE.
#pragma once

#include <functional>
#include <vector>

#include "relax/potential.h"
#include "relax/relaxation.h"

namespace clamp::relax {

enum class Optimizer { kLbfgs, kFire };

/// A state on the way.
struct RelaxFrame {
  int64_t step = 0;
  Crystal crystal;
  double energy = 0;      ///< eV
  double max_force = 0;   ///< eV/Å
  double max_stress = 0;  ///< GPa
};

struct RelaxerConfig {
  Optimizer optimizer = Optimizer::kLbfgs;
  int64_t max_steps = 1000;        ///< evaluations of the potential; 0: only the energy of the start
  double force_tolerance = 0.02;   ///< eV/Å, on every atom
  double stress_tolerance = 0.02;  ///< GPa, on every component
  bool relax_cell = true;
  std::string stage = "relax";  ///< name in the record
  /// Asked at every step; true ends the relaxation (a time limit, Ctrl-C).
  std::function<bool()> stop = {};
  /// Given every accepted state, the start included.
  std::function<void(const RelaxFrame&)> on_frame = {};
};

/// The bonds of `start` (their shifts are used as they are) stay what they are. What does not converge comes
/// back in its last state, with the reason in the record; where the potential cannot describe the structure
/// or its energy is no finite number, the start comes back.
RelaxResult relax_structure(const AsymmetricUnit& start, const PotentialFactory& potential,
                            const RelaxerConfig& config);

/// The same over `n_threads` threads; result i does not depend on the others. `on_frame` is called from all.
std::vector<RelaxResult> relax_all(const std::vector<AsymmetricUnit>& starts,
                                   const PotentialFactory& potential, const RelaxerConfig& config,
                                   int n_threads);

/// Root mean square displacement of the atoms of two crystals with the same atoms, in Å, in the mean of the
/// cells, without the mean translation; no wrapping. `largest` gets the largest displacement.
double displacement(const Crystal& from, const Crystal& to, double& largest);

}  // namespace clamp::relax
