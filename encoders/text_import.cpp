#include "encoders/text_import.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/tokenizer_file.h"

namespace clamp::encoders {
namespace {

constexpr char kFormat[] = "clamp-text-encoder";
constexpr char kVersion[] = "1";

std::string value_of(const nn::Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

}  // namespace

std::string imported_text_file(const std::string& directory) { return directory + "/text.safetensors"; }

void save_imported_text(const std::string& directory, const ImportedText& imported) {
  nn::save_tensors(imported_text_file(directory), imported.weights,
                   {{"format", kFormat},
                    {"format_version", kVersion},
                    {"config", imported.options},
                    {"source", imported.source},
                    {"tokenizer", hash_of_bytes(imported.tokenizer)}});
  write_file_atomically(tokenizer_json_file(directory), imported.tokenizer);
}

void load_imported_text(const std::string& path, TextEncoder& encoder) {
  const auto file = nn::load_tensors(path);
  if (value_of(file.metadata, "format") != kFormat || value_of(file.metadata, "format_version") != kVersion) {
    fail(
        fmt::format("{}: is no imported text encoder of format version {}; make one with clamp-train "
                    "import-text",
                    path, kVersion));
  }
  if (value_of(file.metadata, "config") != encoder.options_yaml(0)) {
    fail(fmt::format("{}: holds the encoder\n{}and encoders.model.text of the configuration is\n{}", path,
                     value_of(file.metadata, "config"), encoder.options_yaml(0)));
  }
  const torch::NoGradGuard no_grad;
  for (auto& parameter : encoder.named_parameters()) {
    if (!encoder.is_pretrained(parameter.key())) continue;
    const auto found = file.tensors.find(parameter.key());
    if (found == file.tensors.end()) fail(fmt::format("{}: tensor {} is missing", path, parameter.key()));
    if (found->second.sizes() != parameter.value().sizes()) {
      fail(fmt::format("{}: tensor {} has {} elements, expected {}", path, parameter.key(),
                       found->second.numel(), parameter.value().numel()));
    }
    parameter.value().copy_(found->second);
  }
}

}  // namespace clamp::encoders
