#include "apps/zeroshot_input.h"

#include <fmt/format.h>

#include "apps/cli.h"
#include "core/cif.h"
#include "core/error.h"
#include "data/dataset.h"
#include "data/source_files.h"
#include "encoders/crystal_graph.h"

namespace clamp::apps {
namespace {

constexpr size_t kAtOnce = 64;

class StructureEmbedder {
 public:
  StructureEmbedder(const encoders::ClampModel& model, Logger& logger) : model_(model), logger_(logger) {
    parts_.push_back(torch::empty({0, model.dim()}));
  }

  void add(const std::string& name, const Crystal& crystal, const std::vector<std::string>& texts) {
    waiting_.push_back(crystal);
    waiting_.back().name = name;
    waiting_texts_.push_back(texts);
    if (waiting_.size() == kAtOnce) flush();
  }
  void skip(const std::string& name, const std::string& reason) {
    logger_.warn(fmt::format("{}: left out: {}", name, reason));
    result_.skipped.push_back({name, reason});
  }
  EmbeddedStructures finish() {
    flush();
    result_.embeddings = at::cat(parts_);  // [n, dim]
    return std::move(result_);
  }

 private:
  void flush() {
    std::vector<Crystal> usable;
    for (size_t i = 0; i < waiting_.size(); ++i) {
      const auto problem = encoders::why_unusable(waiting_[i]);
      if (problem.empty()) {
        result_.names.push_back(waiting_[i].name);
        result_.texts.push_back(std::move(waiting_texts_[i]));
        usable.push_back(std::move(waiting_[i]));
      } else {
        skip(waiting_[i].name, problem);
      }
    }
    parts_.push_back(model_.encode_crystals(usable));
    waiting_.clear();
    waiting_texts_.clear();
  }

  const encoders::ClampModel& model_;
  Logger& logger_;
  std::vector<Crystal> waiting_;
  std::vector<std::vector<std::string>> waiting_texts_;
  std::vector<torch::Tensor> parts_;
  EmbeddedStructures result_;
};

void add_dataset(const std::string& path, const std::string& split, StructureEmbedder& embedder) {
  const auto dataset = data::Dataset::open(path);
  for (int64_t i = 0; i < dataset.size() && !interrupted(); ++i) {
    if (!split.empty() && dataset.split(i) != split) continue;
    const auto record = dataset.read(i);
    embedder.add(record.id, record.crystal, record.texts);
  }
}

void add_cif(const data::SourceFile& file, StructureEmbedder& embedder) {
  try {
    const auto entries = read_cif_text(file.content, file.path);
    if (entries.empty()) embedder.skip(file.path, "no structure in the file");
    for (const auto& entry : entries) {
      const auto name = entries.size() == 1 ? file.path : file.path + "#" + entry.block_name;
      if (entry.error.empty()) {
        embedder.add(name, entry.crystal, {});
      } else {
        embedder.skip(name, entry.error);
      }
    }
  } catch (const Error& error) {
    embedder.skip(file.path, error.what());
  }
}

}  // namespace

EmbeddedStructures embed_structures(const encoders::ClampModel& model, const std::vector<std::string>& paths,
                                    const std::string& split, Logger& logger) {
  StructureEmbedder embedder(model, logger);
  data::SourceFiles files(paths);
  data::SourceFile file;
  while (!interrupted() && files.next(file)) {
    if (file.is_dataset) {
      add_dataset(file.path, split, embedder);
    } else if (!file.skip_reason.empty()) {
      embedder.skip(file.path, file.skip_reason);
    } else {
      add_cif(file, embedder);
    }
  }
  return embedder.finish();
}

}  // namespace clamp::apps
