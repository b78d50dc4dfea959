// The options of composing, the same wherever texts are composed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace clamp::apps {

struct ComposerOptions {
  std::string kind = "auto";     ///< "model", "library" or "auto": the model where there is one
  double guidance = 2;           ///< of the model
  double classifier = 0;         ///< scale of the model's classifier guidance; 0: none
  std::string named = "demand";  ///< or "steer": what the metals and linkers that a text names do
  int64_t fold_starts = 8;       ///< by which the model's chemistries must fold, 0: not tried
  double temperature = 0;        ///< 0: the composer's default
};

/// Adds them all. @param text  what is composed, for --help: "prompt", "caption"
std::vector<CLI::Option*> add_composer_options(CLI::App& app, ComposerOptions& options,
                                               const std::string& text);

}  // namespace clamp::apps
