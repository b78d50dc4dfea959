// Subcommands of clamp-train. Each adds itself to the program and gives what to run when it was chosen.
#pragma once

#include <functional>
#include <string>

#include "apps/cli.h"

namespace clamp::apps {

struct TrainCommand {
  std::string name;
  std::function<int()> run;  ///< the exit code
};

TrainCommand add_train_tokenizer(Program& program);
TrainCommand add_train_encoders(Program& program);

}  // namespace clamp::apps
