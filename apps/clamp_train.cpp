// clamp-train: trains the tokenizer and the models from a dataset and a YAML configuration.
#include <vector>

#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "apps/training_processes.h"
#include "core/error.h"

namespace clamp::apps {
namespace {

int body(int argc, const char* const* argv) {
  Program program("clamp-train", "Trains the tokenizer, the encoders and the diffusion models",
                  "clamp-train encoders --config configs/encoders.yaml --data qmof.h5 --out runs/encoders");
  add_torch_version(program);
  const std::vector<TrainCommand> commands = {add_train_tokenizer(program), add_import_text(program),
                                              add_train_encoders(program),  add_train_diffusion(program),
                                              add_train_guide(program),     add_train_library(program),
                                              add_train_packing(program)};
  program.parse(argc, argv);
  for (const auto& command : commands) {
    if (command.name != program.command()) continue;
    // What is no training of a network is done once, by the first process.
    const bool parallel = command.name == "encoders" || command.name == "diffusion";
    return parallel || launched().rank == 0 ? command.run() : kExitDone;
  }
  fail_usage("no subcommand given; see clamp-train --help");
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
