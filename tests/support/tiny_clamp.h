// A CLAMP checkpoint for tests, made in about a second: small networks with seeded random weights and a
// small tokenizer.
#pragma once

#include <cstdint>
#include <string>

namespace clamp::tests {

/// Configuration of the tiny pair, as `encoders.model` of a YAML file holds it.
std::string tiny_clamp_model_yaml();

/// Writes tokenizer.model into `directory`.
void write_tiny_tokenizer(const std::string& directory);

/// Writes tokenizer.model and encoders.safetensors into `directory`.
void write_tiny_clamp(const std::string& directory, uint64_t seed);

}  // namespace clamp::tests
