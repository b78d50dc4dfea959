// Subcommands of clamp-train. Each adds itself to the program and gives what to run when it was chosen.
#pragma once

#include <functional>
#include <string>

#include "apps/cli.h"
#include "train/training_hooks.h"

namespace clamp::apps {

struct TrainCommand {
  std::string name;
  std::function<int()> run;  ///< the exit code
};

TrainCommand add_train_tokenizer(Program& program);
TrainCommand add_import_text(Program& program);
TrainCommand add_train_encoders(Program& program);
TrainCommand add_train_diffusion(Program& program);
TrainCommand add_train_guide(Program& program);
TrainCommand add_train_library(Program& program);
TrainCommand add_train_packing(Program& program);

/// Stops on interruption and after `max_minutes` (0: no limit); a save is due every `save_minutes` (0:
/// never).
train::TrainingHooks make_training_hooks(double max_minutes, double save_minutes);

}  // namespace clamp::apps
