// One step of the reverse processes: the Gaussian of the less noisy state, given the noisy and the clean one.
//
// Both forward processes are Markov chains of Gaussians, so q(x_to | x_from, x_0) is Gaussian by Bayes' rule
// (Ho et al., arXiv:2006.11239, eq. 6-7; for the variance-exploding one Song et al., arXiv:2011.13456,
// appendix F). On the torus the coordinates' is that of the unwrapped process.
#pragma once

namespace clamp::diffusion {

/// Mean noisy * x_from + clean * x_0 and standard deviation of each component.
struct Posterior {
  double noisy = 1;
  double clean = 0;
  double deviation = 0;
};

/// Lattice: x_t = alpha_t x_0 + sqrt(1 - alpha_t^2) noise, alpha_from < alpha_to.
Posterior preserving_posterior(double alpha_from, double alpha_to);

/// Coordinates: x_t = x_0 + sigma_t noise, sigma_from > sigma_to. With x_0 = x_from + sigma_from^2 score the
/// step is (sigma_from^2 - sigma_to^2) score + deviation noise.
Posterior exploding_posterior(double sigma_from, double sigma_to);

}  // namespace clamp::diffusion
