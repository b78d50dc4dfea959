#include "apps/checkpoint_dir.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <vector>

#include "apps/cli.h"
#include "apps/sha256.h"
#include "core/error.h"
#include "sampler/known_structures.h"

namespace clamp::apps {
namespace {

const char* const kDefaultModel = "mof64";

bool holds_model(const std::filesystem::path& folder) {
  std::error_code ignored;
  return std::filesystem::exists(folder / "encoders.safetensors", ignored);
}

CheckpointDir require_model(const std::string& folder, const std::string& origin) {
  if (!std::filesystem::is_directory(folder))
    fail_usage(fmt::format("{} {}: there is no such folder", origin, folder));
  if (!holds_model(folder)) {
    fail_usage(fmt::format("{} {}: the folder holds no encoders.safetensors, so it is no checkpoint", origin,
                           folder));
  }
  return {folder};
}

}  // namespace

CheckpointDir find_checkpoint(const std::string& given) {
  const char* const from_environment = std::getenv("CLAMP_CHECKPOINT");
  if (!given.empty()) return require_model(given, "--checkpoint");
  if (from_environment != nullptr && *from_environment != '\0')
    return require_model(from_environment, "CLAMP_CHECKPOINT");
  const std::filesystem::path program = executable_directory();
  const std::vector<std::filesystem::path> places = {program / "../../checkpoints" / kDefaultModel,
                                                     program / "../share/clamp/checkpoints" / kDefaultModel};
  std::string looked;
  for (const auto& place : places) {
    const auto clean = place.lexically_normal();
    if (holds_model(clean)) return {clean.string()};
    looked += (looked.empty() ? "" : " and ") + clean.string();
  }
  fail_usage(fmt::format("no checkpoint found (looked at {}); pass --checkpoint DIR or set CLAMP_CHECKPOINT",
                         looked));
}

std::map<std::string, std::string> digests(const CheckpointDir& checkpoint) {
  std::map<std::string, std::string> result;
  for (const auto& file : {checkpoint.encoders(), checkpoint.geometry(), checkpoint.library(),
                           checkpoint.composer(), checkpoint.guide(), checkpoint.geometry_table(),
                           checkpoint.path + "/" + sampler::kKnownStructuresFile,
                           checkpoint.path + "/tokenizer.json", checkpoint.path + "/tokenizer.model"}) {
    if (std::filesystem::exists(file)) result[std::filesystem::path(file).filename()] = sha256_of_file(file);
  }
  return result;
}

}  // namespace clamp::apps
