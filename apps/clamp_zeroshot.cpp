// clamp-zeroshot: classifies or scores structures against texts without training on labels, and retrieves in
// both directions.
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <vector>

#include "apps/checkpoint_dir.h"
#include "apps/cli_torch.h"
#include "apps/sha256.h"
#include "apps/zeroshot_index.h"
#include "apps/zeroshot_input.h"
#include "apps/zeroshot_match.h"
#include "apps/zeroshot_plots.h"
#include "apps/zeroshot_truth.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/zero_shot.h"

namespace clamp::apps {
namespace {

using nlohmann::json;

struct ZeroShotOptions {
  std::vector<std::string> paths, labels, prompts, to_crystal;
  std::string checkpoint, split, ground_truth, label_column = "label", index, save_index, confusion, map,
                                               match;
  bool to_text = false;
  int64_t top_k = 5;
  int64_t max_atoms = 0;
  int64_t bootstrap = 1000;
};

void print(const json& document) {
  std::cout << document.dump(2, ' ', false, json::error_handler_t::replace) << "\n";
}

std::vector<std::vector<double>> rows_of(const torch::Tensor& values) {
  std::vector<std::vector<double>> rows;
  const auto all = values.to(torch::kCPU, torch::kFloat64).contiguous();
  const int64_t width = all.size(1);
  for (int64_t i = 0; i < all.size(0); ++i) {
    const double* const begin = all.data_ptr<double>() + i * width;
    rows.emplace_back(begin, begin + width);
  }
  return rows;
}

json skipped_json(const EmbeddedStructures& structures) {
  auto list = json::array();
  for (const auto& [name, reason] : structures.skipped)
    list.push_back({{"structure", name}, {"reason", reason}});
  return list;
}

size_t best_of(const std::vector<double>& row) {
  return static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
}

/// One row a structure, one column a text: probabilities of the labels or cosine scores of the prompts.
void print_table(const EmbeddedStructures& structures, const std::vector<std::vector<double>>& values,
                 const std::vector<std::string>& texts, bool labels) {
  std::cout << "structure" << (labels ? "\tlabel" : "");
  for (const auto& text : texts) std::cout << "\t" << text;
  std::cout << "\n";
  for (size_t i = 0; i < values.size(); ++i) {
    std::cout << structures.names[i];
    if (labels) std::cout << "\t" << texts[best_of(values[i])];
    for (const double value : values[i]) std::cout << fmt::format("\t{:.4f}", value);
    std::cout << "\n";
  }
}

json table_json(const EmbeddedStructures& structures, const std::vector<std::vector<double>>& values,
                const std::vector<std::string>& texts, bool labels) {
  json document = {{"schema_version", 1}, {labels ? "labels" : "prompts", texts}, {"results", json::array()}};
  for (size_t i = 0; i < values.size(); ++i) {
    json result = {{"structure", structures.names[i]},
                   {labels ? "probabilities" : "cosine_scores", values[i]}};
    if (labels) result["label"] = texts[best_of(values[i])];
    document["results"].push_back(result);
  }
  document["skipped"] = skipped_json(structures);
  return document;
}

/// The report against known labels, and the pictures that were asked for.
json report_truth(const ZeroShotOptions& options, const CommonOptions& common,
                  const EmbeddedStructures& structures, const std::vector<std::vector<double>>& probabilities,
                  const std::vector<std::string>& labels, const torch::Tensor& label_embeddings) {
  const auto truth = read_ground_truth(options.ground_truth, options.label_column);
  std::vector<size_t> used;
  const auto scored = score_against(truth, structures.names, probabilities, labels, used);
  if (used.empty()) {
    fail(fmt::format("{}: names none of the {} structures with one of the labels", options.ground_truth,
                     structures.names.size()));
  }
  const auto report = encoders::zero_shot_report(scored, options.bootstrap, common.seed);
  const auto matrix = encoders::confusion_matrix(scored);
  if (!options.confusion.empty()) write_file_atomically(options.confusion, confusion_svg(matrix, labels));
  if (!options.map.empty()) {
    const std::vector<int64_t> rows(used.begin(), used.end());
    const auto embeddings = structures.embeddings.index_select(0, torch::tensor(rows, torch::kInt64));
    write_file_atomically(options.map, map_svg(embeddings, scored.labels, label_embeddings, labels));
  }
  if (!common.json)
    std::cout << fmt::format("{} structures with a known label\n{}", used.size(), to_text(report));
  return {{"schema_version", 1},       {"labels", labels},
          {"structures", used.size()}, {"report", json::parse(to_json_text(report))},
          {"confusion", matrix},       {"skipped", skipped_json(structures)}};
}

json hits_json(const std::string& query, const std::vector<Hit>& hits) {
  auto list = json::array();
  for (const auto& hit : hits) list.push_back({{"name", hit.name}, {"cosine", hit.score}});
  return {{"query", query}, {"hits", list}};
}

void print_hits(const json& queries) {
  for (const auto& entry : queries) {
    std::cout << entry["query"].get<std::string>() << "\n";
    for (const auto& hit : entry["hits"]) {
      std::cout << fmt::format("  {:.4f}  {}\n", hit["cosine"].get<double>(), hit["name"].get<std::string>());
    }
  }
}

/// Retrieval against an index, in the direction that was asked for.
int retrieve(const ZeroShotOptions& options, const CommonOptions& common, const encoders::ClampModel& model,
             const RetrievalIndex& index, Logger& logger) {
  auto queries = json::array();
  bool complete = true;
  if (!options.to_crystal.empty()) {
    const auto texts = model.encode_texts(options.to_crystal);
    for (size_t i = 0; i < options.to_crystal.size(); ++i) {
      queries.push_back(
          hits_json(options.to_crystal[i],
                    nearest(texts[static_cast<int64_t>(i)], index.crystals, index.names, options.top_k)));
    }
  } else {
    if (index.texts.empty())
      fail("the index holds no texts: save it from a dataset whose structures have some");
    const auto structures = embed_structures(model, options.paths, options.split, logger);
    complete = structures.skipped.empty();
    for (size_t i = 0; i < structures.names.size(); ++i) {
      queries.push_back(
          hits_json(structures.names[i], nearest(structures.embeddings[static_cast<int64_t>(i)],
                                                 index.text_embeddings, index.texts, options.top_k)));
    }
  }
  if (common.json) {
    print({{"schema_version", 1}, {"queries", queries}});
  } else {
    print_hits(queries);
  }
  return complete ? kExitDone : kExitFewer;
}

/// All texts of the structures, each once.
RetrievalIndex index_of(const encoders::ClampModel& model, const EmbeddedStructures& structures) {
  RetrievalIndex index;
  index.names = structures.names;
  index.crystals = structures.embeddings;
  std::set<std::string> texts;
  for (const auto& list : structures.texts) {
    for (const auto& text : list) {
      if (model.accepts(text)) texts.insert(text);
    }
  }
  index.texts.assign(texts.begin(), texts.end());
  index.text_embeddings = model.encode_texts(index.texts);
  return index;
}

void check_usage(const ZeroShotOptions& options) {
  const bool labels = !options.labels.empty() || !options.ground_truth.empty();
  const int modes = (labels ? 1 : 0) + (options.prompts.empty() ? 0 : 1) +
                    (options.to_crystal.empty() ? 0 : 1) + (options.to_text ? 1 : 0) +
                    (options.match.empty() ? 0 : 1);
  if (modes > 1 || (modes == 0 && options.save_index.empty())) {
    fail_usage(
        "give one of --labels or --ground-truth (probabilities), --prompt (cosine scores), "
        "--text-to-crystal, "
        "--crystal-to-text, --match, or --save-index alone");
  }
  if (options.labels.size() == 1) {
    fail_usage("one label has probability 1 always; give two or more, or use --prompt");
  }
  const bool retrieval = !options.to_crystal.empty() || options.to_text;
  if (retrieval && options.index.empty())
    fail_usage("retrieval needs --index FILE; make one with --save-index");
  if (options.paths.empty() && options.to_crystal.empty()) fail_usage("no structures given");
  if (options.ground_truth.empty() && !(options.confusion.empty() && options.map.empty())) {
    fail_usage("--confusion-svg and --map-svg need --ground-truth");
  }
}

int classify(const ZeroShotOptions& options, const CommonOptions& common, const encoders::ClampModel& model,
             const EmbeddedStructures& structures) {
  auto labels = options.labels;
  if (labels.empty()) labels = labels_of(read_ground_truth(options.ground_truth, options.label_column));
  const auto texts = encoders::embed_labels(model, labels);
  const auto values = rows_of(encoders::label_probabilities(structures.embeddings, texts, model.scale()));
  if (!options.ground_truth.empty()) {
    const auto document = report_truth(options, common, structures, values, labels, texts);
    if (common.json) print(document);
  } else if (common.json) {
    print(table_json(structures, values, labels, true));
  } else {
    print_table(structures, values, labels, true);
  }
  return structures.skipped.empty() ? kExitDone : kExitFewer;
}

int run(const ZeroShotOptions& options, const CommonOptions& common) {
  check_usage(options);
  const auto device = use_device(common);
  const auto checkpoint = find_checkpoint(options.checkpoint);
  const auto model = encoders::ClampModel::load(checkpoint.path, device);
  Logger logger(common.log_level());
  if (!options.match.empty()) {
    MatchOptions match;
    match.texts = options.match;
    match.split = options.split;
    match.max_atoms = options.max_atoms;
    match.seed = common.seed;
    const auto document = match_pairs(model, options.paths, match, logger);
    std::cout << (common.json ? document + "\n" : match_table(document));
    return kExitDone;
  }
  const auto digest = sha256_of_file(checkpoint.encoders());
  if (!options.index.empty())
    return retrieve(options, common, model, load_index(options.index, digest), logger);

  const auto structures = embed_structures(model, options.paths, options.split, logger);
  if (structures.names.empty() && !common.json) {
    fail(fmt::format("no usable structure in the {} given paths", options.paths.size()));
  }
  if (!options.save_index.empty()) {
    if (std::filesystem::exists(options.save_index) && !common.force) {
      fail_usage(fmt::format("{} exists; pass --force to replace it", options.save_index));
    }
    const auto index = index_of(model, structures);
    save_index(options.save_index, index, digest);
    logger.info(fmt::format("{}: {} structures, {} texts", options.save_index, index.names.size(),
                            index.texts.size()));
  }
  if (!options.labels.empty() || !options.ground_truth.empty()) {
    return classify(options, common, model, structures);
  }
  if (!options.prompts.empty()) {
    const auto values = rows_of(at::matmul(structures.embeddings, model.encode_texts(options.prompts).t()));
    if (common.json) print(table_json(structures, values, options.prompts, false));
    if (!common.json) print_table(structures, values, options.prompts, false);
  }
  return structures.skipped.empty() ? kExitDone : kExitFewer;
}

void add_options(CLI::App& app, ZeroShotOptions& options) {
  app.add_option("paths", options.paths, "CIF files, folders, archives and HDF5 datasets");
  app.add_option("--labels", options.labels, "A label; give the option once a label, two or more in all")
      ->allow_extra_args(false);
  app.add_option("--prompt", options.prompts,
                 "A text to score the structures against; may be given several times")
      ->allow_extra_args(false);
  app.add_option(
      "--ground-truth", options.ground_truth,
      "CSV with id or path and label: accuracy, top-3, ROC-AUC, bootstrap intervals, shuffled control; "
      "without --labels its own labels are the classes");
  app.add_option("--label-column", options.label_column, "Column of the labels in that table");
  app.add_option("--bootstrap", options.bootstrap, "Bootstrap samples of the intervals")->check(at_least(0));
  app.add_option("--confusion-svg", options.confusion, "Write the confusion matrix as a picture");
  app.add_option("--map-svg", options.map, "Write a map of the embeddings (two main components)");
  app.add_option("--save-index", options.save_index,
                 "Write an index (HDF5) of the structures and of the texts that come with them");
  app.add_option("--index", options.index, "Index to retrieve from");
  app.add_option("--text-to-crystal", options.to_crystal,
                 "A text: the nearest structures of the index; may be given several times")
      ->allow_extra_args(false);
  app.add_flag("--crystal-to-text", options.to_text, "The index's nearest texts to each given structure");
  app.add_option("--top-k", options.top_k, "Hits of each retrieval")->check(at_least(1));
  app.add_option(
         "--match", options.match,
         "Pair matching on datasets with captions made from their columns or with the titles they hold")
      ->check(CLI::IsMember({"captions", "titles"}));
  app.add_option("--max-atoms", options.max_atoms, "With --match: only structures of at most so many; 0: all")
      ->check(at_least(0));
  app.add_option("--split", options.split, "Only records of this split of the datasets (default: all)");
  app.add_option("--checkpoint", options.checkpoint, "Folder with encoders.safetensors and its tokenizer");
}

int body(int argc, const char* const* argv) {
  Program program("clamp-zeroshot",
                  "Classifies structures by text labels, or scores them against prompts, without training",
                  "clamp-zeroshot --labels \"zinc framework\" --labels \"copper framework\" structures/");
  add_torch_version(program);
  ZeroShotOptions options;
  add_options(program.app(), options);
  program.add_common(program.app());
  program.parse(argc, argv);
  return run(options, program.common);
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
