#include "diffusion/composer_model.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>

#include "core/error.h"

namespace clamp::diffusion {
namespace {

std::string to_json(const ComposerConfig& c) {
  return nlohmann::json{
      {"width", c.width},       {"layers", c.layers},           {"heads", c.heads},
      {"hidden", c.hidden},     {"text_layers", c.text_layers}, {"text_width", c.text_width},
      {"text_dim", c.text_dim}, {"max_length", c.max_length},   {"causal", c.causal}}
      .dump();
}

ComposerConfig config_from_json(const std::string& text, const std::string& source) {
  ComposerConfig c;
  try {
    const auto json = nlohmann::json::parse(text);
    json.at("width").get_to(c.width);
    json.at("layers").get_to(c.layers);
    json.at("heads").get_to(c.heads);
    json.at("hidden").get_to(c.hidden);
    json.at("text_layers").get_to(c.text_layers);
    json.at("text_width").get_to(c.text_width);
    json.at("text_dim").get_to(c.text_dim);
    json.at("max_length").get_to(c.max_length);
    json.at("causal").get_to(c.causal);
  } catch (const nlohmann::json::exception& e) {
    fail(fmt::format("{}: the configuration in its header cannot be read ({})", source, e.what()));
  }
  constexpr int64_t kLargest = 4096;
  for (const int64_t size :
       {c.width, c.layers, c.heads, c.hidden, c.text_layers + 1, c.text_width, c.text_dim, c.max_length}) {
    if (size < 1 || size > kLargest)
      fail(fmt::format("{}: a size of {} in its configuration, expected 1 to {}", source, size, kLargest));
  }
  if (c.width % c.heads != 0)
    fail(fmt::format("{}: width {} is no multiple of {} heads", source, c.width, c.heads));
  return c;
}

const torch::Tensor& tensor(const nn::TensorFile& file, const std::string& name, torch::Dtype dtype,
                            const std::string& path) {
  const auto it = file.tensors.find(name);
  if (it == file.tensors.end() || it->second.dim() != 1 || it->second.scalar_type() != dtype)
    fail(fmt::format("{}: {} is missing or no list of {}", path, name, c10::toString(dtype)));
  return it->second;
}

ComposerKnowledge read_knowledge(const nn::TensorFile& file, const std::string& path) {
  ComposerKnowledge knowledge;
  const auto& numbers = tensor(file, "dictionary", torch::kInt32, path);
  knowledge.dictionary = ComposerDictionary::from_numbers(
      {numbers.data_ptr<int32_t>(), numbers.data_ptr<int32_t>() + numbers.numel()}, path);
  const auto& of_form = tensor(file, "molecule_of_form", torch::kInt64, path);
  knowledge.molecule_of_form.assign(of_form.data_ptr<int64_t>(),
                                    of_form.data_ptr<int64_t>() + of_form.numel());
  const auto& text = tensor(file, "molecules", torch::kUInt8, path);
  std::istringstream lines(std::string(reinterpret_cast<const char*>(text.data_ptr<uint8_t>()),
                                       static_cast<size_t>(text.numel())));
  for (std::string line; std::getline(lines, line);) knowledge.molecules.push_back(line);
  const auto& known = tensor(file, "known", torch::kInt64, path);
  knowledge.known.assign(known.data_ptr<int64_t>(), known.data_ptr<int64_t>() + known.numel());
  const auto n = static_cast<int64_t>(knowledge.molecules.size());
  const bool good = of_form.numel() == knowledge.dictionary.n_forms() &&
                    std::is_sorted(knowledge.known.begin(), knowledge.known.end()) &&
                    std::all_of(knowledge.molecule_of_form.begin(), knowledge.molecule_of_form.end(),
                                [&](int64_t m) { return m >= 0 && m < n; });
  if (!good) fail(fmt::format("{}: molecules and forms do not fit each other", path));
  return knowledge;
}

// Draws from softmax(scores / temperature) over what is allowed; -1 where nothing is.
int32_t pick(const float* scores, const std::vector<uint8_t>& allowed, double temperature, Rng& rng) {
  double largest = -1e300;
  for (size_t k = 0; k < allowed.size(); ++k) {
    if (allowed[k]) largest = std::max(largest, static_cast<double>(scores[k]));
  }
  double total = 0;
  std::vector<std::pair<int32_t, double>> weights;
  for (size_t k = 0; k < allowed.size(); ++k) {
    if (!allowed[k]) continue;
    total += std::exp((static_cast<double>(scores[k]) - largest) / temperature);
    weights.emplace_back(static_cast<int32_t>(k), total);
  }
  if (weights.empty()) return -1;
  const double at = rng.uniform() * total;
  for (const auto& [index, sum] : weights) {
    if (at < sum) return index;
  }
  return weights.back().first;
}

// [2 n, w] with the prompt and without -> [n, w] guided; [n, w] stays. Logits are linear in the states, so
// this guides them.
torch::Tensor guided_states(const torch::Tensor& states, bool guided, double scale) {
  if (!guided) return states;
  const auto halves = states.chunk(2, 0);
  return halves[1] + scale * (halves[0] - halves[1]);
}

// Two texts of equal numbers of rows under each other, the shorter one padded.
ComposerText joined(const ComposerText& a, const ComposerText& b) {
  const auto words = std::max(a.states.size(1), b.states.size(1));
  const auto pad = [&](const ComposerText& text) {
    const auto more = words - text.states.size(1);
    return std::make_pair(at::constant_pad_nd(text.states, {0, 0, 0, more}),
                          at::constant_pad_nd(text.bias, {0, more}, -1e9));
  };
  const auto [states_a, bias_a] = pad(a);
  const auto [states_b, bias_b] = pad(b);
  return {at::cat({states_a, states_b}), at::cat({bias_a, bias_b}), at::cat({a.whole, b.whole})};
}

}  // namespace

ComposerModel::ComposerModel(const ComposerConfig& config, ComposerKnowledge knowledge)
    : config_(config),
      knowledge_(std::move(knowledge)),
      facts_(knowledge_.dictionary),
      network_(config, knowledge_.molecule_of_form) {}

std::unique_ptr<ComposerModel> ComposerModel::load(const std::string& path, torch::Device device) {
  const auto file = nn::load_tensors(path);
  const auto value = [&](const std::string& key) {
    const auto it = file.metadata.find(key);
    return it == file.metadata.end() ? std::string() : it->second;
  };
  if (value("format") != kComposerFormat)
    fail(fmt::format("{}: its format is '{}', expected {}", path, value("format"), kComposerFormat));
  auto model =
      std::make_unique<ComposerModel>(config_from_json(value("config"), path), read_knowledge(file, path));
  nn::load_state(*model->network_, file.tensors, "network.", path);
  model->network_->to(device);
  model->network_->eval();
  model->network_->freeze();
  model->metadata_ = file.metadata;
  return model;
}

void ComposerModel::save(const std::string& path, const nn::TensorMap& weights,
                         const nn::Metadata& extra) const {
  nn::TensorMap tensors;
  for (const auto& [name, value] : weights)
    tensors["network." + name] = value.dim() >= 2 ? value.to(at::kHalf) : value;
  const auto numbers = knowledge_.dictionary.to_numbers();
  tensors["dictionary"] = torch::tensor(numbers, torch::kInt32);
  tensors["molecule_of_form"] = torch::tensor(knowledge_.molecule_of_form, torch::kInt64);
  tensors["known"] = torch::tensor(knowledge_.known, torch::kInt64);
  std::string text;
  for (const auto& smiles : knowledge_.molecules) text += smiles + "\n";
  tensors["molecules"] = torch::tensor(std::vector<uint8_t>(text.begin(), text.end()), torch::kUInt8);
  nn::Metadata metadata = extra;
  metadata["format"] = kComposerFormat;
  metadata["config"] = to_json(config_);
  nn::save_tensors(path, tensors, metadata);
}

std::vector<Tokens> ComposerModel::draw(const ComposerPrompt& prompt, const ComposerPrompt* negative,
                                        const ComposerDemands& demands, const DrawOptions& options,
                                        const std::vector<uint64_t>& seeds) {
  const torch::NoGradGuard no_grad;
  if (seeds.empty()) return {};
  TORCH_CHECK(prompt.states.size(0) == 1, "one prompt at a time, got ", prompt.states.size(0));
  const bool guided = negative != nullptr || (options.guidance_scale != 1 && options.guidance_scale != 0);
  const auto n = static_cast<int64_t>(seeds.size());
  const auto device = network_->parameters().front().device();
  const auto read = [&](const ComposerPrompt& p, bool nothing) {
    const auto here = [&](const torch::Tensor& t) { return t.to(device); };
    const auto one =
        network_->read({here(p.states), here(p.mask), here(p.embedding),
                        nothing ? torch::ones_like(here(p.nothing)) : here(p.nothing), here(p.large)});
    const auto repeat = [&](const torch::Tensor& t) { return t.repeat_interleave(n, 0); };
    return ComposerText{repeat(one.states), repeat(one.bias), repeat(one.whole)};
  };
  auto text = read(prompt, options.guidance_scale == 0 && negative == nullptr);
  if (guided) text = joined(text, negative != nullptr ? read(*negative, false) : read(prompt, true));
  return config_.causal ? draw_causal(text, guided, demands, options, seeds)
                        : draw_masked(text, guided, demands, options, seeds);
}

std::vector<Tokens> ComposerModel::draw_causal(const ComposerText& text, bool guided,
                                               const ComposerDemands& demands, const DrawOptions& options,
                                               const std::vector<uint64_t>& seeds) {
  const auto n = static_cast<int64_t>(seeds.size());
  std::vector<Tokens> drawn(seeds.size(), {token::kBegin});
  std::vector<ComposerGrammar> grammars(seeds.size(), ComposerGrammar(facts_, demands));
  std::vector<Rng> rngs;
  for (const auto seed : seeds) rngs.emplace_back(seed);
  std::vector<char> active(seeds.size(), 1);
  ComposerCache cache;
  auto last = torch::full({text.whole.size(0), 1}, token::kBegin, torch::kInt64);
  std::vector<uint8_t> allowed;
  while (cache.length < config_.max_length && std::count(active.begin(), active.end(), 1) > 0) {
    const auto states = network_->forward(last.to(text.whole.device()), {}, text, &cache).squeeze(1);
    const auto scores = network_->logits(guided_states(states, guided, options.guidance_scale))
                            .to(at::kCPU, at::kFloat)
                            .contiguous();  // [n, n_tokens]
    auto* next = last.data_ptr<int64_t>();
    for (int64_t k = 0; k < n; ++k) {
      const auto s = static_cast<size_t>(k);
      if (!active[s]) continue;
      grammars[s].allowed(allowed);
      const auto* row = scores.data_ptr<float>() + k * scores.size(1);
      auto chosen = pick(row, allowed, options.temperature, rngs[s]);
      if (chosen == token::kEnd && !grammars[s].balanced()) {
        grammars[s].allowed_to_balance(allowed);
        chosen = pick(row, allowed, options.temperature, rngs[s]);
      }
      if (chosen < 0) {
        drawn[s].clear();
        active[s] = 0;
        continue;
      }
      drawn[s].push_back(chosen);
      grammars[s].push(chosen);
      if (grammars[s].finished()) active[s] = 0;
      next[k] = chosen;
      if (guided) next[n + k] = chosen;
    }
  }
  for (size_t s = 0; s < drawn.size(); ++s) {
    if (!grammars[s].finished()) drawn[s].clear();
  }
  return drawn;
}

// Any-order unmasking: in each step a share of the masked places, chosen at random, takes tokens.
std::vector<Tokens> ComposerModel::draw_masked(const ComposerText& text, bool guided,
                                               const ComposerDemands& demands, const DrawOptions& options,
                                               const std::vector<uint64_t>& seeds) {
  const auto n = static_cast<int64_t>(seeds.size());
  const int64_t length = config_.max_length;
  auto tokens = torch::full({text.whole.size(0), length}, token::kMask, torch::kInt64);
  const auto mask = torch::ones({text.whole.size(0), length}, torch::kBool).to(text.whole.device());
  auto* values = tokens.data_ptr<int64_t>();
  const auto set = [&](int64_t k, int64_t place, int32_t value) {
    values[k * length + place] = value;
    if (guided) values[(n + k) * length + place] = value;
  };
  std::vector<Rng> rngs;
  std::vector<std::vector<int64_t>> order(seeds.size());
  for (int64_t k = 0; k < n; ++k) {
    rngs.emplace_back(seeds[static_cast<size_t>(k)]);
    auto& places = order[static_cast<size_t>(k)];
    for (int64_t p = 1; p < length; ++p) places.push_back(p);
    for (size_t p = places.size(); p > 1; --p) std::swap(places[p - 1], places[rngs.back().below(p)]);
    set(k, 0, token::kBegin);
  }
  std::vector<uint8_t> allowed(static_cast<size_t>(knowledge_.dictionary.n_tokens()), 1);
  for (const int32_t never : {token::kMask, token::kBegin, token::kOpen, token::kClose})
    allowed[static_cast<size_t>(never)] = 0;
  for (int32_t f = 0; f < knowledge_.dictionary.n_forms(); ++f) {
    if (demands.allowed.any() && (facts_.elements(f) & ~demands.allowed).any())
      allowed[static_cast<size_t>(token::kForm + f)] = 0;
  }
  for (int64_t step = 0; step < options.diffusion_steps; ++step) {
    const auto states = network_->forward(tokens.to(text.whole.device()), mask, text);
    const auto mixed = guided_states(states, guided, options.guidance_scale).reshape({n * length, -1});
    const auto scores = network_->logits(mixed).to(at::kCPU, at::kFloat).view({n, length, -1});
    const auto end = (length - 1) * (step + 1) / options.diffusion_steps;
    for (int64_t k = 0; k < n; ++k) {
      for (int64_t p = (length - 1) * step / options.diffusion_steps; p < end; ++p) {
        const auto place = order[static_cast<size_t>(k)][static_cast<size_t>(p)];
        const auto* row = scores.data_ptr<float>() + (k * length + place) * scores.size(2);
        set(k, place, pick(row, allowed, options.temperature, rngs[static_cast<size_t>(k)]));
      }
    }
  }
  std::vector<Tokens> drawn(seeds.size());
  for (int64_t k = 0; k < n; ++k) {
    for (int64_t p = 0; p < length; ++p) {
      drawn[static_cast<size_t>(k)].push_back(static_cast<int32_t>(values[k * length + p]));
      if (drawn[static_cast<size_t>(k)].back() == token::kEnd) break;
    }
    // Demands are kept by giving up what breaks them.
    ComposerGrammar grammar(facts_, demands);
    for (size_t p = 1; p < drawn[static_cast<size_t>(k)].size(); ++p) {
      std::vector<uint8_t> may;
      grammar.allowed(may);
      const auto next = drawn[static_cast<size_t>(k)][p];
      if (!may[static_cast<size_t>(next)]) break;
      grammar.push(next);
    }
    if (!grammar.finished()) drawn[static_cast<size_t>(k)].clear();
  }
  return drawn;
}

}  // namespace clamp::diffusion
