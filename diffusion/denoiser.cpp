#include "diffusion/denoiser.h"

#include <ATen/Functions.h>
#include <ATen/record_function.h>
#include <torch/nn/init.h>

#include <cmath>

#include "core/elements.h"
#include "nn/mixed_precision.h"

namespace clamp::diffusion {
namespace {

constexpr int64_t kTimeFrequencies = 32;
constexpr int64_t kMaxDegree = 16;
constexpr int64_t kSpaceGroups = 231;
// Weights of one pair in the coordinate head: unit vector, vector, two Fourier terms; and one of the virial.
constexpr int64_t kHeadWeights = 5;
constexpr float kVectorScale = 3.0F;  // Å
// Logit of a padded atom.
constexpr double kMasked = -1e4;

torch::Tensor time_features(const torch::Tensor& t) {
  const auto k = at::arange(kTimeFrequencies, t.options());
  const auto phase = t.unsqueeze(-1) * (k * (M_PI / 2) + 1.0);
  return at::cat({phase.sin(), phase.cos()}, -1);  // [B, 2 k]
}

torch::nn::Linear zero_linear(int64_t in, int64_t out) {
  torch::nn::Linear linear(in, out);
  torch::nn::init::zeros_(linear->weight);
  torch::nn::init::zeros_(linear->bias);
  return linear;
}

torch::nn::LayerNorm plain_norm(int64_t dim) {
  return torch::nn::LayerNorm(torch::nn::LayerNormOptions({dim}).elementwise_affine(false));
}

torch::Tensor modulate(const torch::Tensor& h, const torch::Tensor& shift, const torch::Tensor& scale) {
  return h * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1);
}

}  // namespace

torch::Tensor to_site_coordinates(const GeometryBatch& batch, const torch::Tensor& frac_displacement) {
  const auto weight = batch.multiplicity / batch.n_atoms.unsqueeze(-1);        // [B, S]
  const auto mean = (frac_displacement * weight.unsqueeze(-1)).sum(1, true);   // [B, 1, 3]
  const auto drift = at::matmul(mean, batch.polar_projector.transpose(1, 2));  // [B, 1, 3]
  const auto rest = (frac_displacement - drift).unsqueeze(-1);                 // [B, S, 3, 1]
  return at::matmul(batch.coordinates, rest).squeeze(-1) * batch.freedom;      // [B, S, 3]
}

DenoiserBlockImpl::DenoiserBlockImpl(const DenoiserConfig& config)
    : heads_(config.heads),
      attention_norm_(register_module("attention_norm", plain_norm(config.dim))),
      mlp_norm_(register_module("mlp_norm", plain_norm(config.dim))),
      qkv_(register_module("qkv", torch::nn::Linear(config.dim, 3 * config.dim))),
      attention_out_(register_module("attention_out", torch::nn::Linear(config.dim, config.dim))),
      pair_out_(register_module("pair_out", torch::nn::Linear(config.heads * config.pair_dim, config.dim))),
      mlp_in_(register_module("mlp_in", torch::nn::Linear(config.dim, 3 * config.dim))),
      mlp_out_(register_module("mlp_out", torch::nn::Linear(3 * config.dim, config.dim))),
      modulation_(register_module("modulation", zero_linear(config.condition_dim, 6 * config.dim))) {}

torch::Tensor DenoiserBlockImpl::attend(const torch::Tensor& x, const torch::Tensor& bias,
                                        const torch::Tensor& pairs, const torch::Tensor& copies) {
  const int64_t b = x.size(0), s = x.size(1), d = x.size(2);
  const int64_t n = copies.size(1);
  const auto qkv = nn::linear(qkv_, x, low_precision_)
                       .view({b, s, 3, heads_, d / heads_})
                       .permute({2, 0, 3, 1, 4});  // [3, B, H, S, k]
  const auto slot_logits =
      at::matmul(qkv[0], qkv[1].transpose(-1, -2)) / std::sqrt(static_cast<double>(d / heads_));
  const auto to_atoms = copies.transpose(1, 2).unsqueeze(1);                       // [B, 1, S, N]
  const auto weights = at::softmax(at::matmul(slot_logits, to_atoms) + bias, -1);  // [B, H, S, N]
  const auto slot_weights = at::matmul(weights, copies.unsqueeze(1));              // [B, H, S, S]
  const auto values = at::matmul(slot_weights, qkv[2]).permute({0, 2, 1, 3}).reshape({b, s, d});
  const auto of_slot = weights.permute({0, 2, 1, 3}).reshape({b * s, heads_, n});  // [B S, H, N]
  const auto pair_values = at::bmm(of_slot, pairs.reshape({b * s, n, -1})).view({b, s, -1});
  return nn::linear(attention_out_, values, low_precision_) +
         nn::linear(pair_out_, pair_values, low_precision_);
}

torch::Tensor DenoiserBlockImpl::forward(const torch::Tensor& h, const torch::Tensor& condition,
                                         const torch::Tensor& bias, const torch::Tensor& pairs,
                                         const torch::Tensor& copies) {
  const auto m = modulation_(condition).chunk(6, -1);
  const auto attended = [&] {
    RECORD_USER_SCOPE("attention");
    const auto x = modulate(attention_norm_(h), m[0], m[1]);
    return h + attend(x, bias, pairs, copies) * (1 + m[2].unsqueeze(1));
  }();
  RECORD_USER_SCOPE("feed-forward");
  const auto y = modulate(mlp_norm_(attended), m[3], m[4]);
  const auto hidden = at::silu(nn::linear(mlp_in_, y, low_precision_));
  return attended + nn::linear(mlp_out_, hidden, low_precision_) * (1 + m[5].unsqueeze(1));
}

DenoiserImpl::DenoiserImpl(const DenoiserConfig& config) : config_(config) {
  const int64_t d = config.dim, c = config.condition_dim, p = config.pair_dim;
  element_ = register_module("element", torch::nn::Embedding(kMaxAtomicNumber + 1, d));
  site_ = register_module("site", torch::nn::Embedding(4, d));
  degree_ = register_module("degree", torch::nn::Embedding(kMaxDegree + 1, d));
  group_ = register_module("group", torch::nn::Embedding(kSpaceGroups, c));
  slot_in_ = register_module("slot_in", torch::nn::Linear(1, d));
  condition_in_ = register_module("condition_in", torch::nn::Linear(2 * kTimeFrequencies + 6 + 2, c));
  embedding_in_ = register_module("embedding_in", torch::nn::Linear(config.embedding_dim + 1, c));
  condition_out_ = register_module("condition_out", torch::nn::Linear(c, c));
  pair_in_ = register_module("pair_in", torch::nn::Linear(kPairFeatures, p));
  pair_query_ = register_module("pair_query", torch::nn::Linear(d + c, p));
  pair_key_ = register_module("pair_key", torch::nn::Linear(d, p));
  pair_mid_ = register_module("pair_mid", torch::nn::Linear(p, p));
  pair_bias_ = register_module("pair_bias", torch::nn::Linear(p, config.layers * config.heads));
  blocks_ = register_module("blocks", torch::nn::ModuleList());
  for (int64_t k = 0; k < config.layers; ++k) blocks_->push_back(DenoiserBlock(config));
  final_norm_ = register_module("final_norm", plain_norm(d));
  head_query_ = register_module("head_query", torch::nn::Linear(d, p));
  head_key_ = register_module("head_key", torch::nn::Linear(d, p));
  head_weights_ = register_module("head_weights", torch::nn::Linear(p, kHeadWeights));
  head_direct_ = register_module("head_direct", zero_linear(d, 3));
  lattice_in_ = register_module("lattice_in", torch::nn::Linear(d + c, d));
  if (config.self_conditioning) {
    guess_in_ = register_module("guess_in",
                                torch::nn::Linear(torch::nn::LinearOptions(kPairFeatures, p).bias(false)));
    torch::nn::init::zeros_(guess_in_->weight);
  }
  if (config.copy_head) copy_head_ = register_module("copy_head", zero_linear(p, 1));
  if (config.image_head) image_head_ = register_module("image_head", zero_linear(p, kImageClasses));
  lattice_out_ = register_module("lattice_out", torch::nn::Linear(d, 6));
  virial_scale_ = register_parameter("virial_scale", at::full({1}, 0.1));
}

void DenoiserImpl::set_low_precision(bool low_precision) {
  low_precision_ = low_precision;
  for (const auto& block : *blocks_) block->as<DenoiserBlock>()->set_low_precision(low_precision);
}

torch::Tensor DenoiserImpl::condition(const GeometryBatch& batch, const DenoiserInput& input) {
  const auto sizes = at::stack({batch.n_atoms.to(input.t.scalar_type()).log() - 3.5,
                                batch.n_operations.to(input.t.scalar_type()).log()},
                               -1);
  const auto has = input.has_embedding.unsqueeze(-1);
  const auto embedding =
      at::cat({input.embedding * has * std::sqrt(static_cast<double>(config_.embedding_dim)), has}, -1);
  const auto x = condition_in_(at::cat({time_features(input.t), input.lattice, sizes}, -1)) +
                 embedding_in_(embedding) + group_(batch.space_group);
  return condition_out_(at::silu(x));
}

torch::Tensor DenoiserImpl::coordinate_head(const GeometryBatch& batch, const DenoiserInput& input,
                                            const PairGeometry& geometry, const torch::Tensor& weights,
                                            const torch::Tensor& h) {
  const auto w = weights.unsqueeze(-1);  // [B, S, N, k, 1]
  const auto distance = geometry.vector.norm(2, -1, true).clamp_min(0.05);
  const auto unit = geometry.vector / distance;
  const auto near = geometry.vector / kVectorScale * at::exp(-distance / (2 * kVectorScale));
  const auto cartesian = (w.select(-2, 0) * unit + w.select(-2, 1) * near).sum(2);  // [B, S, 3]
  const auto phase = geometry.delta * (2 * M_PI);
  const auto fractional = (w.select(-2, 2) * phase.sin() + w.select(-2, 3) * (2 * phase).sin()).sum(2);
  // Cartesian to fractional, scaled to the edge of the cell so that the noise level does not depend on its
  // size. Cells are never singular: their inverse is not checked, which a GPU would have to report back.
  const auto edge = at::linalg_det(input.cells).abs().pow(1.0 / 3.0).view({-1, 1, 1});
  const auto from_cartesian = at::matmul(cartesian, std::get<0>(at::linalg_inv_ex(input.cells))) * edge;
  return to_site_coordinates(batch, from_cartesian + fractional + head_direct_(h));
}

torch::Tensor DenoiserImpl::lattice_head(const GeometryBatch& batch, const PairGeometry& geometry,
                                         const torch::Tensor& weights, const torch::Tensor& h,
                                         const torch::Tensor& c) {
  const auto share = (batch.multiplicity / batch.n_atoms.unsqueeze(-1)).unsqueeze(-1);  // [B, S, 1]
  const auto pooled = (h * share).sum(1);                                               // [B, dim]
  const auto direct = lattice_out_(at::silu(lattice_in_(at::cat({pooled, c}, -1))));    // [B, 6]
  const auto v = geometry.vector;
  const auto squares = v * v;
  const double r = std::sqrt(2.0);
  const auto mixed = at::stack({v.select(-1, 1) * v.select(-1, 2), v.select(-1, 0) * v.select(-1, 2),
                                v.select(-1, 0) * v.select(-1, 1)},
                               -1) *
                     r;
  const auto mandel = at::cat({squares, mixed}, -1) / squares.sum(-1, true).clamp_min(0.25);   // [B, S, N, 6]
  const auto virial = ((mandel * weights.select(-1, 4).unsqueeze(-1)).sum(2) * share).sum(1);  // [B, 6]
  const auto sum = (direct + virial_scale_ * virial).unsqueeze(-1);
  return at::matmul(batch.lattice_projector, sum).squeeze(-1);
}

DenoiserImpl::Pairs DenoiserImpl::embed_pairs(const GeometryBatch& batch, const DenoiserInput& input,
                                              const torch::Tensor& h, const torch::Tensor& c) {
  const auto [geometry, guess] = [&] {
    RECORD_USER_SCOPE("pair features");
    const bool guessed = config_.self_conditioning && input.guess_coords.defined();
    return std::make_pair(
        pair_geometry(batch, input.coords, input.cells),
        guessed ? pair_geometry(batch, input.guess_coords, input.guess_cells).features : torch::Tensor());
  }();
  RECORD_USER_SCOPE("pair embedding");
  const int64_t b = h.size(0), s = h.size(1), n = batch.atom_slot.size(1);
  const auto copies = at::one_hot(batch.atom_slot, s).to(h.scalar_type()) * batch.atom_mask.unsqueeze(-1);
  const auto per_query = pair_query_(at::cat({h, c.unsqueeze(1).expand({b, s, -1})}, -1)).unsqueeze(2);
  const auto per_key = at::matmul(copies, pair_key_(h)).unsqueeze(1);  // [B, 1, N, p]
  auto mixed = nn::linear(pair_in_, geometry.features, low_precision_) + per_query + per_key;
  if (guess.defined()) mixed = mixed + nn::linear(guess_in_, guess, low_precision_);
  const auto embedding = nn::linear(pair_mid_, at::silu(mixed), low_precision_);  // [B, S, N, p]
  const auto padding = (1 - batch.atom_mask).view({b, 1, 1, n}) * kMasked;
  const auto biases = nn::linear(pair_bias_, at::silu(embedding), low_precision_).permute({0, 3, 1, 2}) +
                      padding;  // [B, L H, S, N]
  return {geometry, copies, embedding, biases};
}

DenoiserOutput DenoiserImpl::heads(const GeometryBatch& batch, const DenoiserInput& input, const Pairs& pairs,
                                   const torch::Tensor& h, const torch::Tensor& c) {
  RECORD_USER_SCOPE("heads");
  const auto key = at::matmul(pairs.copies, head_key_(h)).unsqueeze(1);
  const auto state = at::silu(pairs.embedding + head_query_(h).unsqueeze(2) + key);        // [B, S, N, p]
  const auto weights = head_weights_(state) * batch.atom_mask.unsqueeze(1).unsqueeze(-1);  // [B, S, N, k]
  DenoiserOutput out;
  if (config_.image_head) out.images = image_head_(state);
  if (config_.copy_head) out.copies = copy_head_(state).squeeze(-1);
  out.coords = coordinate_head(batch, input, pairs.geometry, weights, h);
  out.lattice = lattice_head(batch, pairs.geometry, weights, h, c);
  return out;
}

DenoiserOutput DenoiserImpl::forward(const GeometryBatch& batch, const DenoiserInput& input) {
  const auto c = condition(batch, input);
  auto h = element_(batch.elements) + site_(batch.site_dimension) +
           degree_(batch.degree.clamp_max(kMaxDegree)) +
           slot_in_(batch.multiplicity.clamp_min(1).log().unsqueeze(-1));  // [B, S, dim]
  const auto pairs = embed_pairs(batch, input, h, c);
  for (int64_t k = 0; k < config_.layers; ++k) {
    h = blocks_[k]->as<DenoiserBlock>()->forward(
        h, c, pairs.biases.narrow(1, k * config_.heads, config_.heads), pairs.embedding, pairs.copies);
  }
  return heads(batch, input, pairs, final_norm_(h), c);
}

}  // namespace clamp::diffusion
