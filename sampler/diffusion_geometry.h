// Geometry by the diffusion model: ancestral sampling of lattice and coordinates from pure noise.
//
// Coordinates follow the reverse variance-exploding process on the torus, the lattice the posterior of the
// variance-preserving one (Ho et al., arXiv:2006.11239, eq. 6-7). Classifier-free guidance (Ho and Salimans,
// arXiv:2207.12598): unconditional + scale x (conditional - unconditional), both passes in one batch.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "diffusion/geometry_model.h"
#include "sampler/classifier_guidance.h"
#include "sampler/geometry.h"

namespace clamp::sampler {

class DiffusionGeometry : public GeometrySampler {
 public:
  /// On the CPU each structure is sampled by itself, on one of `n_threads` threads with single-threaded
  /// products: padding and thread counts change the last digits of sums, which a hundred steps would carry
  /// into the result.
  static std::unique_ptr<DiffusionGeometry> load(const std::string& path, torch::Device device,
                                                 int n_threads);
  DiffusionGeometry(diffusion::GeometryModel model, torch::Device device, int n_threads);
  /// What GeometryOptions::classifier_scale needs.
  void set_guide(std::shared_ptr<ClassifierGuide> guide) { guide_ = std::move(guide); }

  std::vector<AsymmetricUnit> sample(const std::vector<GeometryRequest>& requests,
                                     const GeometryOptions& options) override;

  std::vector<AsymmetricUnit> trace(const GeometryRequest& request, const GeometryOptions& options) override;

  /// The denoising loss of coordinates and lattice, averaged over fixed noise of levels between 0.1 and 0.7
  /// Å: a bound on the negative log-likelihood restricted to those levels (Ho et al., eq. 14).
  std::vector<double> surprise(const std::vector<AsymmetricUnit>& units) override;

 private:
  /// `on_state` is given every state before the result.
  AsymmetricUnit sample_one(const GeometryRequest& request, const GeometryOptions& options,
                            const std::function<void(AsymmetricUnit)>& on_state = {});
  double surprise_one(const AsymmetricUnit& unit);
  /// Calls `work_on` for 0..n-1 on the threads, with products of one thread each.
  void for_each(size_t n, const std::function<void(size_t)>& work_on) const;

  diffusion::GeometryModel model_;
  torch::Device device_;
  int n_threads_;
  std::shared_ptr<ClassifierGuide> guide_;
};

}  // namespace clamp::sampler
