// What every clamp-<verb> program shares: common options, the YAML configuration file, exit codes,
// interruption.
//
// A program's main is one call of run_main; its body builds a Program, adds options, parses and works.
#pragma once

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/logger.h"

namespace clamp::apps {

constexpr int kExitDone = 0;
constexpr int kExitFailed = 1;
constexpr int kExitUsage = 2;
constexpr int kExitFewer = 3;  ///< finished with fewer results than asked
constexpr int kExitInterrupted = 130;

/// Version of the checkpoint files that this build writes and reads.
constexpr int kCheckpointFormat = 1;

/// Values of the options that all programs have.
struct CommonOptions {
  std::string device = "auto";  ///< auto, cpu, cuda or cuda:<index>
  int64_t threads = 0;          ///< 0: one a core
  uint64_t seed = 0;
  std::string config;  ///< path of the YAML file, empty where none was given
  bool print_config = false;
  bool json = false;
  bool quiet = false;
  bool verbose = false;
  bool force = false;

  LogLevel log_level() const;
  /// `threads`, or the number of cores where it is 0.
  int n_threads() const;
};

/// What `--config FILE` means to a (sub)command.
enum class ConfigFile {
  kOptions,  ///< keys are the long option names with underscores; Program::parse applies them
  kOwn,      ///< the program reads common.config itself, and prints its own configuration for --print-config
};

/// Parsing is over and the program ends with this code (--help, --version, --print-config).
struct ExitRequest {
  int code = kExitDone;
};

class Program {
 public:
  /// @param example  one command line that works, shown at the end of --help
  Program(const std::string& name, const std::string& description, const std::string& example);

  /// The top-level parser: add options with add_option and add_flag (bind variables that hold the defaults).
  CLI::App& app() { return *app_; }
  /// A subcommand; a program with subcommands requires exactly one.
  CLI::App& add_command(const std::string& name, const std::string& description, const std::string& example);
  /// Adds --device, --threads, --seed, --config, --print-config, --json, --quiet, --verbose and --force to
  /// the program or to one of its subcommands.
  void add_common(CLI::App& app, ConfigFile config_file = ConfigFile::kOptions);
  /// After parsing and the configuration file, `option` must have been given.
  void require(CLI::Option* option);
  /// One more line of --version ("LibTorch", "1.13.1").
  void add_version(const std::string& name, const std::string& version);
  /// The versions as YAML, one `name: "version"` line each.
  std::string versions_yaml() const;

  /// Throws ExitRequest after --help, --version and --print-config; clamp::UsageError for wrong usage.
  void parse(int argc, const char* const* argv);

  CommonOptions common;
  /// Name of the subcommand that was given, empty where there are none.
  std::string command() const;
  /// The resolved options of the program or given subcommand as YAML, one `key: value` line each.
  std::string resolved_config() const;

 private:
  struct Declared {
    CLI::App* app;
    ConfigFile config_file;
  };
  CLI::App* active() const;
  void apply_config_file();
  [[noreturn]] void explain(const CLI::ParseError& error) const;

  std::unique_ptr<CLI::App> app_;
  std::vector<Declared> declared_;
  std::vector<CLI::Option*> required_;
  std::vector<std::pair<std::string, std::string>> versions_;
};

/// Runs `body`, prints errors as "error: ..." on stderr and gives the exit code: UsageError 2, Error and
/// every other exception 1, 130 where the program was interrupted and `body` returned. `describe` turns
/// exceptions of a library (c10::Error) into text, or gives an empty string for those it does not know.
using DescribeError = std::function<std::string(const std::exception& error, bool verbose)>;
int run_main(int argc, const char* const* argv, const std::function<int()>& body,
             const DescribeError& describe = {});

/// True after SIGINT or SIGTERM: loops end after the present item. A second signal ends the process at once.
bool interrupted();

/// The nearest of `choices` to `word` by edit distance, empty where none is near.
std::string closest_match(const std::string& word, const std::vector<std::string>& choices);

/// `text` as a YAML scalar: plain where YAML reads it back as the same value, else in double quotes.
std::string yaml_scalar(const std::string& text);

/// Every line of `text`, which ends with a newline, two spaces further in.
std::string indented(const std::string& text);

/// Checks for add_option(...)->check(...): "found '-3', expected a number from 1 to 10".
CLI::Validator number_in(double min, double max);
CLI::Validator at_least(double min);

/// The directory of the running executable.
std::string executable_directory();

}  // namespace clamp::apps
