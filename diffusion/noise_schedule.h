// Noise levels of the continuous clock t in [0, 1]: 0 is data, 1 is noise.
//
// Coordinates: variance-exploding, sigma geometric from sigma_min (Å, made fractional with the cell edge of
// an average structure, (n v0)^(1/3)) to sigma_max (fractional: at 0.5 the wrapped normal is uniform to 1.4
// %). Lattice: variance-preserving with signal cos(pi/2 t^power); the power keeps the strain of the cell in
// step with the displacement of the atoms.
#pragma once

#include <torch/types.h>

namespace clamp::diffusion {

struct NoiseConfig {
  double sigma_min = 0.01;  ///< Å
  double sigma_max = 0.5;   ///< fractional
  double lattice_power = 3.0;
};

/// Fractional sigma of the coordinates at `t` for structures of `n_atoms`; shapes [b].
torch::Tensor coordinate_sigma(const torch::Tensor& t, const torch::Tensor& n_atoms, double volume_per_atom,
                               const NoiseConfig& config);
/// Signal amplitude alpha of the lattice; its noise amplitude is sqrt(1 - alpha^2). Shape [b].
torch::Tensor lattice_alpha(const torch::Tensor& t, const NoiseConfig& config);

}  // namespace clamp::diffusion
