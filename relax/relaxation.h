// What every relaxation stage reports.
#pragma once

#include <cstdint>
#include <string>

#include "core/asymmetric_unit.h"

namespace clamp::relax {

struct RelaxRecord {
  std::string stage;      ///< "polish", "uff", ...
  std::string potential;  ///< name of the energy function
  bool converged = false;
  int64_t steps = 0;
  double energy = 0;         ///< eV (the polish: its own dimensionless objective)
  double max_force = 0;      ///< eV/Å (the polish: objective per Å)
  double max_move = 0;       ///< Å, largest displacement of an atom
  double volume_change = 0;  ///< (after - before) / before
};

struct RelaxResult {
  AsymmetricUnit unit;
  RelaxRecord record;
};

}  // namespace clamp::relax
