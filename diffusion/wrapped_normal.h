// Wrapped normal distribution on the unit torus, for fractional coordinates.
//
// Source: Jiao et al., DiffCSP, arXiv:2309.04475, score of the fractional coordinates.
// The sum over periodic images is cut at 6 a side: error below 1e-12 / sigma^2 for sigma <= 0.6
// (test WrappedNormal.TruncationErrorIsNegligible).
#pragma once

#include <torch/types.h>

namespace clamp::diffusion {

/// Score of N_w(0, sigma^2) at displacement `delta`: d/d(delta) log sum_k exp(-(delta+k)^2 / 2 sigma^2).
/// @param delta  any shape, fractional displacement, any real value, periodic with period 1
/// @param sigma  broadcastable to `delta`, dimensionless, > 0
/// @return       same shape, dtype and device as `delta`
torch::Tensor wrapped_normal_score(const torch::Tensor& delta, const torch::Tensor& sigma);

/// Root-mean-square of that score under the distribution itself, by trapezoidal integration over one period
/// (spectrally accurate for periodic functions). Any shape; float64 inside.
torch::Tensor wrapped_normal_score_rms(const torch::Tensor& sigma);

}  // namespace clamp::diffusion
