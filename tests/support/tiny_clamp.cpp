#include "support/tiny_clamp.h"

#include <ATen/Context.h>

#include <vector>

#include "core/atomic_file.h"
#include "core/seed.h"
#include "core/yaml.h"
#include "encoders/contrastive.h"
#include "encoders/encoder_file.h"
#include "encoders/tokenizer.h"

namespace clamp::tests {
namespace {

/// Sentences of the kind that captions are.
std::vector<std::string> sentences() {
  const std::vector<std::string> metals = {"zinc", "copper",  "Zr",     "cobalt",
                                           "Mg",   "cadmium", "nickel", "iron"};
  const std::vector<std::string> linkers = {"terephthalate", "imidazolate", "oxalate", "bipyridine",
                                            "benzoate"};
  const std::vector<std::string> shapes = {"framework", "MOF", "coordination polymer", "layered network"};
  const std::vector<std::string> facts = {"with large pores", "of pcu topology", "in space group P-1",
                                          "with a band gap of 2.1 eV", "density 1.35 g/cm3"};
  std::vector<std::string> result;
  Rng rng(7);
  const auto pick = [&](const std::vector<std::string>& words) { return words[rng.below(words.size())]; };
  for (int i = 0; i < 600; ++i) {
    result.push_back(pick(metals) + " " + pick(shapes) + " built from " + pick(linkers) + " " + pick(facts) +
                     ", " + std::to_string(rng.below(1000)) + " atoms?");
  }
  return result;
}

}  // namespace

std::string tiny_clamp_model_yaml() {
  return "dim: 16\n"
         "crystal: {type: cgcnn, width: 16, layers: 2, hidden: 32}\n"
         "text: {type: transformer, width: 32, layers: 1, heads: 2, hidden: 64, context: 32}\n";
}

void write_tiny_tokenizer(const std::string& directory) {
  encoders::SentencePieceTraining training;
  training.vocabulary_size = 400;
  const auto lines = sentences();
  size_t position = 0;
  const auto model = encoders::train_sentencepiece(training, [&](std::string& sentence) {
    if (position == lines.size()) return false;
    sentence = lines[position++];
    return true;
  });
  write_file_atomically(encoders::tokenizer_file(directory), model);
}

void write_tiny_clamp(const std::string& directory, uint64_t seed) {
  write_tiny_tokenizer(directory);
  const auto tokenizer = encoders::load_sentencepiece(encoders::tokenizer_file(directory));
  at::manual_seed(seed);
  auto config = YamlMap::from_text(tiny_clamp_model_yaml(), "tiny model");
  const auto pair = encoders::make_contrastive_pair(config, tokenizer->vocabulary_size());
  const auto metadata = encoders::encoder_metadata(*pair, *tokenizer, {{"step", "0"}});
  encoders::save_contrastive_pair(encoders::encoder_file(directory), nn::state_of(*pair, ""), metadata,
                                  /*half=*/true);
}

}  // namespace clamp::tests
