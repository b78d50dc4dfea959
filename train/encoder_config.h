// Configuration of encoder training: section `encoders` of a YAML file (configs/encoders.yaml).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/yaml.h"
#include "encoders/contrastive.h"
#include "train/update_config.h"

namespace clamp::train {

struct EncoderTraining : UpdateConfig {
  EncoderTraining() {
    max_atoms = 150;
    batch_size = 256;  // pairs; every other pair of the batch is a negative
    steps = 2000;
    ema_decay = 0.995;
    log_every = 10;
    validate_every = save_every = 200;
  }
  double pretrained_rate = 0.3;     ///< learning rate of imported text parameters, times learning_rate
  int64_t chunk_size = 0;           ///< pairs embedded at once, gradients cached; 0: the whole batch
  std::string loss = "infonce";     ///< or "soft": the paper's soft targets
  double descriptor_dropout = 0.1;  ///< share of a crystal's descriptors set to 0, drawn anew each time
  double token_dropout = 0.1;       ///< share of a text's tokens left out, drawn anew each time
  double lowercase_share = 0.15;    ///< texts turned to lower case, as many users type
  double own_text_share = 0.5;      ///< where a record has texts of its own (a title), how often one is taken
};
void read(YamlMap& map, EncoderTraining& config);
std::string to_yaml(const EncoderTraining& config, int indent);

struct EncoderRun {
  std::shared_ptr<encoders::ContrastivePair> pair;
  EncoderTraining training;
  /// The resolved section `encoders`.
  std::string yaml() const;
};

/// Reads `encoders.model` and `encoders.training` from a file, or takes the defaults where `path` is empty.
/// Weights are drawn from torch's default generator. Throws clamp::UsageError.
EncoderRun read_encoder_run(const std::string& path, int64_t vocabulary);

}  // namespace clamp::train
