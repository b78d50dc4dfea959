// Bond-keeping relaxation: knows the bonds, keeps the symmetry, moves positions and cell.
//
// Objective: harmonic terms on bond lengths and 1-3 distances about typical values from training data
// (relax/geometry_table.h), weighted by their spread; van der Waals repulsion between atoms more than two bonds
// apart; bonds go to their nearest images, re-assigned a few times. Symmetric by construction: the variables are the
// site coordinates of the slots and the strain that the point group allows.
#pragma once

#include <vector>

#include "relax/geometry_table.h"
#include "relax/relaxation.h"

namespace clamp::relax {

struct PolishConfig {
  int64_t max_steps = 400;          ///< energy evaluations in all
  int64_t image_rounds = 4;         ///< times that bonds are re-assigned to their nearest images
  double repulsion_scale = 0.87;    ///< of the sum of van der Waals radii
  double hydrogen_bond = 1.75;      ///< Å, repulsion distance of H...O and H...N
  double force_tolerance = 0.05;    ///< objective per Å
  bool relax_cell = true;
};

/// `start.chemistry.bonds` give slot pairs and operations; their shifts are chosen here (nearest images). The result's
/// bonds carry the shifts of the last assignment.
RelaxResult polish(const AsymmetricUnit& start, const GeometryTable& table, const PolishConfig& config);

/// The same over `n_threads` threads; result i does not depend on the others.
std::vector<RelaxResult> polish_all(const std::vector<AsymmetricUnit>& starts, const GeometryTable& table,
                                    const PolishConfig& config, int n_threads);

}  // namespace clamp::relax
