// clamp-train import-text: brings a pretrained text encoder into the project's files.
#include <fmt/format.h>
#include <torch/utils.h>

#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "apps/cli_torch.h"
#include "apps/train_commands.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/clip_text.h"
#include "encoders/text_import.h"
#include "encoders/tokenizer_file.h"
#include "encoders/use_lite.h"

namespace clamp::apps {
namespace {

constexpr double kLeastCosine = 0.999;

struct ImportTextOptions {
  std::string kind, from, out, check;
};

/// The original's embedding of a text, [1, width].
torch::Tensor original_embedding(encoders::TextEncoder& encoder, const encoders::TokenBatch& batch) {
  if (auto* const use_lite = dynamic_cast<encoders::UseLite*>(&encoder)) {
    return use_lite->sentence_embeddings(batch);
  }
  return dynamic_cast<encoders::ClipText&>(encoder).text_embeddings(batch);
}

/// Embeds the sentences of {"sentences": [{"text": ..., "embedding": [...]}]} with what was just imported.
void check(const ImportTextOptions& options, const encoders::ImportedText& imported) {
  const auto document = nlohmann::json::parse(read_file(options.check), nullptr, /*allow_exceptions=*/false);
  if (!document.is_object() || !document.contains("sentences")) {
    fail(fmt::format("{}: expected a JSON object with 'sentences'", options.check));
  }
  const auto tokenizer = encoders::load_tokenizer(encoders::tokenizer_json_file(options.out));
  auto config = YamlMap::from_text(imported.options, "imported text encoder");
  encoders::EncoderShape shape;
  shape.vocabulary = tokenizer->vocabulary_size();
  const auto encoder = encoders::make_text_encoder(config, shape);
  encoders::load_imported_text(encoders::imported_text_file(options.out), *encoder);
  encoder->eval();
  const torch::NoGradGuard no_grad;
  double least = 1;
  for (const auto& sentence : document["sentences"]) {
    const auto text = sentence.at("text").get<std::string>();
    const auto tokens = tokenizer->encode(text);
    const auto found =
        original_embedding(*encoder, encoders::collate_tokens({&tokens}, torch::kCPU))[0].to(torch::kFloat64);
    const auto expected = torch::tensor(sentence.at("embedding").get<std::vector<double>>(), torch::kFloat64);
    if (found.sizes() != expected.sizes()) {
      fail(fmt::format("{}: embeddings of {} numbers, the encoder gives {}", options.check, expected.size(0),
                       found.size(0)));
    }
    const double cosine =
        ((found * expected).sum() / (found.norm() * expected.norm()).clamp_min(1e-12)).item<double>();
    std::cout << fmt::format("cosine {:.6f}  {} tokens  {}\n", cosine, tokens.size(), text);
    least = std::min(least, cosine);
  }
  if (least < kLeastCosine) {
    fail(fmt::format("{}: the smallest cosine is {:.6f}, expected {} or more", options.check, least,
                     kLeastCosine));
  }
}

int run(const ImportTextOptions& options, const CommonOptions& common) {
  const auto path = encoders::imported_text_file(options.out);
  if (std::filesystem::exists(path) && !common.force)
    fail_usage(fmt::format("{} exists; pass --force", path));
  const auto imported =
      options.kind == "clip" ? encoders::import_clip(options.from) : encoders::import_use_lite(options.from);
  std::filesystem::create_directories(options.out);
  encoders::save_imported_text(options.out, imported);
  int64_t parameters = 0;
  for (const auto& [name, tensor] : imported.weights) parameters += tensor.numel();
  std::cout << fmt::format("{}: {}, {} parameters\n{}", path, imported.source, parameters, imported.options);
  if (!options.check.empty()) check(options, imported);
  return kExitDone;
}

}  // namespace

TrainCommand add_import_text(Program& program) {
  auto options = std::make_shared<ImportTextOptions>();
  CLI::App& app = program.add_command("import-text", "Imports a pretrained text encoder and its tokenizer",
                                      "clamp-train import-text use-lite --from package/dist --out text");
  program.require(
      app.add_option("kind", options->kind,
                     "use-lite: Universal Sentence Encoder Lite (TensorFlow.js files); clip: CLIP's "
                     "text tower (safetensors, vocab.json, merges.txt)")
          ->check(CLI::IsMember({"use-lite", "clip"})));
  program.require(app.add_option("--from", options->from, "Folder with the other program's files"));
  program.require(app.add_option("--out", options->out, "Folder for text.safetensors and tokenizer.json"));
  app.add_option(
      "--check", options->check,
      "JSON with sentences and the embeddings that the original gives: compare, cosine 0.999 or more");
  program.add_common(app);
  return {"import-text", [options, &program] { return run(*options, program.common); }};
}

}  // namespace clamp::apps
