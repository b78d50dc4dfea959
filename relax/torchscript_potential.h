// A TorchScript file as a potential: what a user exports with torch.jit.script(model).save("FILE.pt").
//
// The module has an attribute `cutoff` (float, Å) and
//   forward(positions, atomic_numbers, cell, pairs, shifts) -> energy
//     positions       [n_atoms, 3] Å
//     atomic_numbers  [n_atoms] int64
//     cell            [3, 3] Å, rows are lattice vectors
//     pairs           [n_pairs, 2] int64: atoms i, j; every pair within the cut-off in both directions
//     shifts          [n_pairs, 3] lattice vectors to add to atom j:
//                     positions[j] + shifts @ cell - positions[i] is the vector from i to j
//     energy          one number, eV a cell, differentiable with respect to positions and cell
// Floating-point tensors have the type of the module's first floating-point parameter or buffer (float64
// where it has none). Forces and stress are its derivatives (autograd).
#pragma once

#include <memory>
#include <string>

#include "relax/potential.h"

namespace clamp::relax {

class TorchScriptFactory : public PotentialFactory {
 public:
  /// Throws clamp::Error where the file is no TorchScript module with that signature.
  explicit TorchScriptFactory(const std::string& path);
  ~TorchScriptFactory() override;
  std::string name() const override { return path_; }
  double cutoff() const;  ///< Å
  /// Evaluation throws clamp::Error where the module fails or gives no single number.
  std::unique_ptr<Potential> bind(const Crystal& crystal, const std::vector<Bond>& bonds) const override;

 private:
  struct Model;
  std::string path_;
  std::unique_ptr<Model> model_;
};

}  // namespace clamp::relax
