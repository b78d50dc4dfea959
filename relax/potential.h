// What gives energies and forces: one interface for the built-in force field and for potentials from a file.
//
// A potential is bound to one structure (its atoms, and its bonds where it uses them) and then asked at many
// positions and cells. To add one: a file that makes a PotentialFactory, and a line in
// relax/potential_registry.cpp.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/bond_graph.h"

namespace clamp::relax {

struct EnergyForces {
  double energy = 0;           ///< eV a cell
  std::vector<Vec3> forces;    ///< [n_atoms] eV/Å
  Mat3 virial = Mat3::Zero();  ///< eV, dE/d(strain) where r -> (1 + strain) r for atoms and lattice vectors
};

class Potential {
 public:
  virtual ~Potential() = default;
  /// @param cell         rows are lattice vectors, Å
  /// @param cart_coords  [n_atoms] Å, not wrapped: continuous with those that the potential was bound at
  /// The result is valid until the next call. Not thread-safe: one potential a thread.
  virtual const EnergyForces& evaluate(const Mat3& cell, const std::vector<Vec3>& cart_coords) = 0;
  /// What was approximated in binding, by kind ("metal without a type of its coordination"): how many atoms
  /// or terms. Empty where nothing was.
  virtual std::map<std::string, int64_t> counts() const { return {}; }
};

/// Makes potentials; thread-safe.
class PotentialFactory {
 public:
  virtual ~PotentialFactory() = default;
  /// Name for records: "uff4mof", the file of a TorchScript model.
  virtual std::string name() const = 0;
  /// @param bonds  of the cell, as core/bond_graph.h counts them; potentials that need none ignore them
  /// Throws clamp::Error where the structure cannot be described.
  virtual std::unique_ptr<Potential> bind(const Crystal& crystal, const std::vector<Bond>& bonds) const = 0;
};

}  // namespace clamp::relax
