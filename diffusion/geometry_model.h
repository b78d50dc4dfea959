// The geometry diffusion model: denoiser, noise processes and lattice scale, with their file format.
#pragma once

#include <string>

#include "diffusion/denoiser.h"
#include "diffusion/noise_schedule.h"
#include "nn/checkpoint.h"

namespace clamp::diffusion {

struct GeometryModelConfig {
  DenoiserConfig denoiser;
  /// What the heads give; the losses are the same for all. Coordinates: the score over its root-mean-square,
  /// or the way to the clean ones in units of the edge of an atom's share of the cell.
  bool predict_clean_coords = false;
  /// Lattice: the residual (clean - alpha noisy) / sqrt(1 - alpha^2), or the clean vector.
  bool predict_clean_lattice = false;
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
  /// Cells [B, 3, 3] float of lattice vectors [B, 6], on the device of `lattices`: on the CPU in double
  /// precision, elsewhere by cells_by_operators().
  torch::Tensor cells(const torch::Tensor& lattices, const GeometryBatch& batch) const;

  /// What the networks say of a noisy state.
  struct Prediction {
    torch::Tensor score;             ///< [B, S, 3] of the site coordinates, over its root-mean-square
    torch::Tensor lattice;           ///< [B, 6] clean lattice vector
    torch::Tensor lattice_residual;  ///< [B, 6] (clean - alpha noisy) / sqrt(1 - alpha^2)
    torch::Tensor coords;            ///< [B, S, 3] clean fractional slot coordinates, not wrapped
    torch::Tensor images;            ///< [B, S, N, kImageClasses] logits; undefined without the image head
    torch::Tensor copies;            ///< [B, S, N] logits; undefined without the copy head
  };
  /// `guess` is the prediction at the state before, for networks with self-conditioning; null for none.
  Prediction predict(const GeometryBatch& batch, const torch::Tensor& coords, const torch::Tensor& lattice,
                     const torch::Tensor& t, const torch::Tensor& embedding,
                     const torch::Tensor& has_embedding, const Prediction* guess = nullptr);

 private:
  GeometryModelConfig config_;
  Denoiser denoiser_{nullptr};
};

/// cell_from_lattice() of lattice vectors [B, 6] as tensor operators, on any device, in float32.
torch::Tensor cells_by_operators(const torch::Tensor& lattices, const GeometryBatch& batch,
                                 const LatticeScale& scale);

/// Format version of geometry.safetensors, checked on load.
constexpr const char* kGeometryFormat = "clamp-geometry-1";

}  // namespace clamp::diffusion
