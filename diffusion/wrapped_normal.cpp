#include "diffusion/wrapped_normal.h"

#include <ATen/Functions.h>

namespace clamp::diffusion {
namespace {

constexpr int64_t kImages = 6;  // periodic images on each side
// Below this the images do not overlap and the rms is 1 / sigma to double precision.
constexpr double kGaussian = 0.05;
constexpr int64_t kQuadraturePoints = 512;

}  // namespace

torch::Tensor wrapped_normal_score(const torch::Tensor& delta, const torch::Tensor& sigma) {
  const auto wrapped = (delta - delta.round()).unsqueeze(-1);                // [..., 1]
  const auto images = at::arange(-kImages, kImages + 1, delta.options());    // [k]
  const auto shifted = wrapped + images;                                     // [..., k]
  const auto variance = sigma.square().unsqueeze(-1);                        // [..., 1]
  const auto weights = at::softmax(-shifted.square() / (2 * variance), -1);  // [..., k]
  return -(weights * shifted).sum(-1) / variance.squeeze(-1);
}

torch::Tensor wrapped_normal_score_rms(const torch::Tensor& sigma) {
  const auto s = sigma.to(at::kDouble);
  if (s.is_cpu() && s.max().item<double>() < kGaussian) return s.reciprocal().to(sigma.scalar_type());
  const auto wide = s.clamp_min(kGaussian).unsqueeze(-1);  // [..., 1]
  const auto x = at::arange(kQuadraturePoints, s.options()) / kQuadraturePoints - 0.5;
  const auto images = at::arange(-kImages, kImages + 1, s.options());
  const auto shifted = x.unsqueeze(-1) + images;                                 // [q, k]
  const auto log_terms = -shifted.square() / (2 * wide.square().unsqueeze(-1));  // [..., q, k]
  const auto density = at::softmax(at::logsumexp(log_terms, -1), -1);            // [..., q]
  const auto score = wrapped_normal_score(x.expand_as(density), wide.expand_as(density));
  const auto rms = (density * score.square()).sum(-1).sqrt();
  return at::where(s < kGaussian, s.reciprocal(), rms).to(sigma.scalar_type());
}

}  // namespace clamp::diffusion
