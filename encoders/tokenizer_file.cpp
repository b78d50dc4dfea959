#include "encoders/tokenizer_file.h"

#include <fmt/format.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/bpe_tokenizer.h"
#include "encoders/unigram_tokenizer.h"

namespace clamp::encoders {

std::string tokenizer_json_file(const std::string& directory) { return directory + "/tokenizer.json"; }
std::string sentencepiece_model_file(const std::string& directory) { return directory + "/tokenizer.model"; }

std::string tokenizer_file(const std::string& directory) {
  const auto json = tokenizer_json_file(directory);
  std::error_code ignored;
  return std::filesystem::exists(json, ignored) ? json : sentencepiece_model_file(directory);
}

std::unique_ptr<Tokenizer> load_tokenizer(const std::string& path) {
  const auto bytes = read_file(path);
  if (bytes.empty() || bytes[0] != '{') return load_sentencepiece(path);
  const auto document = nlohmann::json::parse(bytes, nullptr, /*allow_exceptions=*/false);
  const auto type = document.is_object() ? document.value("type", nlohmann::json()) : nlohmann::json();
  if (!type.is_string()) fail(fmt::format("{}: is no tokenizer: expected JSON with a text 'type'", path));
  if (type == "unigram") return make_unigram_tokenizer(bytes, path);
  if (type == "bpe") return make_bpe_tokenizer(bytes, path);
  fail(fmt::format("{}: tokenizer of type '{}', expected unigram or bpe", path, type.get<std::string>()));
}

std::string hash_of_bytes(const std::string& bytes) {
  uint64_t hash = 0xcbf29ce484222325u;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3u;
  return fmt::format("{:016x}", hash);
}

}  // namespace clamp::encoders
