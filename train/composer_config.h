// Configuration of a composer training run: the section `composer` of a YAML file.
#pragma once

#include <string>

#include "diffusion/composer_network.h"

namespace clamp::train {

struct ComposerTraining {
  int64_t max_atoms = 64;  ///< of the primitive cell
  int64_t min_count = 1;   ///< molecule forms that occur less often are not learnt
  int64_t captions = 8;    ///< texts an example, drawn and encoded once
  int64_t batch_size = 64;
  int64_t steps = 6000;
  double learning_rate = 1.5e-3;  ///< peak, after the warm-up; then half a cosine down to 2 %
  int64_t warmup_steps = 200;
  double weight_decay = 0.05;  ///< of matrices
  double clip_norm = 1;
  double ema_decay = 0.998;
  double text_dropout = 0.15;  ///< share of prompts that are left out, for guidance
  double word_dropout = 0.1;   ///< share of a text's tokens that are hidden
  double token_dropout = 0.1;  ///< share of input tokens that are masked (autoregressive only)
  int64_t log_every = 20;
  int64_t validate_every = 500;
  int64_t save_every = 500;
};

struct ComposerRun {
  diffusion::ComposerConfig model;
  ComposerTraining training;
  std::string yaml() const;  ///< the resolved configuration
};

/// Throws clamp::UsageError with file, line and key for what cannot be. An empty path gives the defaults.
ComposerRun read_composer_run(const std::string& path);

}  // namespace clamp::train
