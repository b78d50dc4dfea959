// clamp-zeroshot: classifies or scores structures against texts, without training on labels.
#include <fmt/format.h>

#include <cstdlib>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "core/cif.h"
#include "core/error.h"
#include "data/dataset.h"
#include "data/source_files.h"
#include "encoders/clamp_model.h"
#include "encoders/crystal_graph.h"
#include "encoders/zero_shot.h"

namespace clamp::apps {
namespace {

constexpr size_t kAtOnce = 64;

struct ZeroShotOptions {
  std::vector<std::string> paths, labels, prompts;
  std::string checkpoint;
};

struct Skipped {
  std::string name, reason;
};

/// Embeddings of all structures in order, read and encoded in portions.
class StructureEmbedder {
 public:
  StructureEmbedder(const encoders::ClampModel& model, Logger& logger) : model_(model), logger_(logger) {}

  void add(const std::string& name, const Crystal& crystal) {
    waiting_.push_back(crystal);
    waiting_.back().name = name;
    if (waiting_.size() == kAtOnce) flush();
  }
  void skip(const std::string& name, const std::string& reason) {
    logger_.warn(fmt::format("{}: left out: {}", name, reason));
    skipped_.push_back({name, reason});
  }
  void flush() {
    std::vector<Crystal> usable;
    for (const auto& crystal : waiting_) {
      const auto problem = encoders::why_unusable(crystal);
      if (problem.empty()) {
        usable.push_back(crystal);
        names_.push_back(crystal.name);
      } else {
        skip(crystal.name, problem);
      }
    }
    embeddings_.push_back(model_.encode_crystals(usable));
    waiting_.clear();
  }
  torch::Tensor embeddings() const { return at::cat(embeddings_); }  // [n, dim]
  const std::vector<std::string>& names() const { return names_; }
  const std::vector<Skipped>& skipped() const { return skipped_; }

 private:
  const encoders::ClampModel& model_;
  Logger& logger_;
  std::vector<Crystal> waiting_;
  std::vector<torch::Tensor> embeddings_;
  std::vector<std::string> names_;
  std::vector<Skipped> skipped_;
};

void add_dataset(const std::string& path, StructureEmbedder& embedder) {
  const auto dataset = data::Dataset::open(path);
  for (int64_t i = 0; i < dataset.size() && !interrupted(); ++i)
    embedder.add(dataset.id(i), dataset.read(i).crystal);
}

void add_cif(const data::SourceFile& file, StructureEmbedder& embedder) {
  try {
    const auto entries = read_cif_text(file.content, file.path);
    if (entries.empty()) embedder.skip(file.path, "no structure in the file");
    for (const auto& entry : entries) {
      const auto name = entries.size() == 1 ? file.path : file.path + "#" + entry.block_name;
      if (entry.error.empty()) {
        embedder.add(name, entry.crystal);
      } else {
        embedder.skip(name, entry.error);
      }
    }
  } catch (const Error& error) {
    embedder.skip(file.path, error.what());
  }
}

void read_all(const std::vector<std::string>& paths, StructureEmbedder& embedder) {
  data::SourceFiles files(paths);
  data::SourceFile file;
  while (!interrupted() && files.next(file)) {
    if (file.is_dataset) {
      add_dataset(file.path, embedder);
    } else if (!file.skip_reason.empty()) {
      embedder.skip(file.path, file.skip_reason);
    } else {
      add_cif(file, embedder);
    }
  }
  embedder.flush();
}

/// One row a structure, one column a text: probabilities of the labels or cosine scores of the prompts.
void print_table(const StructureEmbedder& embedder, const torch::Tensor& values,
                 const std::vector<std::string>& texts, bool labels) {
  std::cout << "structure";
  if (labels) std::cout << "\tlabel";
  for (const auto& text : texts) std::cout << "\t" << text;
  std::cout << "\n";
  const auto best = values.argmax(1);
  for (size_t row = 0; row < embedder.names().size(); ++row) {
    const auto i = static_cast<int64_t>(row);
    std::cout << embedder.names()[row];
    if (labels) std::cout << "\t" << texts[static_cast<size_t>(best[i].item<int64_t>())];
    for (size_t column = 0; column < texts.size(); ++column) {
      std::cout << fmt::format("\t{:.4f}", values[i][static_cast<int64_t>(column)].item<double>());
    }
    std::cout << "\n";
  }
}

void print_json(const StructureEmbedder& embedder, const torch::Tensor& values,
                const std::vector<std::string>& texts, bool labels) {
  nlohmann::json document = {{"schema_version", 1}, {labels ? "labels" : "prompts", texts}};
  document["results"] = nlohmann::json::array();
  document["skipped"] = nlohmann::json::array();
  const auto best = values.argmax(1);
  for (size_t row = 0; row < embedder.names().size(); ++row) {
    const auto i = static_cast<int64_t>(row);
    std::vector<double> numbers;
    for (size_t column = 0; column < texts.size(); ++column) {
      numbers.push_back(values[i][static_cast<int64_t>(column)].item<double>());
    }
    nlohmann::json result = {{"structure", embedder.names()[row]},
                             {labels ? "probabilities" : "cosine_scores", numbers}};
    if (labels) result["label"] = texts[static_cast<size_t>(best[i].item<int64_t>())];
    document["results"].push_back(result);
  }
  for (const auto& [name, reason] : embedder.skipped()) {
    document["skipped"].push_back({{"structure", name}, {"reason", reason}});
  }
  std::cout << document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << "\n";
}

int run(const ZeroShotOptions& options, const CommonOptions& common) {
  const bool labels = !options.labels.empty();
  if (labels == !options.prompts.empty()) {
    fail_usage("give either --labels (probabilities) or --prompt (cosine scores)");
  }
  if (options.labels.size() == 1)
    fail_usage("one label has probability 1 always; give two or more, or use --prompt");
  const auto device = use_device(common);
  const char* const environment = std::getenv("CLAMP_CHECKPOINT");
  const auto checkpoint = find_checkpoint(options.checkpoint, environment == nullptr ? "" : environment);
  const auto model = encoders::ClampModel::load(checkpoint.path, device);
  const auto texts =
      labels ? encoders::embed_labels(model, options.labels) : model.encode_texts(options.prompts);

  Logger logger(common.log_level());
  StructureEmbedder embedder(model, logger);
  read_all(options.paths, embedder);
  const auto crystals = embedder.embeddings();
  const auto values = labels ? encoders::label_probabilities(crystals, texts, model.scale())
                             : at::matmul(crystals, texts.t());  // [n, n_texts]
  if (embedder.names().empty() && !common.json) {
    fail(fmt::format("no usable structure in the {} given paths", options.paths.size()));
  }
  const auto& columns = labels ? options.labels : options.prompts;
  (common.json ? print_json : print_table)(embedder, values, columns, labels);
  return embedder.skipped().empty() ? kExitDone : kExitFewer;
}

int body(int argc, const char* const* argv) {
  Program program("clamp-zeroshot",
                  "Classifies structures by text labels, or scores them against prompts, without training",
                  "clamp-zeroshot --labels \"zinc framework\" --labels \"copper framework\" structures/");
  add_torch_version(program);
  ZeroShotOptions options;
  CLI::App& app = program.app();
  program.require(app.add_option("paths", options.paths, "CIF files, folders, archives and HDF5 datasets"));
  app.add_option("--labels", options.labels, "A label; give the option once a label, two or more in all")
      ->allow_extra_args(false);
  app.add_option("--prompt", options.prompts,
                 "A text to score the structures against; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--checkpoint", options.checkpoint, "Folder with encoders.safetensors and tokenizer.model");
  program.add_common(app);
  program.parse(argc, argv);
  return run(options, program.common);
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
