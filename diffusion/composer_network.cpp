#include "diffusion/composer_network.h"

#include <ATen/Functions.h>
#include <torch/nn/init.h>

#include <algorithm>

#include "diffusion/composer_tokens.h"
#include "nn/mixed_precision.h"

namespace clamp::diffusion {
namespace {

constexpr int64_t kModulations = 6;  // scale and shift of three norms
constexpr double kInitialSpread = 0.05;

int64_t count_molecules(const std::vector<int64_t>& molecule_of_form) {
  return molecule_of_form.empty() ? 1
                                  : 1 + *std::max_element(molecule_of_form.begin(), molecule_of_form.end());
}

// Keys after the query are out of reach: [t, t_all].
torch::Tensor causal_bias(int64_t t, int64_t before, const torch::TensorOptions& options) {
  const auto bias = torch::full({t, before + t}, -1e9, options);
  return torch::triu(bias, before + 1);
}

}  // namespace

ComposerBlockImpl::ComposerBlockImpl(const ComposerConfig& c)
    : heads_(c.heads),
      norm_self_(torch::nn::LayerNormOptions({c.width})),
      norm_cross_(torch::nn::LayerNormOptions({c.width})),
      norm_mlp_(torch::nn::LayerNormOptions({c.width})),
      modulation_(c.width, kModulations * c.width),
      qkv_(c.width, 3 * c.width),
      self_out_(c.width, c.width),
      cross_query_(c.width, c.width),
      cross_key_value_(c.width, 2 * c.width),
      cross_out_(c.width, c.width),
      mlp_in_(c.width, c.hidden),
      mlp_out_(c.hidden, c.width) {
  register_module("norm_self", norm_self_);
  register_module("norm_cross", norm_cross_);
  register_module("norm_mlp", norm_mlp_);
  register_module("modulation", modulation_);
  register_module("qkv", qkv_);
  register_module("self_out", self_out_);
  register_module("cross_query", cross_query_);
  register_module("cross_key_value", cross_key_value_);
  register_module("cross_out", cross_out_);
  register_module("mlp_in", mlp_in_);
  register_module("mlp_out", mlp_out_);
  torch::NoGradGuard no_grad;
  modulation_->weight.zero_();
  modulation_->bias.zero_();
}

torch::Tensor ComposerBlockImpl::split(const torch::Tensor& x) const {
  return x.view({x.size(0), x.size(1), heads_, x.size(2) / heads_})
      .transpose(1, 2);  // [b, heads, t, head_dim]
}

torch::Tensor ComposerBlockImpl::forward(const torch::Tensor& x, const torch::Tensor& bias,
                                         const ComposerText& text, ComposerCache* cache, size_t layer,
                                         bool low) {
  const bool first = cache == nullptr || cache->modulation.size() <= layer;
  const auto modulation = first ? nn::linear(modulation_, text.whole, false) : cache->modulation[layer];
  const auto m = modulation.unsqueeze(1).chunk(kModulations, -1);  // each [b, 1, w]
  const auto joined = [&](const torch::Tensor& heads) {
    return heads.transpose(1, 2).reshape({x.size(0), x.size(1), x.size(2)});  // [b, t, w]
  };
  const auto qkv = nn::linear(qkv_, norm_self_(x) * (1 + m[0]) + m[1], low).chunk(3, -1);
  auto keys = split(qkv[1]), values = split(qkv[2]);
  torch::Tensor text_keys, text_values;
  if (first) {
    const auto kv = nn::linear(cross_key_value_, text.states, low).chunk(2, -1);
    text_keys = split(kv[0]);
    text_values = split(kv[1]);
  }
  if (cache != nullptr) {
    if (first) {
      cache->modulation.push_back(modulation);
      cache->keys.push_back(keys);
      cache->values.push_back(values);
      cache->text_keys.push_back(text_keys);
      cache->text_values.push_back(text_values);
    } else {
      keys = cache->keys[layer] = torch::cat({cache->keys[layer], keys}, 2);
      values = cache->values[layer] = torch::cat({cache->values[layer], values}, 2);
      text_keys = cache->text_keys[layer];
      text_values = cache->text_values[layer];
    }
  }
  auto h = x + nn::linear(self_out_, joined(nn::scaled_dot_product(split(qkv[0]), keys, values, bias)), low);
  const auto query = split(nn::linear(cross_query_, norm_cross_(h) * (1 + m[2]) + m[3], low));
  h = h +
      nn::linear(cross_out_, joined(nn::scaled_dot_product(query, text_keys, text_values, text.bias)), low);
  const auto inner = at::gelu(nn::linear(mlp_in_, norm_mlp_(h) * (1 + m[4]) + m[5], low));
  return h + nn::linear(mlp_out_, inner, low);
}

ComposerNetworkImpl::ComposerNetworkImpl(const ComposerConfig& c, std::vector<int64_t> molecule_of_form)
    : config_(c),
      molecule_of_form_(torch::tensor(molecule_of_form, torch::kInt64)),
      tokens_(token::kForm, c.width),
      molecules_(count_molecules(molecule_of_form), c.width),
      forms_(std::max<int64_t>(1, static_cast<int64_t>(molecule_of_form.size())), c.width),
      positions_(c.max_length, c.width),
      states_norm_(torch::nn::LayerNormOptions({c.text_width})),
      text_norm_(torch::nn::LayerNormOptions({c.width})),
      norm_(torch::nn::LayerNormOptions({c.width})),
      states_in_(c.text_width, c.width),
      text_whole_(c.width, c.width),
      embedding_in_(c.text_dim, c.width) {
  register_module("tokens", tokens_);
  register_module("molecules", molecules_);
  register_module("forms", forms_);
  register_module("positions", positions_);
  torch::NoGradGuard no_grad;
  for (auto* embedding : {&tokens_, &molecules_, &positions_})
    (*embedding)->weight.normal_(0, kInitialSpread);
  forms_->weight.normal_(0, kInitialSpread / 5);
  bias_ = register_parameter("bias", torch::zeros({n_tokens()}));
  nothing_ = register_parameter("nothing", torch::randn({c.width}));
  large_ = register_parameter("large", torch::randn({c.width}) * kInitialSpread);
  for (int64_t k = 0; k < c.text_layers; ++k)
    text_blocks_->push_back(nn::TransformerBlock(nn::TransformerBlockConfig{c.width, c.heads, c.hidden}));
  for (int64_t k = 0; k < c.layers; ++k) blocks_->push_back(ComposerBlock(c));
  register_module("text_blocks", text_blocks_);
  register_module("blocks", blocks_);
  register_module("states_norm", states_norm_);
  register_module("text_norm", text_norm_);
  register_module("norm", norm_);
  register_module("states_in", states_in_);
  register_module("text_whole", text_whole_);
  register_module("embedding_in", embedding_in_);
}

int64_t ComposerNetworkImpl::n_tokens() const { return token::kForm + molecule_of_form_.numel(); }

void ComposerNetworkImpl::freeze() {
  const torch::NoGradGuard no_grad;
  frozen_table_ = table();
}

torch::Tensor ComposerNetworkImpl::table() {
  if (frozen_table_.defined()) return frozen_table_;
  const auto forms = molecules_->weight.index_select(0, molecule_of_form_.to(molecules_->weight.device())) +
                     forms_->weight.narrow(0, 0, molecule_of_form_.numel());  // [n_forms, w]
  return torch::cat({tokens_->weight, forms});                                // [n_tokens, w]
}

ComposerText ComposerNetworkImpl::read(const ComposerPrompt& prompt) {
  const auto b = prompt.states.size(0), words = prompt.states.size(1);
  TORCH_CHECK(prompt.states.size(2) == config_.text_width && prompt.embedding.size(1) == config_.text_dim,
              "states of width ", prompt.states.size(2), " and an embedding of ", prompt.embedding.size(1),
              ", expected ", config_.text_width, " and ", config_.text_dim);
  const auto nothing = prompt.nothing.view({b, 1});
  auto x = nn::linear(states_in_, states_norm_(prompt.states), low_precision_);  // [b, words, w]
  x = torch::where(nothing.unsqueeze(-1), nothing_.expand_as(x), x);
  // No prompt is one token.
  const auto first = torch::arange(words, prompt.mask.options().dtype(torch::kInt64)).eq(0).unsqueeze(0);
  const auto mask = torch::where(nothing, first, prompt.mask);
  ComposerText text;
  text.bias = nn::key_bias(mask, torch::kFloat32);
  for (const auto& block : *text_blocks_)
    x = block->as<nn::TransformerBlockImpl>()->forward(x, text.bias, low_precision_);
  text.states = text_norm_(x);
  const auto weight = mask.to(torch::kFloat32).unsqueeze(-1);
  const auto mean = (text.states * weight).sum(1) / weight.sum(1);  // [b, w]
  const auto given = nothing.logical_not().to(torch::kFloat32);
  const auto large = prompt.large.view({b, 1}).to(torch::kFloat32);
  text.whole = at::silu(text_whole_(mean) + embedding_in_(prompt.embedding) * given + large * large_);
  return text;
}

torch::Tensor ComposerNetworkImpl::forward(const torch::Tensor& tokens, const torch::Tensor& mask,
                                           const ComposerText& text, ComposerCache* cache) {
  const int64_t t = tokens.size(1), before = cache == nullptr ? 0 : cache->length;
  TORCH_CHECK(before + t <= config_.max_length, "a chemistry of ", before + t, " tokens, at most ",
              config_.max_length);
  auto x = table().index_select(0, tokens.reshape({-1})).view({tokens.size(0), t, config_.width});
  x = x + positions_->weight.narrow(0, before, t);
  torch::Tensor bias;
  if (config_.causal) {
    if (t > 1) bias = causal_bias(t, before, x.options());
  } else {
    bias = nn::key_bias(mask, torch::kFloat32);
  }
  for (size_t layer = 0; layer < blocks_->size(); ++layer)
    x = blocks_[layer]->as<ComposerBlockImpl>()->forward(x, bias, text, cache, layer, low_precision_);
  if (cache != nullptr) cache->length += t;
  return norm_(x);
}

torch::Tensor ComposerNetworkImpl::logits(const torch::Tensor& states) {
  if (low_precision_ && states.is_cpu() && states.size(0) % 2 == 0) {
    const auto product = at::linear(states.to(at::kBFloat16), table().to(at::kBFloat16)).to(at::kFloat);
    return product + bias_;
  }
  if (states.size(0) <= nn::kFewRows && !at::GradMode::is_enabled())
    return nn::linear_of_few(states, table(), bias_);
  return torch::addmm(bias_, states, table().t());  // [n, n_tokens]
}

}  // namespace clamp::diffusion
