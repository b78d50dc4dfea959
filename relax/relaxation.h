// What every relaxation stage reports.
#pragma once

#include <cstdint>
#include <map>
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
  // Of relaxations in a potential (relax/relaxer.h):
  std::string reason;                     ///< why not converged, empty where it is
  double energy_before = 0;               ///< eV
  double max_stress = 0;                  ///< GPa, largest component; 0 for a fixed cell
  double rmsd = 0;                        ///< Å, root mean square displacement of the atoms
  std::map<std::string, int64_t> counts;  ///< what the potential approximated (Potential::counts)
};

struct RelaxResult {
  AsymmetricUnit unit;
  RelaxRecord record;
};

}  // namespace clamp::relax
