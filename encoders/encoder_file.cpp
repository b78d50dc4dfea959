#include "encoders/encoder_file.h"

#include <fmt/format.h>

#include "core/error.h"
#include "core/yaml.h"

namespace clamp::encoders {
namespace {

constexpr char kFormatName[] = "clamp-encoders";

const std::string& metadata_value(const nn::Metadata& metadata, const std::string& key,
                                  const std::string& path) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) {
    fail(fmt::format("{}: metadata '{}' is missing, so this is no CLAMP encoder checkpoint", path, key));
  }
  return found->second;
}

void require_format(const nn::Metadata& metadata, const std::string& path) {
  const auto& format = metadata_value(metadata, "format", path);
  if (format != kFormatName) {
    fail(fmt::format("{}: checkpoint of format '{}', expected '{}'", path, format, kFormatName));
  }
  const auto& version = metadata_value(metadata, "format_version", path);
  if (version != std::to_string(kEncoderFormat)) {
    fail(fmt::format("{}: encoder format version {}, this program reads version {}", path, version,
                     kEncoderFormat));
  }
}

}  // namespace

std::string encoder_file(const std::string& directory) { return directory + "/encoders.safetensors"; }

nn::Metadata encoder_metadata(const ContrastivePair& pair, const Tokenizer& tokenizer,
                              const nn::Metadata& more) {
  nn::Metadata metadata = more;
  metadata["format"] = kFormatName;
  metadata["format_version"] = std::to_string(kEncoderFormat);
  metadata["config"] = pair.config_yaml();
  metadata["tokenizer"] = tokenizer.fingerprint();
  return metadata;
}

void save_contrastive_pair(const std::string& path, const nn::TensorMap& weights,
                           const nn::Metadata& metadata, bool half) {
  nn::TensorMap stored;
  for (const auto& [name, tensor] : weights) {
    const bool matrix = half && tensor.dim() >= 2 && tensor.is_floating_point();
    stored[name] = matrix ? tensor.to(torch::kFloat16) : tensor;
  }
  nn::save_tensors(path, stored, metadata);
}

std::shared_ptr<ContrastivePair> load_contrastive_pair(const std::string& path, const Tokenizer& tokenizer) {
  const auto file = nn::load_tensors(path);
  require_format(file.metadata, path);
  const auto& fingerprint = metadata_value(file.metadata, "tokenizer", path);
  if (fingerprint != tokenizer.fingerprint()) {
    fail(fmt::format(
        "{}: was trained with tokenizer {}, the tokenizer beside it is {}; put the right one into the "
        "folder",
        path, fingerprint, tokenizer.fingerprint()));
  }
  auto config = YamlMap::from_text(metadata_value(file.metadata, "config", path), path + " (config)");
  auto pair = make_contrastive_pair(config, tokenizer.vocabulary_size());
  config.finish();
  nn::load_state(*pair, file.tensors, "", path);
  return pair;
}

}  // namespace clamp::encoders
