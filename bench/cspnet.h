// The peers' network, to measure against: CSPNet of DiffCSP (Jiao et al., arXiv:2309.04475, section 4.3 and
// appendix B.1) as Chemeleon uses it too: six layers of width 512, 128 frequencies, fully connected edges.
//
// Two differences, both in its favour: the sinusoids of the fractional differences and the inner products of
// the lattice are computed once a call, not in every layer, and structures of equal size stand in one dense
// tensor, so that nothing is gathered or scattered.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

namespace clamp::bench {

struct CspnetConfig {
  int64_t dim = 512;
  int64_t layers = 6;
  int64_t frequencies = 128;  ///< of the sinusoids of each fractional difference
  int64_t time_dim = 256;
};

/// A noisy state of B structures of N atoms each.
struct CspnetInput {
  torch::Tensor elements;     ///< [B, N] atomic numbers
  torch::Tensor frac_coords;  ///< [B, N, 3]
  torch::Tensor cells;        ///< [B, 3, 3] rows are lattice vectors, Å
  torch::Tensor t;            ///< [B] clock in [0, 1]
};

struct CspnetOutput {
  torch::Tensor coords;  ///< [B, N, 3] fractional
  torch::Tensor cells;   ///< [B, 3, 3]
};

/// h_i + node_mlp(h_i, mean over j of edge_mlp(h_i, h_j, L L^T, psi(x_j - x_i))), on normalised h.
class CspnetLayerImpl : public torch::nn::Module {
 public:
  explicit CspnetLayerImpl(const CspnetConfig& config);
  /// @param h [B, N, dim]; edges [B, N, N, 9 + 6 frequencies]
  torch::Tensor forward(const torch::Tensor& h, const torch::Tensor& edges, bool low_precision);

 private:
  torch::nn::LayerNorm norm_{nullptr};
  torch::nn::Linear edge_in_{nullptr}, edge_out_{nullptr}, node_in_{nullptr}, node_out_{nullptr};
};
TORCH_MODULE(CspnetLayer);

class CspnetImpl : public torch::nn::Module {
 public:
  explicit CspnetImpl(const CspnetConfig& config);
  /// The layers' matrix products in bfloat16 (nn/mixed_precision.h).
  void set_low_precision(bool low_precision) { low_precision_ = low_precision; }
  CspnetOutput forward(const CspnetInput& input);

 private:
  CspnetConfig config_;
  bool low_precision_ = false;
  torch::nn::Embedding element_{nullptr};
  torch::nn::Linear latent_{nullptr}, coords_out_{nullptr}, cells_out_{nullptr};
  torch::nn::ModuleList layers_{nullptr};
  torch::nn::LayerNorm final_norm_{nullptr};
};
TORCH_MODULE(Cspnet);

/// FLOP of a call's matrix products, from their shapes: those of `atoms`^2 edges and `atoms` nodes a layer.
double cspnet_flop(const CspnetConfig& config, int64_t structures, int64_t atoms);

}  // namespace clamp::bench
