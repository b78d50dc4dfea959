// The folder of a released model: which files it holds and where it is found.
#pragma once

#include <map>
#include <string>

namespace clamp::apps {

struct CheckpointDir {
  std::string path;
  std::string encoders() const { return path + "/encoders.safetensors"; }
  std::string geometry() const { return path + "/geometry.safetensors"; }
  std::string guide() const { return path + "/guide.safetensors"; }  ///< may be absent
  std::string library() const { return path + "/library.safetensors"; }
  std::string composer() const { return path + "/composer.safetensors"; }
  std::string geometry_table() const { return path + "/geometry_table.json"; }
};

/// `given`, or else what the environment variable CLAMP_CHECKPOINT names, or else checkpoints/mof64 beside
/// the build or installed folder. Throws clamp::UsageError that names the places looked at.
CheckpointDir find_checkpoint(const std::string& given);

/// File name -> SHA-256, of the files of the folder that are there.
std::map<std::string, std::string> digests(const CheckpointDir& checkpoint);

}  // namespace clamp::apps
