#include "apps/composer_options.h"

#include "apps/cli.h"

namespace clamp::apps {

std::vector<CLI::Option*> add_composer_options(CLI::App& app, ComposerOptions& options,
                                               const std::string& text) {
  return {
      app.add_option(
             "--composer", options.kind,
             "Where chemistries come from: model (new ones), library (those of training structures), or "
             "auto: the model where the checkpoint has one")
          ->check(CLI::IsMember({"auto", "model", "library"})),
      app.add_option("--compose-guidance", options.guidance,
                     "How strongly the " + text +
                         " steers the composer model: 0 not at all, 1 plain, more is stronger")
          ->check(number_in(0, 100)),
      app.add_option("--compose-classifier-scale", options.classifier,
                     "Of 8 chemistries of the composer model one is drawn, by its similarity to the " + text +
                         " (guide.safetensors of the checkpoint) times this; 0: the first")
          ->check(number_in(0, 1000)),
      app.add_option("--named", options.named,
                     "Metals and linkers that the " + text +
                         " names: demand (they are there wherever the composer model finds a way) or steer")
          ->check(CLI::IsMember({"demand", "steer"})),
      app.add_option(
             "--fold-starts", options.fold_starts,
             "Polished random starts of which one must be sound, or another chemistry is composed; 0: "
             "not tried; composer model only")
          ->check(number_in(0, 10000)),
      app.add_option("--temperature", options.temperature,
                     "Spread of the chemistries about the " + text +
                         ": of the library in cosine units (0: as the encoders were trained), of the model a "
                         "factor on its own (0: 1)")
          ->check(at_least(0)),
  };
}

}  // namespace clamp::apps
