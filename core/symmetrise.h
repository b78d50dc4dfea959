// A structure in the symmetry that it has within a tolerance, refused where that would change it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/crystal.h"
#include "core/symmetry.h"

namespace clamp {

/// What spglib finds at one tolerance.
struct SymmetryAtTolerance {
  double symprec = 0;  ///< Å
  int number = 1;
  std::string symbol = "P1";
  double max_move = 0;  ///< Å, that symmetrisation at this tolerance would cause
};
/// One entry a tolerance, in the order given; P1 where spglib finds nothing that can be made exact.
std::vector<SymmetryAtTolerance> symmetry_at(const Crystal& crystal, const std::vector<double>& tolerances);

/// The symmetrised conventional cell, or why there is none.
struct Symmetrised {
  std::optional<ConventionalCell> cell;
  std::string refusal;  ///< not empty: "P1 only", or what symmetrising would do
};
/// Why `after` cannot stand for `before`, empty where it can: an atom moved by more than `symprec` Å
/// (`max_move`), two atoms came nearer than they were by more than twice that, or atoms merged or appeared
/// (another number density).
std::string symmetrise_refusal(const Crystal& before, const Crystal& after, double max_move, double symprec);

/// The symmetry that spglib finds at `symprec` Å, unless symmetrise_refusal() objects.
Symmetrised symmetrise(const Crystal& crystal, double symprec);

}  // namespace clamp
