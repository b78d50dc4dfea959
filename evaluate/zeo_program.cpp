#include "evaluate/zeo_program.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "core/cif.h"
#include "core/error.h"

extern char** environ;

namespace clamp::evaluate {
namespace {

namespace fs = std::filesystem;

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = (fs::temp_directory_path() / "clamp_zeo_XXXXXX").string();
    if (mkdtemp(pattern.data()) == nullptr)
      fail(fmt::format("{}: no temporary folder for Zeo++: {}", pattern, std::strerror(errno)));
    path_ = pattern;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  std::string file(const std::string& name) const { return (path_ / name).string(); }

 private:
  fs::path path_;
};

void run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  for (const int stream : {STDOUT_FILENO, STDERR_FILENO})
    posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  const int error = posix_spawn(&child, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) fail(fmt::format("{}: could not be started: {}", words[0], std::strerror(error)));
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (WIFSIGNALED(status)) fail(fmt::format("{}: ended by signal {}", words[0], WTERMSIG(status)));
  if (WEXITSTATUS(status) != 0)
    fail(fmt::format("{}: ended with exit code {}", words[0], WEXITSTATUS(status)));
}

std::string first_line(const std::string& program, const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line))
    fail(fmt::format("{}: wrote no {}; expected Zeo++'s results", program,
                     fs::path(path).filename().string()));
  return line;
}

/// The number after `key` in a line "key: number key: number".
double value_after(const std::string& program, const std::string& line, const std::string& key) {
  std::istringstream words(line);
  for (std::string word; words >> word;) {
    double value = 0;
    if (word == key + ":" && words >> value) return value;
  }
  fail(fmt::format("{}: no '{}' in its results: {}", program, key, line));
}

}  // namespace

std::string find_zeo_program(const std::string& program) {
  const auto executable = [](const std::string& path) {
    return fs::is_regular_file(path) && access(path.c_str(), X_OK) == 0;
  };
  if (program.find('/') != std::string::npos) {
    if (executable(program)) return program;
    fail(fmt::format("{}: no program that can be run; give the path of Zeo++", program));
  }
  const char* const path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    const std::string candidate = (folder.empty() ? "." : folder) + "/" + program;
    if (executable(candidate)) return candidate;
  }
  fail(fmt::format("{}: not found in PATH; install Zeo++ or leave pores to the built-in calculation",
                   program));
}

Pores measure_pores_zeo(const std::string& program, const Crystal& crystal, const PoreOptions& options) {
  const TemporaryFolder folder;
  const std::string input = folder.file("structure.cif");
  std::ofstream(input) << cif_text_p1(crystal);
  const std::string probe = fmt::format("{}", options.probe_radius);
  Pores pores;
  run({program, "-ha", "-res", folder.file("out.res"), input});
  std::istringstream diameters(first_line(program, folder.file("out.res")));
  std::string name;
  if (!(diameters >> name >> pores.lcd >> pores.pld >> pores.lfpd))
    fail(fmt::format("{}: three diameters expected, found '{}'", program, diameters.str()));
  if (options.points_per_atom > 0) {
    run({program, "-ha", "-sa", probe, probe, fmt::format("{}", options.points_per_atom),
         folder.file("out.sa"), input});
    const std::string line = first_line(program, folder.file("out.sa"));
    pores.surface = value_after(program, line, "ASA_A^2");
    pores.surface_m2_cm3 = value_after(program, line, "ASA_m^2/cm^3");
    pores.surface_m2_g = value_after(program, line, "ASA_m^2/g");
    pores.surface_pockets = value_after(program, line, "NASA_A^2");
  }
  if (options.volume_points > 0) {
    const std::string samples = fmt::format("{}", options.volume_points);
    run({program, "-ha", "-vol", probe, probe, samples, folder.file("out.vol"), input});
    const std::string line = first_line(program, folder.file("out.vol"));
    pores.accessible_fraction = value_after(program, line, "AV_Volume_fraction");
    pores.pocket_fraction = value_after(program, line, "NAV_Volume_fraction");
    run({program, "-ha", "-vol", "0", "0", samples, folder.file("void.vol"), input});
    const std::string empty = first_line(program, folder.file("void.vol"));
    pores.void_fraction = value_after(program, empty, "AV_Volume_fraction") +
                          value_after(program, empty, "NAV_Volume_fraction");
  }
  return pores;
}

}  // namespace clamp::evaluate
