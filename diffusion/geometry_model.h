// The geometry diffusion model: denoiser, noise processes and lattice scale, with their file format.
#pragma once

#include <string>

#include "diffusion/denoiser.h"
#include "diffusion/noise_schedule.h"
#include "nn/checkpoint.h"

namespace clamp::diffusion {

struct GeometryModelConfig {
  DenoiserConfig denoiser;
  NoiseConfig noise;
  LatticeScale scale;
};

std::string to_json(const GeometryModelConfig& config);
/// Throws clamp::Error naming `source` and the key that is missing or has the wrong type.
GeometryModelConfig geometry_config_from_json(const std::string& text, const std::string& source);

class GeometryModel {
 public:
  explicit GeometryModel(const GeometryModelConfig& config);
  /// Reads `path` (weights of any floating type). Throws clamp::Error for foreign, damaged or mismatching
  /// files.
  static GeometryModel load(const std::string& path, torch::Device device);

  const GeometryModelConfig& config() const { return config_; }
  Denoiser& denoiser() { return denoiser_; }

  /// Standardised lattice vectors of cells, [B, 6] float.
  torch::Tensor lattices(const std::vector<Mat3>& cells,
                         const std::vector<const GeometryInput*>& inputs) const;
  /// Cells [B, 3, 3] float of lattice vectors [B, 6], on the device of `lattices`.
  torch::Tensor cells(const torch::Tensor& lattices, const GeometryBatch& batch) const;

  /// What the networks say of a noisy state.
  struct Prediction {
    torch::Tensor score;    ///< [B, S, 3] of the site coordinates, over its root-mean-square
    torch::Tensor lattice;  ///< [B, 6] clean lattice vector
    torch::Tensor
        lattice_residual;  ///< [B, 6] (clean - alpha noisy) / sqrt(1 - alpha^2), what the network gives
  };
  Prediction predict(const GeometryBatch& batch, const torch::Tensor& coords, const torch::Tensor& lattice,
                     const torch::Tensor& t, const torch::Tensor& embedding,
                     const torch::Tensor& has_embedding);

 private:
  GeometryModelConfig config_;
  Denoiser denoiser_{nullptr};
};

/// Format version of geometry.safetensors, checked on load.
constexpr const char* kGeometryFormat = "clamp-geometry-1";

}  // namespace clamp::diffusion
