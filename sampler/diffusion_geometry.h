// Geometry by the diffusion model: ancestral sampling of lattice and coordinates from pure noise.
//
// Coordinates follow the reverse variance-exploding process on the torus, the lattice the posterior of the
// variance-preserving one (Ho et al., arXiv:2006.11239, eq. 6-7). Classifier-free guidance (Ho and Salimans,
// arXiv:2207.12598): unconditional + scale x (conditional - unconditional), both passes in one batch.
#pragma once

#include <memory>
#include <string>

#include "diffusion/geometry_model.h"
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

  std::vector<AsymmetricUnit> sample(const std::vector<Chemistry>& chemistries,
                                     const torch::Tensor& embeddings, const std::vector<uint64_t>& seeds,
                                     const GeometryOptions& options) override;

 private:
  AsymmetricUnit sample_one(const Chemistry& chemistry, const torch::Tensor& embedding, uint64_t seed,
                            const GeometryOptions& options);

  diffusion::GeometryModel model_;
  torch::Device device_;
  int n_threads_;
};

}  // namespace clamp::sampler
