// Checkpoints: safetensors files with named tensors and string metadata. Weight files are treated as hostile.
//
// Format: 8-byte little-endian header length, JSON header {name: {dtype, shape, data_offsets}}, raw bytes
// (https://github.com/huggingface/safetensors). The header is padded with spaces to 8 bytes, names are
// sorted.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <map>
#include <string>

namespace clamp::nn {

using TensorMap = std::map<std::string, torch::Tensor>;
using Metadata = std::map<std::string, std::string>;

struct TensorFile {
  TensorMap tensors;  ///< contiguous, on the CPU
  Metadata metadata;  ///< the header's __metadata__
};

/// Written atomically. dtypes: F64 F32 F16 BF16 I64 I32 U8 BOOL.
void save_tensors(const std::string& path, const TensorMap& tensors, const Metadata& metadata);
/// Throws clamp::Error (path, what is wrong, what was expected) for anything malformed.
TensorFile load_tensors(const std::string& path);
/// Only the metadata; reads no tensor data.
Metadata load_metadata(const std::string& path);

/// Parameters and buffers of a module, names prefixed with `prefix` ("denoiser."), detached CPU copies.
TensorMap state_of(const torch::nn::Module& module, const std::string& prefix);
/// Copies into `module` every tensor under `prefix`; dtypes are converted to the module's. Missing,
/// unexpected and wrongly shaped names are collected and reported all together in one clamp::Error naming
/// `source`.
void load_state(torch::nn::Module& module, const TensorMap& tensors, const std::string& prefix,
                const std::string& source);

}  // namespace clamp::nn
