// Configuration of a composer training run: the section `composer` of a YAML file.
#pragma once

#include <string>

#include "diffusion/composer_network.h"
#include "train/update_config.h"

namespace clamp::train {

struct ComposerTraining : UpdateConfig {
  ComposerTraining() {
    steps = 6000;
    learning_rate = 1.5e-3;
    warmup_steps = 200;
    ema_decay = 0.998;
  }
  int64_t min_count = 1;       ///< molecule forms that occur less often are not learnt
  int64_t captions = 8;        ///< texts an example, drawn and encoded once
  double text_dropout = 0.15;  ///< share of prompts that are left out, for guidance
  double word_dropout = 0.1;   ///< share of a text's tokens that are hidden
  double token_dropout = 0.1;  ///< share of input tokens that are masked (autoregressive only)
};

struct ComposerRun {
  diffusion::ComposerConfig model;
  ComposerTraining training;
  std::string yaml() const;  ///< the resolved configuration
};

/// Throws clamp::UsageError with file, line and key for what cannot be. An empty path gives the defaults.
ComposerRun read_composer_run(const std::string& path);

}  // namespace clamp::train
