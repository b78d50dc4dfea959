#include "bench/cspnet.h"

#include <ATen/Functions.h>

#include <cmath>

#include "core/elements.h"
#include "nn/mixed_precision.h"

namespace clamp::bench {
namespace {

constexpr double kClockSteps = 1000;  // the peers' clock counts steps

int64_t edge_features(const CspnetConfig& config) { return 9 + 6 * config.frequencies; }

torch::nn::LayerNorm norm(int64_t dim) { return torch::nn::LayerNorm(torch::nn::LayerNormOptions({dim})); }

torch::nn::Linear without_bias(int64_t in, int64_t out) {
  return torch::nn::Linear(torch::nn::LinearOptions(in, out).bias(false));
}

/// sin and cos of 2 pi k x, k = 0..: [..., 3] -> [..., 6 frequencies].
torch::Tensor sinusoids(const torch::Tensor& x, int64_t frequencies) {
  const auto phase = x.unsqueeze(-1) * (at::arange(frequencies, x.options()) * (2 * M_PI));
  const auto flat = phase.flatten(-2);
  return at::cat({flat.sin(), flat.cos()}, -1);
}

/// Sinusoidal embedding of the step: [B] -> [B, dim].
torch::Tensor time_embedding(const torch::Tensor& t, int64_t dim) {
  const int64_t half = dim / 2;
  const auto rate =
      (at::arange(half, t.options()) * (-std::log(10000.0) / static_cast<double>(half - 1))).exp();
  const auto phase = (t * kClockSteps).unsqueeze(-1) * rate;
  return at::cat({phase.sin(), phase.cos()}, -1);
}

}  // namespace

CspnetLayerImpl::CspnetLayerImpl(const CspnetConfig& config)
    : norm_(register_module("norm", norm(config.dim))),
      edge_in_(
          register_module("edge_in", torch::nn::Linear(2 * config.dim + edge_features(config), config.dim))),
      edge_out_(register_module("edge_out", torch::nn::Linear(config.dim, config.dim))),
      node_in_(register_module("node_in", torch::nn::Linear(2 * config.dim, config.dim))),
      node_out_(register_module("node_out", torch::nn::Linear(config.dim, config.dim))) {}

torch::Tensor CspnetLayerImpl::forward(const torch::Tensor& h, const torch::Tensor& edges,
                                       bool low_precision) {
  const int64_t b = h.size(0), n = h.size(1), d = h.size(2);
  const auto x = norm_(h);
  const auto from = x.unsqueeze(2).expand({b, n, n, d});
  const auto to = x.unsqueeze(1).expand({b, n, n, d});
  const auto in = at::cat({from, to, edges}, -1);  // [B, N, N, 2 dim + features]
  const auto hidden = at::silu(nn::linear(edge_in_, in, low_precision));
  const auto messages = at::silu(nn::linear(edge_out_, hidden, low_precision)).mean(2);  // [B, N, dim]
  const auto node = at::silu(nn::linear(node_in_, at::cat({x, messages}, -1), low_precision));
  return h + at::silu(nn::linear(node_out_, node, low_precision));
}

CspnetImpl::CspnetImpl(const CspnetConfig& config) : config_(config) {
  element_ = register_module("element", torch::nn::Embedding(kMaxAtomicNumber + 1, config.dim));
  latent_ = register_module("latent", torch::nn::Linear(config.dim + config.time_dim, config.dim));
  layers_ = register_module("layers", torch::nn::ModuleList());
  for (int64_t k = 0; k < config.layers; ++k) layers_->push_back(CspnetLayer(config));
  final_norm_ = register_module("final_norm", norm(config.dim));
  coords_out_ = register_module("coords_out", without_bias(config.dim, 3));
  cells_out_ = register_module("cells_out", without_bias(config.dim, 9));
}

CspnetOutput CspnetImpl::forward(const CspnetInput& input) {
  const int64_t b = input.elements.size(0), n = input.elements.size(1);
  const auto& x = input.frac_coords;
  const auto difference = x.unsqueeze(1) - x.unsqueeze(2);                    // [B, N, N, 3], x_j - x_i
  const auto inner = at::matmul(input.cells, input.cells.transpose(-1, -2));  // [B, 3, 3]
  const auto edges = at::cat({inner.view({b, 1, 1, 9}).expand({b, n, n, 9}),
                              sinusoids(difference.remainder(1), config_.frequencies)},
                             -1);
  const auto time = time_embedding(input.t, config_.time_dim).unsqueeze(1).expand({b, n, config_.time_dim});
  auto h = latent_(at::cat({element_(input.elements), time}, -1));  // [B, N, dim]
  for (const auto& layer : *layers_) h = layer->as<CspnetLayer>()->forward(h, edges, low_precision_);
  h = final_norm_(h);
  CspnetOutput out;
  out.coords = coords_out_(h);
  out.cells = at::matmul(cells_out_(h.mean(1)).view({b, 3, 3}), input.cells);
  return out;
}

double cspnet_flop(const CspnetConfig& config, int64_t structures, int64_t atoms) {
  const auto d = static_cast<double>(config.dim), n = static_cast<double>(atoms);
  const double edge = (2 * d + static_cast<double>(edge_features(config))) * d + d * d;
  const double node = 2 * d * d + d * d;
  const double layer = n * n * edge + n * node;
  const double ends = n * (d + static_cast<double>(config.time_dim)) * d + n * d * 3 + d * 9;
  const double cells = 2 * 27;  // L L^T and the predicted one
  return 2 * static_cast<double>(structures) * (static_cast<double>(config.layers) * layer + ends + cells);
}

}  // namespace clamp::bench
