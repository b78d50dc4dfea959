// Bond-keeping relaxation: knows the bonds, keeps the symmetry, moves positions and cell.
//
// Objective: bond lengths and 1-3 distances about typical values from training data (relax/geometry_table.h),
// weighted by their spread; planar centres; repulsion between atoms more than two bonds apart. Bonds go to
// their nearest images, re-assigned a few times while the repulsion grows from soft, so that atoms can pass
// through one another, to hard. Symmetric by construction: the variables are the site coordinates of the
// slots and the strain that the point group allows. L-BFGS.
//
// pack() goes on from there with the learned packing of the table, which no bond depends on.
//
// A result that stays strained is taken into a fourth dimension, where atoms pass by one another, and pressed
// flat again (the device of distance geometry: Crippen & Havel, 1988); the better of the results counts.
#pragma once

#include <functional>
#include <vector>

#include "relax/geometry_table.h"
#include "relax/relaxation.h"

namespace clamp::relax {

struct PolishConfig {
  int64_t max_steps = 2500;       ///< energy evaluations in all
  int64_t image_rounds = 4;       ///< times that bonds are re-assigned to their nearest images
  double force_tolerance = 0.05;  ///< objective per Å
  bool relax_cell = true;
  double target_volume = 0;       ///< Å^3 of the primitive cell, 0 for the volume of the start
  double volume_weight = 1;       ///< weight an atom of (ln V / target)^2, 0 to leave the volume free
  int64_t untangle_tries = 1;     ///< attempts to untangle a result that stays strained
  double strain_threshold = 0.5;  ///< objective an atom above which a result counts as strained
  double packing = 0.03;          ///< factor on the packing potential, in pack() alone
  uint64_t seed = 0;              ///< of the attempts
  /// Given every accepted state with its objective; states in the fourth dimension as their shadow in three.
  std::function<void(const AsymmetricUnit& unit, double objective)> on_frame = {};
};

/// `start.chemistry.bonds` give slot pairs and operations; their shifts are chosen here (nearest images), and
/// serve only to tell how many bonds a cell each class stands for. The result's bonds carry the shifts of the
/// last assignment; its cell is in the canonical orientation of its point group. A start with numbers that
/// are not finite or with a flat cell comes back as it is: not converged, of infinite energy.
RelaxResult polish(const AsymmetricUnit& start, const GeometryTable& table, const PolishConfig& config);

/// Moves a polished structure to where its contacts lie as the packing potential of the table has them
/// (relax/packing_potential.h): the last round again, with the potential. The record's stage is "packing". A
/// table without the potential leaves nothing to do but that round.
RelaxResult pack(const AsymmetricUnit& polished, const GeometryTable& table, const PolishConfig& config);

/// What pack() minimises, at `unit`; infinite where polish() would refuse it.
double packing_objective(const AsymmetricUnit& unit, const GeometryTable& table, const PolishConfig& config);

/// polish() over `n_threads` threads; result i does not depend on the others.
std::vector<RelaxResult> polish_all(const std::vector<AsymmetricUnit>& starts, const GeometryTable& table,
                                    const PolishConfig& config, int n_threads);

}  // namespace clamp::relax
