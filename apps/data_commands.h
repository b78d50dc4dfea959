// The commands of clamp-data; each adds its options to the program and returns what runs it.
#pragma once

#include <functional>

#include "apps/cli.h"

namespace clamp::apps {

/// Runs a command after parsing; gives the exit code. `command_line` is kept in what it writes.
using RunCommand = std::function<int(const CommonOptions& common, const std::string& command_line)>;

RunCommand add_import(Program& program);
RunCommand add_inspect(Program& program);
RunCommand add_export(Program& program);
RunCommand add_caption(Program& program);

}  // namespace clamp::apps
