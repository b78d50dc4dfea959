// Reads the TensorFlow.js files of the Universal Sentence Encoder Lite.
#include <fmt/format.h>

#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/text_import.h"
#include "encoders/unigram_tokenizer.h"
#include "encoders/use_lite.h"

namespace clamp::encoders {
namespace {

using Json = nlohmann::json;

Json parse(const std::string& path) {
  auto document = Json::parse(read_file(path), nullptr, /*allow_exceptions=*/false);
  if (document.is_discarded()) fail(fmt::format("{}: is no JSON", path));
  return document;
}

/// All float32 constants of the graph by name.
class Weights {
 public:
  explicit Weights(const std::string& folder) : path_(folder + "/model.json") {
    const auto document = parse(path_);
    try {
      for (const auto& group : document.at("weightsManifest")) read_group(group, folder);
    } catch (const Json::exception& error) {
      fail(fmt::format("{}: is no TensorFlow.js graph model: {}", path_, error.what()));
    }
  }

  /// The one tensor whose name ends in `end`, with this shape.
  torch::Tensor take(const std::string& end, std::vector<int64_t> shape) const {
    const torch::Tensor* found = nullptr;
    for (const auto& [name, tensor] : tensors_) {
      const bool fits =
          name.size() >= end.size() && name.compare(name.size() - end.size(), end.size(), end) == 0;
      if (!fits) continue;
      if (found != nullptr) fail(fmt::format("{}: several weights end in {}", path_, end));
      found = &tensor;
    }
    if (found == nullptr) fail(fmt::format("{}: no weight ends in {}", path_, end));
    int64_t elements = 1;
    for (const int64_t n : shape) elements *= n;
    if (found->numel() != elements) {
      fail(fmt::format("{}: weight {} has {} elements, expected {}", path_, end, found->numel(), elements));
    }
    return found->reshape(shape).clone();
  }
  /// A matrix stored [in, out], as a linear layer holds it: [out, in].
  torch::Tensor matrix(const std::string& end, int64_t in, int64_t out) const {
    return take(end, {in, out}).t().contiguous();
  }

 private:
  void read_group(const Json& group, const std::string& folder) {
    std::string bytes;
    for (const auto& shard : group.at("paths")) bytes += read_file(folder + "/" + shard.get<std::string>());
    size_t at = 0;
    for (const auto& weight : group.at("weights")) {
      const auto name = weight.at("name").get<std::string>();
      int64_t n = 1;
      for (const auto& size : weight.at("shape")) n *= size.get<int64_t>();
      const auto dtype = weight.at("dtype").get<std::string>();
      if ((dtype != "float32" && dtype != "int32") || weight.contains("quantization") || n < 0) {
        fail(fmt::format("{}: weight {} is {}, expected plain float32 or int32", path_, name, dtype));
      }
      const size_t size = 4 * static_cast<size_t>(n);
      if (size > bytes.size() - at) {
        fail(fmt::format("{}: the shards end within weight {} ({} bytes in all)", path_, name, bytes.size()));
      }
      if (dtype == "float32") {
        auto tensor = torch::empty({n}, torch::kFloat32);
        std::copy_n(bytes.data() + at, size, static_cast<char*>(tensor.data_ptr()));
        tensors_[name] = tensor;
      }
      at += size;
    }
  }

  std::string path_;
  std::map<std::string, torch::Tensor> tensors_;
};

void take_layer(const Weights& weights, int64_t layer, const UseLiteConfig& config, nn::TensorMap& result) {
  const int64_t in = layer == 0 ? config.embedding : config.width;
  const std::string to = fmt::format("layers.{}.", layer);
  const std::string block = fmt::format("/Layer_{}/TransformerLayer/", layer);
  const std::string norm = "layer_prepostprocess/layer_norm/layer_norm_", part = "/ConcatPartitions/concat";
  result[to + "norm_attention.weight"] = weights.take(block + norm + "scale" + part, {in});
  result[to + "norm_attention.bias"] = weights.take(block + norm + "bias" + part, {in});
  const std::string attention = block + "MultiheadAttention/";
  result[to + "qkv.weight"] = weights.matrix(attention + "qkv_transform_single/kernel/part_0", in, 3 * in);
  result[to + "qkv.bias"] = weights.take(attention + "qkv_transform_single/bias" + part, {3 * in});
  result[to + "attention_out.weight"] =
      weights.matrix(attention + "output_transform_single/kernel/part_0", in, config.width);
  result[to + "attention_out.bias"] =
      weights.take(attention + "output_transform_single/bias" + part, {config.width});
  if (in != config.width) {
    result[to + "residual.weight"] = weights.matrix(block + "dense/kernel" + part, in, config.width);
    result[to + "residual.bias"] = weights.take(block + "dense/bias" + part, {config.width});
  }
  const std::string mlp = block + "FFN/";
  result[to + "norm_mlp.weight"] = weights.take(mlp + norm + "scale" + part, {config.width});
  result[to + "norm_mlp.bias"] = weights.take(mlp + norm + "bias" + part, {config.width});
  result[to + "mlp_in.weight"] =
      weights.matrix(mlp + "conv1/Tensordot/Reshape_1", config.width, config.hidden);
  result[to + "mlp_in.bias"] = weights.take(mlp + "conv1/bias" + part, {config.hidden});
  result[to + "mlp_out.weight"] =
      weights.matrix(mlp + "conv2/Tensordot/Reshape_1", config.hidden, config.width);
  result[to + "mlp_out.bias"] = weights.take(mlp + "conv2/bias" + part, {config.width});
}

}  // namespace

ImportedText import_use_lite(const std::string& directory) {
  std::string folder = directory;
  for (const char* const inner : {"/dist", "/package/dist"}) {
    if (std::filesystem::exists(directory + inner + "/model.json")) folder = directory + inner;
  }
  const UseLiteConfig config;
  const Weights weights(folder);
  ImportedText result;
  // The graph adds the embedding to (embedding + timing signal): the table is kept doubled.
  result.weights["tokens.weight"] = 2 * weights.take("module/Embeddings_en", {config.rows, config.embedding});
  for (int64_t layer = 0; layer < config.layers; ++layer) take_layer(weights, layer, config, result.weights);
  const std::string hidden = "hidden_layers/tanh_layer_0/";
  result.weights["tanh.weight"] = weights.matrix(hidden + "weights", config.width, config.width);
  result.weights["tanh.bias"] = weights.take(hidden + "bias", {config.width});
  result.options = UseLite(config, 1).options_yaml(0);
  auto vocabulary = parse(folder + "/vocab.json");
  for (auto& piece : vocabulary) {
    // Seven pieces (with colons) have no score; the original's arithmetic takes that for 0.
    if (piece.is_array() && piece.size() == 2 && piece[1].is_null()) piece[1] = 0;
  }
  result.tokenizer =
      Json{{"type", "unigram"}, {"pieces", vocabulary}}.dump(-1, ' ', false, Json::error_handler_t::replace) +
      "\n";
  const auto tokenizer = make_unigram_tokenizer(result.tokenizer, folder + "/vocab.json");
  if (tokenizer->vocabulary_size() > config.rows) {
    fail(fmt::format("{}/vocab.json: {} pieces, the embedding table has {} rows", folder,
                     tokenizer->vocabulary_size(), config.rows));
  }
  result.source = "Universal Sentence Encoder Lite, Apache-2.0";
  return result;
}

}  // namespace clamp::encoders
