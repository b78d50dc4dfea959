// The files of a trained CLAMP: encoders.safetensors and its tokenizer in one folder (docs/formats.md).
#pragma once

#include <memory>
#include <string>

#include "encoders/contrastive.h"
#include "encoders/tokenizer_file.h"
#include "nn/checkpoint.h"

namespace clamp::encoders {

constexpr int64_t kEncoderFormat = 1;

std::string encoder_file(const std::string& directory);  ///< <directory>/encoders.safetensors

/// Metadata of an encoder file: format, format_version, config (YAML), tokenizer (fingerprint) and what
/// `more` adds.
nn::Metadata encoder_metadata(const ContrastivePair& pair, const Tokenizer& tokenizer,
                              const nn::Metadata& more);

/// Writes weights (names as ContrastivePair's, in float16 where `half`) and metadata.
void save_contrastive_pair(const std::string& path, const nn::TensorMap& weights,
                           const nn::Metadata& metadata, bool half);

/// Throws clamp::Error for a file that is no encoder checkpoint, of another format version, for another
/// tokenizer, or with weights that do not fit its configuration.
std::shared_ptr<ContrastivePair> load_contrastive_pair(const std::string& path, const Tokenizer& tokenizer);

}  // namespace clamp::encoders
