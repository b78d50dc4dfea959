// What all trainings have in common: one optimizer update, and the file that --resume reads.
#pragma once

#include <torch/nn/module.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/adamw.h"
#include "nn/checkpoint.h"
#include "nn/ema.h"
#include "train/update_config.h"

namespace clamp::train {

struct Update {
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
};

/// One update from gradients that are there: clips them, steps, averages.
/// @param losses  named values; throws clamp::Error with them where one, or the gradient, is not finite
Update apply_update(nn::AdamW& optimizer, nn::Ema& ema, const torch::nn::Module& module,
                    const UpdateConfig& config, const std::vector<std::pair<std::string, double>>& losses);

/// Weights, averages, optimizer and step in one file, with the identity of the run.
void save_training_state(const std::string& path, const torch::nn::Module& module, const nn::AdamW& optimizer,
                         const nn::Ema& ema, nn::Metadata identity);
/// Throws clamp::Error for a state of another identity, naming what differs.
void restore_training_state(const std::string& path, torch::nn::Module& module, nn::AdamW& optimizer,
                            nn::Ema& ema, const nn::Metadata& identity);

}  // namespace clamp::train
