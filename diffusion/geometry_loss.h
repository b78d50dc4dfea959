// Denoising losses of the geometry model, one value a structure, so that they can be averaged by noise level.
#pragma once

#include "diffusion/geometry_model.h"

namespace clamp::diffusion {

/// Clean structures with what they are conditioned on.
struct CleanBatch {
  GeometryBatch chemistry;      ///< as the network sees it
  torch::Tensor relation;       ///< [B, S, N] uint8, with known copies (only the loss of copies reads it)
  torch::Tensor coords;         ///< [B, S, 3] fractional slot coordinates
  torch::Tensor lattice;        ///< [B, 6] standardised
  torch::Tensor embedding;      ///< [B, embedding_dim]
  torch::Tensor has_embedding;  ///< [B]
};

/// Noise of one draw: standard normal numbers.
struct GeometryNoise {
  torch::Tensor t;        ///< [B]
  torch::Tensor coords;   ///< [B, S, 3] of the site coordinates u
  torch::Tensor lattice;  ///< [B, 6]
};

struct GeometryLoss {
  torch::Tensor coords;     ///< [B] mean square error of the normalised score over the free site coordinates
  torch::Tensor lattice;    ///< [B] mean square error of the lattice residual over the free components,
                            ///< down-weighted where the cell carries less than kLatticeNoiseFloor of noise
  torch::Tensor distances;  ///< [B] distance_loss(), where asked for
  torch::Tensor images;     ///< [B] image_loss(), where asked for
  torch::Tensor copies;     ///< [B] copy_loss(), where asked for
};

/// What goes into the loss beside coordinates and lattice.
struct LossTerms {
  bool guess = true;  ///< networks with self-conditioning are first asked for a guess (no gradient)
  bool distances = false;
  bool images = false;  ///< needs the image head
  bool copies = false;  ///< needs the copy head
};

/// Noise amplitude of the standardised lattice below which its error stops to matter (1 % of a cell edge or
/// less).
constexpr double kLatticeNoiseFloor = 0.1;

/// The noisy state: x_t = x_0 + A sigma noise; lattice alpha s_0 + sqrt(1 - alpha^2) P noise.
struct NoisyState {
  torch::Tensor coords;   ///< [B, S, 3]
  torch::Tensor lattice;  ///< [B, 6]
  torch::Tensor sigma;    ///< [B] fractional
};
NoisyState add_noise(const GeometryModelConfig& config, const CleanBatch& clean, const GeometryNoise& noise);

/// The network's answer to a noisy state, with self-conditioning after a first guess (no gradient) if
/// `guess`.
GeometryModel::Prediction predict(GeometryModel& model, const CleanBatch& clean, const NoisyState& state,
                                  const torch::Tensor& t, bool guess = true);

GeometryLoss geometry_loss(GeometryModel& model, const CleanBatch& clean, const GeometryNoise& noise,
                           const LossTerms& terms = {});

}  // namespace clamp::diffusion
