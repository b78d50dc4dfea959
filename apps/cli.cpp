#include "apps/cli.h"

#include <fmt/format.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <limits>
#include <new>
#include <set>
#include <thread>

#include "core/error.h"

namespace clamp::apps {
namespace {

volatile std::sig_atomic_t g_signals = 0;  // a signal handler can reach nothing else

extern "C" void on_signal(int) {
  if (g_signals++ > 0) _exit(kExitInterrupted);
}

// Options that say how to run a program once, not what it computes: they are no keys of a configuration.
const std::set<std::string>& unsaved_options() {
  static const std::set<std::string> names = {"help", "version", "config",  "print-config",
                                              "json", "quiet",   "verbose", "force"};
  return names;
}

std::string long_name(const CLI::Option& option) {
  return option.get_lnames().empty() ? std::string() : option.get_lnames().front();
}

std::string config_key(const CLI::Option& option) {
  std::string key = long_name(option);
  if (key.empty()) key = option.get_name(true);
  std::replace(key.begin(), key.end(), '-', '_');
  return key;
}

bool is_saved(const CLI::Option& option) {
  const auto key = long_name(option);
  return unsaved_options().count(key) == 0 && !(key.empty() && !option.get_positional());
}

std::vector<std::string> option_flags(const CLI::App& app) {
  std::vector<std::string> flags;
  for (const auto* option : app.get_options()) {
    for (const auto& name : option->get_lnames()) flags.push_back("--" + name);
  }
  return flags;
}

std::string resolved_value(const CLI::Option& option) {
  const bool flag = option.get_items_expected_max() == 0;
  if (option.count() == 0) {
    if (flag) return "false";
    const auto text = option.get_default_str();
    return text.empty() ? (option.get_items_expected_max() > 1 ? "[]" : "\"\"")
                        : (text.front() == '[' ? text : yaml_scalar(text));
  }
  if (flag) return option.as<bool>() ? "true" : "false";
  if (option.get_items_expected_max() <= 1) return yaml_scalar(option.results().back());
  std::string list;
  for (const auto& item : option.results()) list += (list.empty() ? "" : ", ") + yaml_scalar(item);
  return "[" + list + "]";
}

std::vector<std::string> yaml_values(const YAML::Node& node, const std::string& where) {
  if (node.IsScalar()) return {node.Scalar()};
  if (!node.IsSequence()) fail_usage(where + ": found a map, expected a value or a list of values");
  std::vector<std::string> values;
  for (const auto& item : node) {
    if (!item.IsScalar()) fail_usage(where + ": found a nested list or map, expected plain values");
    values.push_back(item.Scalar());
  }
  return values;
}

YAML::Node load_yaml(const std::string& path) {
  try {
    auto node = YAML::LoadFile(path);
    if (!node.IsMap() && !node.IsNull()) fail_usage(path + ": the top level is no map of keys and values");
    return node;
  } catch (const YAML::BadFile&) {
    fail_usage(fmt::format("--config {}: the file cannot be read", path));
  } catch (const YAML::Exception& error) {
    fail_usage(fmt::format("{}:{}: {}", path, error.mark.line + 1, error.msg));
  }
}

}  // namespace

LogLevel CommonOptions::log_level() const {
  return quiet ? LogLevel::kQuiet : (verbose ? LogLevel::kVerbose : LogLevel::kInfo);
}

int CommonOptions::n_threads() const {
  if (threads > 0) return static_cast<int>(threads);
  return static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
}

Program::Program(const std::string& name, const std::string& description, const std::string& example)
    : app_(std::make_unique<CLI::App>(description, name)),
      versions_({{"clamp", CLAMP_VERSION}, {"checkpoint format", std::to_string(kCheckpointFormat)}}) {
  app_->option_defaults()->always_capture_default();
  app_->get_formatter()->column_width(34);
  app_->footer("Example:\n  " + example);
  app_->set_help_flag("-h,--help", "Print this help and exit");
  app_->add_flag("--version", "Print the versions of the program and of what it is built on, and exit");
}

CLI::App& Program::add_command(const std::string& name, const std::string& description,
                               const std::string& example) {
  app_->require_subcommand(1);
  auto* command = app_->add_subcommand(name, description);
  command->footer("Example:\n  " + example);
  return *command;
}

void Program::add_common(CLI::App& app, ConfigFile config_file) {
  declared_.push_back({&app, config_file});
  const std::string group = "Common options";
  app.add_option("--device", common.device, "Where to compute: auto, cpu, cuda or cuda:<index>")
      ->group(group);
  app.add_option("--threads", common.threads, "Number of threads; 0: one a core")
      ->check(number_in(0, 4096))
      ->group(group);
  app.add_option("--seed", common.seed, "Seed of all random numbers")->group(group);
  app.add_option("--config", common.config,
                 config_file == ConfigFile::kOptions
                     ? "YAML file with option values (guidance_scale: 3); the command line goes before it"
                     : "YAML file with the configuration")
      ->group(group);
  app.add_flag("--print-config", common.print_config, "Print the resolved configuration as YAML and exit")
      ->group(group);
  app.add_flag("--json", common.json, "Print one JSON document on stdout and nothing else there")
      ->group(group);
  auto* quiet = app.add_flag("-q,--quiet", common.quiet, "Only warnings and errors on stderr")->group(group);
  app.add_flag("-v,--verbose", common.verbose, "More on stderr, and the full text of internal errors")
      ->group(group)
      ->excludes(quiet);
  app.add_flag("--force", common.force, "Replace existing output")->group(group);
}

void Program::require(CLI::Option* option) { required_.push_back(option); }

void Program::add_version(const std::string& name, const std::string& version) {
  versions_.emplace_back(name, version);
}

std::string Program::versions_yaml() const {
  std::string text;
  for (const auto& [name, version] : versions_) text += fmt::format("{}: \"{}\"\n", name, version);
  return text;
}

CLI::App* Program::active() const {
  const auto given = app_->get_subcommands();
  return given.empty() ? app_.get() : given.front();
}

std::string Program::command() const {
  const auto given = app_->get_subcommands();
  return given.empty() ? std::string() : given.front()->get_name();
}

void Program::explain(const CLI::ParseError& error) const {
  const auto* app = active();
  const auto full_name = app == app_.get() ? app_->get_name() : app_->get_name() + " " + app->get_name();
  const std::string see = fmt::format("; see {} --help", full_name);
  for (const auto& word : app_->remaining(true)) {
    const bool is_option = word.size() > 1 && word.front() == '-';
    std::vector<std::string> choices = option_flags(*app);
    if (!is_option) {
      choices.clear();
      for (const auto* command : app->get_subcommands({})) choices.push_back(command->get_name());
    }
    const auto stem = word.substr(0, word.find('='));
    const auto match = closest_match(stem, choices);
    const char* kind =
        is_option ? "unknown option" : (choices.empty() ? "unexpected argument" : "unknown command");
    fail_usage(fmt::format("{} '{}'{}", kind, stem, match.empty() ? see : "; did you mean " + match + "?"));
  }
  std::string text = error.what();
  if (!text.empty() && text.back() == '\n') text.pop_back();
  fail_usage(text + see);
}

void Program::apply_config_file() {
  auto* app = active();
  const auto declared =
      std::find_if(declared_.begin(), declared_.end(), [&](const Declared& d) { return d.app == app; });
  if (declared == declared_.end() || declared->config_file == ConfigFile::kOwn || common.config.empty())
    return;
  std::map<std::string, CLI::Option*> options;
  for (auto* option : app->get_options()) {
    if (is_saved(*option)) options[config_key(*option)] = option;
  }
  auto values_of = load_yaml(common.config);
  if (values_of["program"] && values_of["options"])
    values_of = values_of["options"];  // run.yaml of an earlier run
  for (const auto& entry : values_of) {
    const auto key = entry.first.Scalar();
    const auto where = fmt::format("{}:{}: {}", common.config, entry.first.Mark().line + 1, key);
    const auto found = options.find(key);
    if (found == options.end()) {
      std::vector<std::string> keys;
      for (const auto& item : options) keys.push_back(item.first);
      const auto match = closest_match(key, keys);
      fail_usage(where + ": unknown key" + (match.empty() ? "" : "; did you mean " + match + "?"));
    }
    if (found->second->count() > 0) continue;  // given on the command line, which goes first
    try {
      const auto values = yaml_values(entry.second, where);
      if (values.empty()) continue;
      found->second->add_result(values);
      found->second->run_callback();
    } catch (const CLI::ParseError& error) {
      fail_usage(where + ": " + error.what());
    }
  }
}

void Program::parse(int argc, const char* const* argv) {
  try {
    app_->parse(argc, argv);
  } catch (const CLI::CallForHelp&) {
    std::cout << active()->help();
    throw ExitRequest{};
  } catch (const CLI::ParseError& error) {
    if (app_->count("--version") == 0) explain(error);
  }
  if (app_->count("--version") > 0) {
    for (const auto& [name, version] : versions_) std::cout << name << " " << version << "\n";
    throw ExitRequest{};
  }
  apply_config_file();
  const bool own_config = std::any_of(declared_.begin(), declared_.end(), [&](const Declared& d) {
    return d.app == active() && d.config_file == ConfigFile::kOwn;
  });
  if (common.print_config && !own_config) {
    std::cout << resolved_config();
    throw ExitRequest{};
  }
  const auto options = active()->get_options();
  for (const auto* option : required_) {
    const bool here = std::find(options.begin(), options.end(), option) != options.end();
    if (here && option->count() == 0) {
      fail_usage(fmt::format("{} is required; see {} --help", option->get_name(), app_->get_name()));
    }
  }
}

std::string Program::resolved_config() const {
  std::string text;
  for (const auto* option : active()->get_options()) {
    if (is_saved(*option)) text += fmt::format("{}: {}\n", config_key(*option), resolved_value(*option));
  }
  return text;
}

int run_main(int argc, const char* const* argv, const std::function<int()>& body,
             const DescribeError& describe) {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
  const bool verbose = std::any_of(argv + 1, argv + std::max(argc, 1), [](const char* word) {
    return std::string(word) == "--verbose" || std::string(word) == "-v";
  });
  const auto report = [](const std::string& text, int code) {
    std::cout.flush();
    std::cerr << "error: " << text << std::endl;
    return code;
  };
  int code = kExitDone;
  try {
    code = body();
  } catch (const ExitRequest& request) {
    code = request.code;
  } catch (const UsageError& error) {
    return report(error.what(), kExitUsage);
  } catch (const Error& error) {
    return report(error.what(), kExitFailed);
  } catch (const std::bad_alloc&) {
    return report("out of memory; ask for fewer or smaller structures at once (--batch-size, --threads)",
                  kExitFailed);
  } catch (const std::exception& error) {
    const auto text = describe ? describe(error, verbose) : std::string();
    return report(text.empty() ? std::string("internal error: ") + error.what() : text, kExitFailed);
  }
  std::cout.flush();
  if (!std::cout)
    return report("standard output could not be written (disk full or pipe closed)", kExitFailed);
  return interrupted() && code != kExitUsage ? kExitInterrupted : code;
}

bool interrupted() { return g_signals > 0; }

std::string yaml_scalar(const std::string& text) {
  const auto plain = [](unsigned char c) {
    return std::isalnum(c) || std::string("._/+-").find(static_cast<char>(c)) != std::string::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), plain) && text != "-") return text;
  YAML::Emitter out;
  out << YAML::DoubleQuoted << text;
  return out.c_str();
}

std::string closest_match(const std::string& word, const std::vector<std::string>& choices) {
  size_t best = std::max<size_t>(2, word.size() / 3) + 1;
  std::string match;
  for (const auto& choice : choices) {
    std::vector<size_t> row(choice.size() + 1);
    for (size_t j = 0; j <= choice.size(); ++j) row[j] = j;
    for (size_t i = 1; i <= word.size(); ++i) {
      size_t diagonal = row[0];
      row[0] = i;
      for (size_t j = 1; j <= choice.size(); ++j) {
        const size_t substituted = diagonal + (word[i - 1] == choice[j - 1] ? 0 : 1);
        diagonal = row[j];
        row[j] = std::min({substituted, row[j] + 1, row[j - 1] + 1});
      }
    }
    if (row.back() < best) {
      best = row.back();
      match = choice;
    }
  }
  return match;
}

std::string indented(const std::string& text) {
  std::string result;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    result += "  " + text.substr(begin, end - begin) + "\n";
    begin = end + 1;
  }
  return result;
}

CLI::Validator number_in(double min, double max) {
  const bool bounded = max < std::numeric_limits<double>::max();
  const auto expected =
      bounded ? fmt::format("a number from {} to {}", min, max) : fmt::format("a number of at least {}", min);
  const auto check = [=](const std::string& text) -> std::string {
    double value = 0;
    if (CLI::detail::lexical_cast(text, value) && value >= min && value <= max) return {};
    return fmt::format("found '{}', expected {}", text, expected);
  };
  return CLI::Validator(check, "", "");
}

CLI::Validator at_least(double min) { return number_in(min, std::numeric_limits<double>::max()); }

std::string executable_directory() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) fail("cannot find the program's own folder through /proc/self/exe: " + error.message());
  return path.parent_path().string();
}

}  // namespace clamp::apps
