// The encoders by name, and the pair of them that is CLAMP.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/yaml.h"
#include "encoders/crystal_encoder.h"
#include "encoders/text_encoder.h"

namespace clamp::encoders {

/// What an encoder must fit beside its own options.
struct EncoderShape {
  int64_t dim = 256;          ///< of the shared space
  int64_t vocabulary = 8000;  ///< pieces of the tokenizer (text encoders)
};

std::vector<std::string> crystal_encoder_names();
std::vector<std::string> text_encoder_names();

/// Reads `type` and the options of that type from a map. Weights are drawn from the default generator.
std::shared_ptr<CrystalEncoder> make_crystal_encoder(YamlMap& options, const EncoderShape& shape);
std::shared_ptr<TextEncoder> make_text_encoder(YamlMap& options, const EncoderShape& shape);

}  // namespace clamp::encoders
