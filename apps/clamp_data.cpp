// clamp-data: makes, shows, takes apart and describes datasets.

#include <map>
#include <string>

#include "apps/data_commands.h"

namespace clamp::apps {
namespace {

constexpr size_t kLongestCommand = 4000;

std::string command_line(int argc, const char* const* argv) {
  std::string line;
  for (int i = 0; i < argc; ++i) line += (i > 0 ? " " : "") + std::string(argv[i]);
  if (line.size() > kLongestCommand) line = line.substr(0, kLongestCommand) + " ...";
  return line;
}

int body(int argc, const char* const* argv) {
  Program program("clamp-data", "Makes, shows, takes apart and describes datasets of structures",
                  "clamp-data import structures.tar.xz --csv qmof.csv --out qmof.h5");
  const std::map<std::string, RunCommand> commands{{"import", add_import(program)},
                                                   {"inspect", add_inspect(program)},
                                                   {"export", add_export(program)},
                                                   {"caption", add_caption(program)}};
  program.parse(argc, argv);
  return commands.at(program.command())(program.common, command_line(argc, argv));
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
