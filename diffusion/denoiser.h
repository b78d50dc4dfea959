// Geometry denoiser: a transformer whose queries are the slots of the asymmetric unit and whose keys are all
// atoms.
//
// Pair features are computed once a call (diffusion/pair_features.h); each layer's attention logits are
// biased by a linear map of one pair embedding, which attention also averages into the slot states. All
// directions are those of the canonical cell frame (diffusion/lattice_frame.h), so rotation invariance is by
// construction; outputs belong to the slots' representatives and are copied by the operations, so a symmetric
// state stays symmetric.
#pragma once

#include <torch/nn/module.h>
#include <torch/nn/modules/container/modulelist.h>
#include <torch/nn/modules/embedding.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/normalization.h>

#include "diffusion/geometry_batch.h"
#include "diffusion/pair_features.h"

namespace clamp::diffusion {

/// Lattice translations that a bond may have beyond its wrapped difference: -1, 0, 1 along each vector, the
/// last fastest.
constexpr int64_t kImageClasses = 27;

struct DenoiserConfig {
  int64_t dim = 192;
  int64_t layers = 6;
  int64_t heads = 8;
  int64_t pair_dim = 64;
  int64_t condition_dim = 128;
  int64_t embedding_dim = 256;     ///< of the CLAMP embedding
  bool self_conditioning = false;  ///< the network is also given its last guess of the clean structure
  bool image_head = false;         ///< and says which lattice translation each bond goes to
  bool copy_head = false;          ///< and which copies of a slot are bonded
};

/// Noisy state and what it is conditioned on.
struct DenoiserInput {
  torch::Tensor coords;         ///< [B, S, 3] fractional slot coordinates
  torch::Tensor lattice;        ///< [B, 6] standardised lattice vector
  torch::Tensor cells;          ///< [B, 3, 3] of that lattice, canonical orientation, Å
  torch::Tensor t;              ///< [B] clock in [0, 1]
  torch::Tensor embedding;      ///< [B, embedding_dim] CLAMP embedding
  torch::Tensor has_embedding;  ///< [B] float, 0 where the embedding is dropped
  /// The last guess of the clean structure (Chen et al., arXiv:2208.04202); undefined for none or where the
  /// network takes none.
  torch::Tensor guess_coords;  ///< [B, S, 3]
  torch::Tensor guess_cells;   ///< [B, 3, 3]
};

struct DenoiserOutput {
  torch::Tensor coords;   ///< [B, S, 3] score of the site coordinates u over its root-mean-square
  torch::Tensor lattice;  ///< [B, 6] lattice residual; other targets: GeometryModelConfig
  torch::Tensor images;   ///< [B, S, N, kImageClasses] logits; undefined without the image head
  torch::Tensor copies;   ///< [B, S, N] logits that the pair is bonded; undefined without the copy head
};

/// One pre-norm block: pair-biased attention over atoms, then a feed-forward net, both modulated by the
/// condition.
class DenoiserBlockImpl : public torch::nn::Module {
 public:
  explicit DenoiserBlockImpl(const DenoiserConfig& config);
  void set_low_precision(bool low_precision) { low_precision_ = low_precision; }
  /// @param h [B, S, dim]; bias [B, H, S, N] logits; pairs [B, S, N, pair_dim]; copies [B, N, S] one-hot of
  /// atom_slot
  torch::Tensor forward(const torch::Tensor& h, const torch::Tensor& condition, const torch::Tensor& bias,
                        const torch::Tensor& pairs, const torch::Tensor& copies);

 private:
  /// What atoms give to the slots: x [B, S, dim] -> [B, S, dim].
  torch::Tensor attend(const torch::Tensor& x, const torch::Tensor& bias, const torch::Tensor& pairs,
                       const torch::Tensor& copies);

  int64_t heads_;
  bool low_precision_ = false;
  torch::nn::LayerNorm attention_norm_{nullptr}, mlp_norm_{nullptr};
  torch::nn::Linear qkv_{nullptr}, attention_out_{nullptr}, pair_out_{nullptr}, mlp_in_{nullptr},
      mlp_out_{nullptr}, modulation_{nullptr};
};
TORCH_MODULE(DenoiserBlock);

/// Its stages (pair features, pair embedding, attention, feed-forward, heads) are user scopes of torch's
/// profiler.
class DenoiserImpl : public torch::nn::Module {
 public:
  explicit DenoiserImpl(const DenoiserConfig& config);
  /// The large matrix products in bfloat16 (nn/mixed_precision.h); for training.
  void set_low_precision(bool low_precision);
  DenoiserOutput forward(const GeometryBatch& batch, const DenoiserInput& input);

 private:
  /// What every layer asks of the (slot, atom) pairs.
  struct Pairs {
    PairGeometry geometry;
    torch::Tensor copies;     ///< [B, N, S] one-hot of atom_slot
    torch::Tensor embedding;  ///< [B, S, N, pair_dim]
    torch::Tensor biases;     ///< [B, layers x heads, S, N] logits
  };
  /// @param h [B, S, dim]; c [B, condition_dim]
  Pairs embed_pairs(const GeometryBatch& batch, const DenoiserInput& input, const torch::Tensor& h,
                    const torch::Tensor& c);
  DenoiserOutput heads(const GeometryBatch& batch, const DenoiserInput& input, const Pairs& pairs,
                       const torch::Tensor& h, const torch::Tensor& c);
  torch::Tensor condition(const GeometryBatch& batch, const DenoiserInput& input);
  torch::Tensor coordinate_head(const GeometryBatch& batch, const DenoiserInput& input,
                                const PairGeometry& geometry, const torch::Tensor& weights,
                                const torch::Tensor& h);
  torch::Tensor lattice_head(const GeometryBatch& batch, const PairGeometry& geometry,
                             const torch::Tensor& weights, const torch::Tensor& h, const torch::Tensor& c);

  DenoiserConfig config_;
  bool low_precision_ = false;
  torch::nn::Embedding element_{nullptr}, site_{nullptr}, degree_{nullptr}, group_{nullptr};
  torch::nn::Linear slot_in_{nullptr}, condition_in_{nullptr}, condition_out_{nullptr},
      embedding_in_{nullptr};
  torch::nn::Linear pair_in_{nullptr}, pair_query_{nullptr}, pair_key_{nullptr}, pair_mid_{nullptr},
      pair_bias_{nullptr}, guess_in_{nullptr};
  torch::nn::ModuleList blocks_{nullptr};
  torch::nn::LayerNorm final_norm_{nullptr};
  torch::nn::Linear head_query_{nullptr}, head_key_{nullptr}, head_weights_{nullptr}, head_direct_{nullptr},
      image_head_{nullptr}, copy_head_{nullptr};
  torch::nn::Linear lattice_in_{nullptr}, lattice_out_{nullptr};
  torch::Tensor virial_scale_;
};
TORCH_MODULE(Denoiser);

/// Maps fractional displacements of slots [B, S, 3] to site coordinates u without the mean along polar
/// directions.
torch::Tensor to_site_coordinates(const GeometryBatch& batch, const torch::Tensor& frac_displacement);

}  // namespace clamp::diffusion
