// Reads CLIP's text tower from safetensors with the names of Hugging Face or of OpenAI.
#include <fmt/format.h>

#include <filesystem>
#include <set>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/bpe_tokenizer.h"
#include "encoders/clip_text.h"
#include "encoders/text_import.h"

namespace clamp::encoders {
namespace {

constexpr int64_t kHeadWidth = 64;

std::string weights_file(const std::string& directory) {
  const std::string usual = directory + "/model.safetensors";
  if (std::filesystem::exists(usual)) return usual;
  std::set<std::string> found;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(directory, ignored)) {
    if (entry.path().extension() == ".safetensors") found.insert(entry.path().string());
  }
  if (found.size() != 1) {
    fail(fmt::format("{}: {} safetensors files, expected model.safetensors or one of another name", directory,
                     found.size()));
  }
  return *found.begin();
}

/// Takes tensors by name and names the file where one is missing or misshaped.
class Source {
 public:
  explicit Source(const std::string& path) : path_(path), file_(nn::load_tensors(path)) {}
  const std::string& path() const { return path_; }
  bool has(const std::string& name) const { return file_.tensors.count(name) > 0; }
  torch::Tensor take(const std::string& name, int64_t dims) const {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end()) fail(fmt::format("{}: tensor {} is missing", path_, name));
    if (found->second.dim() != dims) {
      fail(fmt::format("{}: tensor {} has {} dimensions, expected {}", path_, name, found->second.dim(),
                       dims));
    }
    return found->second.to(torch::kFloat32);
  }
  void linear(const std::string& from, const std::string& to, nn::TensorMap& weights) const {
    weights[to + ".weight"] =
        take(from + ".weight",
             from.find("norm") == std::string::npos && from.find("ln_") == std::string::npos ? 2 : 1);
    weights[to + ".bias"] = take(from + ".bias", 1);
  }

 private:
  std::string path_;
  nn::TensorFile file_;
};

/// @return the number of blocks
int64_t take_hugging_face(const Source& source, nn::TensorMap& weights) {
  const std::string root = "text_model.";
  weights["tokens.weight"] = source.take(root + "embeddings.token_embedding.weight", 2);
  weights["positions.weight"] = source.take(root + "embeddings.position_embedding.weight", 2);
  int64_t block = 0;
  for (;; ++block) {
    const std::string from = fmt::format("{}encoder.layers.{}.", root, block);
    if (!source.has(from + "layer_norm1.weight")) break;
    const std::string to = fmt::format("blocks.{}.", block);
    source.linear(from + "layer_norm1", to + "norm_attention", weights);
    source.linear(from + "layer_norm2", to + "norm_mlp", weights);
    source.linear(from + "self_attn.out_proj", to + "attention_out", weights);
    source.linear(from + "mlp.fc1", to + "mlp_in", weights);
    source.linear(from + "mlp.fc2", to + "mlp_out", weights);
    std::vector<torch::Tensor> matrices, biases;
    for (const char* const part : {"q_proj", "k_proj", "v_proj"}) {
      matrices.push_back(source.take(from + "self_attn." + part + ".weight", 2));
      biases.push_back(source.take(from + "self_attn." + part + ".bias", 1));
    }
    weights[to + "qkv.weight"] = at::cat(matrices);
    weights[to + "qkv.bias"] = at::cat(biases);
  }
  source.linear(root + "final_layer_norm", "norm", weights);
  weights["projection.weight"] = source.take("text_projection.weight", 2);
  return block;
}

int64_t take_openai(const Source& source, nn::TensorMap& weights) {
  weights["tokens.weight"] = source.take("token_embedding.weight", 2);
  weights["positions.weight"] = source.take("positional_embedding", 2);
  int64_t block = 0;
  for (;; ++block) {
    const std::string from = fmt::format("transformer.resblocks.{}.", block);
    if (!source.has(from + "ln_1.weight")) break;
    const std::string to = fmt::format("blocks.{}.", block);
    source.linear(from + "ln_1", to + "norm_attention", weights);
    source.linear(from + "ln_2", to + "norm_mlp", weights);
    source.linear(from + "attn.out_proj", to + "attention_out", weights);
    source.linear(from + "mlp.c_fc", to + "mlp_in", weights);
    source.linear(from + "mlp.c_proj", to + "mlp_out", weights);
    weights[to + "qkv.weight"] = source.take(from + "attn.in_proj_weight", 2);
    weights[to + "qkv.bias"] = source.take(from + "attn.in_proj_bias", 1);
  }
  source.linear("ln_final", "norm", weights);
  weights["projection.weight"] = source.take("text_projection", 2).t().contiguous();
  return block;
}

ClipTextConfig config_of(const nn::TensorMap& weights, int64_t layers, const Source& source) {
  ClipTextConfig config;
  config.layers = layers;
  config.width = weights.at("tokens.weight").size(1);
  config.rows = weights.at("tokens.weight").size(0);
  config.start = config.rows - 2;
  config.end = config.rows - 1;
  config.window = weights.at("positions.weight").size(0);
  config.projection = weights.at("projection.weight").size(0);
  config.heads = std::max<int64_t>(1, config.width / kHeadWidth);
  if (layers == 0) fail(fmt::format("{}: holds no block of a CLIP text tower", source.path()));
  config.hidden = weights.at("blocks.0.mlp_in.weight").size(0);
  return config;
}

}  // namespace

ImportedText import_clip(const std::string& directory) {
  const Source source(weights_file(directory));
  ImportedText result;
  const bool hugging_face = source.has("text_model.embeddings.token_embedding.weight");
  if (!hugging_face && !source.has("token_embedding.weight")) {
    fail(
        fmt::format("{}: holds no CLIP text tower: neither text_model.embeddings.token_embedding.weight nor "
                    "token_embedding.weight is there",
                    source.path()));
  }
  const int64_t layers =
      hugging_face ? take_hugging_face(source, result.weights) : take_openai(source, result.weights);
  ClipText encoder(config_of(result.weights, layers, source), 1);
  for (const auto& parameter : encoder.named_parameters()) {
    if (!encoder.is_pretrained(parameter.key())) continue;
    const auto& found = result.weights.at(parameter.key());
    if (found.sizes() != parameter.value().sizes()) {
      fail(fmt::format("{}: the tensor for {} has {} elements, expected {}", source.path(), parameter.key(),
                       found.numel(), parameter.value().numel()));
    }
  }
  result.options = encoder.options_yaml(0);
  result.tokenizer = bpe_tokenizer_json(read_file(directory + "/vocab.json"),
                                        read_file(directory + "/merges.txt"), directory);
  make_bpe_tokenizer(result.tokenizer, directory);
  result.source = "CLIP text tower";
  return result;
}

}  // namespace clamp::encoders
