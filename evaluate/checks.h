// Validity of a MOF: the flags of MOFChecker 0.9.6 and the physics beside them that it does not see.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "core/bond_graph.h"
#include "core/crystal.h"

namespace clamp::evaluate {

struct MofChecks {
  /// Named as in MOFChecker ("has_carbon", "has_atomic_overlaps", "has_lone_molecule" ...).
  std::map<std::string, bool> flags;
  bool valid = false;                 ///< every flag as it should be
  std::vector<std::string> failures;  ///< names of the flags that are not
  int framework_dimension = 0;
  double worst_contact =
      0;  ///< shortest non-bonded contact (more than two bonds apart) / sum of van der Waals radii
  double density = 0;          ///< g/cm^3
  double volume_per_atom = 0;  ///< Å^3
};

/// Under 50 ms for 150 atoms; never throws for a structure with at least one atom and a cell of positive
/// volume.
MofChecks check_mof(const Crystal& crystal);

/// Shortest contact between atoms more than two bonds apart over the sum of their van der Waals radii;
/// `bonds` as intended or perceived. Infinity where there is none within 6 Å.
double worst_contact(const Crystal& crystal, const std::vector<Bond>& bonds);

/// Least worst_contact() of a sound structure.
constexpr double kLeastContact = 0.65;

/// design.md section 8: valid, of the intended dimension, no contact under 0.65, volume within 25 % of the
/// reference.
struct Soundness {
  bool dimension_as_intended = false;
  bool contacts = false;
  bool volume = false;
  bool sound = false;
};
Soundness soundness(const MofChecks& checks, int intended_dimension, double volume, double reference_volume);

}  // namespace clamp::evaluate
