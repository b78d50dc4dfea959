#include "apps/zeroshot_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>

#include "apps/zeroshot_errors.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/caption.h"
#include "data/dataset.h"
#include "encoders/crystal_graph.h"
#include "train/encoder_data.h"
#include "train/matching.h"

namespace clamp::apps {
namespace {

constexpr size_t kAtOnce = 64;

struct Pairs {
  std::vector<std::string> texts;
  std::vector<MatchFacts> facts;
  std::vector<Crystal> waiting;
  std::vector<torch::Tensor> parts;
  int64_t without_text = 0, refused = 0;
};

void add(const encoders::ClampModel& model, const data::Record& record, const MatchOptions& options, Rng& rng,
         Pairs& pairs) {
  const bool titles = options.texts == "titles";
  if (titles && record.texts.empty()) {
    ++pairs.without_text;
    return;
  }
  const auto text = titles ? record.texts[0] : data::make_caption(record, rng);
  if (!model.accepts(text) || !encoders::why_unusable(record.crystal).empty()) {
    ++pairs.refused;
    return;
  }
  pairs.texts.push_back(text);
  pairs.facts.push_back(match_facts(record, text));
  pairs.waiting.push_back(record.crystal);
  if (pairs.waiting.size() < kAtOnce) return;
  pairs.parts.push_back(model.encode_crystals(pairs.waiting));
  pairs.waiting.clear();
}

/// Rows with distinct texts, one of each drawn at random.
std::vector<int64_t> one_a_text(const std::vector<std::string>& texts, uint64_t seed) {
  Rng rng(seed);
  const auto order = train::permutation(static_cast<int64_t>(texts.size()), rng);
  std::map<std::string, int64_t> chosen;
  for (const int64_t row : order) chosen.emplace(texts[static_cast<size_t>(row)], row);
  std::vector<int64_t> rows;
  for (const auto& [text, row] : chosen) rows.push_back(row);
  return rows;
}

nlohmann::json rates(const torch::Tensor& crystals, const torch::Tensor& texts,
                     const std::vector<std::string>& keys, const MatchOptions& options) {
  const int64_t n = crystals.size(0);
  Rng rng(derive_seed(options.seed, 1));
  const auto permuted = texts.index_select(0, torch::tensor(train::permutation(n, rng), torch::kInt64));
  auto list = nlohmann::json::array();
  for (const int64_t group : {int64_t{10}, int64_t{100}, n}) {
    if (group > n) continue;
    const int64_t rounds = group == n ? 1 : options.rounds;
    const auto found = train::match_rates(crystals, texts, keys, group, rounds, options.seed);
    const auto control = train::match_rates(crystals, permuted, keys, group, rounds, options.seed);
    list.push_back({{"candidates", group},
                    {"crystal_to_text", found.crystal_to_text},
                    {"text_to_crystal", found.text_to_crystal},
                    {"control_crystal_to_text", control.crystal_to_text},
                    {"control_text_to_crystal", control.text_to_crystal}});
    if (group == n) break;
  }
  return list;
}

}  // namespace

std::string match_pairs(const encoders::ClampModel& model, const std::vector<std::string>& datasets,
                        const MatchOptions& options, Logger& logger) {
  Pairs pairs;
  pairs.parts.push_back(torch::empty({0, model.dim()}));
  for (const auto& path : datasets) {
    const auto dataset = data::Dataset::open(path);
    for (int64_t i = 0; i < dataset.size(); ++i) {
      if (!options.split.empty() && dataset.split(i) != options.split) continue;
      if (options.max_atoms > 0 && dataset.n_atoms(i) > options.max_atoms) continue;
      Rng rng(derive_seed(options.seed, static_cast<uint64_t>(i)));
      add(model, dataset.read(i), options, rng, pairs);
    }
  }
  pairs.parts.push_back(model.encode_crystals(pairs.waiting));
  if (pairs.texts.size() < 2) fail("fewer than two structures with a text; nothing can be matched");
  if (pairs.refused > 0) logger.warn(fmt::format("{} structures or texts left out", pairs.refused));
  auto crystals = at::cat(pairs.parts);
  auto keys = pairs.texts;
  if (options.texts == "titles") {
    const auto rows = one_a_text(pairs.texts, options.seed);
    crystals = crystals.index_select(0, torch::tensor(rows, torch::kInt64));
    keys.clear();
    for (const int64_t row : rows) keys.push_back(pairs.texts[static_cast<size_t>(row)]);
  }
  const auto texts = model.encode_texts(keys);
  nlohmann::json document = {
      {"schema_version", 1},       {"texts", options.texts},
      {"pairs", crystals.size(0)}, {"without_text", pairs.without_text},
      {"left_out", pairs.refused}, {"matching", rates(crystals, texts, keys, options)}};
  constexpr int64_t kErrorGroup = 100;
  if (options.texts == "captions" && crystals.size(0) >= kErrorGroup) {
    document["errors"] = nlohmann::json::parse(
        match_errors(crystals, texts, pairs.facts, kErrorGroup, options.rounds, options.seed));
  }
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::string match_table(const std::string& json_text) {
  const auto document = nlohmann::json::parse(json_text);
  auto table = fmt::format("{} pairs of a structure and its {}\n", document["pairs"].get<int64_t>(),
                           document["texts"] == "titles" ? "title" : "caption");
  table += "1 of   crystal to text  text to crystal  texts permuted\n";
  for (const auto& row : document["matching"]) {
    table +=
        fmt::format("{:<6} {:>13.1f} % {:>14.1f} % {:>6.1f} %, {:.1f} %\n", row["candidates"].get<int64_t>(),
                    100 * row["crystal_to_text"].get<double>(), 100 * row["text_to_crystal"].get<double>(),
                    100 * row["control_crystal_to_text"].get<double>(),
                    100 * row["control_text_to_crystal"].get<double>());
  }
  if (document.contains("errors")) {
    const auto& errors = document["errors"];
    const auto percent = [&errors](const char* key) {
      return errors[key].is_null() ? "none" : fmt::format("{:.1f} %", 100 * errors[key].get<double>());
    };
    table += fmt::format(
        "text to crystal, 1 of {}: {} found where the caption names the formula, {} where not; of the wrong "
        "structures {} have the right metals (of all candidates {}) and {} the right dimension ({})\n",
        errors["candidates"].get<int64_t>(), percent("found_with_formula"), percent("found_without_formula"),
        percent("wrong_same_metals"), percent("candidates_same_metals"), percent("wrong_same_dimension"),
        percent("candidates_same_dimension"));
  }
  return table;
}

}  // namespace clamp::apps
