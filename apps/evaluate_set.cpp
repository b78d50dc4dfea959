#include "apps/evaluate_set.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "apps/evaluate_relax.h"
#include "core/atomic_file.h"
#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "data/ordered_pool.h"
#include "evaluate/svg_plot.h"
#include "evaluate/zeo_program.h"

namespace clamp::apps {
namespace {

namespace fs = std::filesystem;

const char* const kPlots[] = {"density", "volume_per_atom", "lcd", "pld", "coordination", "elements"};
constexpr size_t kMostCategories = 16;  // of a bar plot; the commonest are kept

std::string normalised(const std::string& path) { return fs::path(path).lexically_normal().string(); }

void read_line(const std::string& line, const fs::path& file, int64_t number, RunResults& results) {
  const auto json = nlohmann::json::parse(line, nullptr, false);
  if (!json.is_object() || !json.contains("status"))
    fail(fmt::format("{}:{}: no result of clamp-generate, expected a JSON object with a status",
                     file.string(), number));
  const auto prompt = json.value("prompt", "");
  if (json["status"] != "ok") {
    results.failed.push_back(prompt);
    return;
  }
  if (!json.contains("files") || !json["files"].is_object()) return;
  for (const auto& name : json["files"]) {
    if (name.is_string())
      results.prompt_of[normalised((file.parent_path() / name.get<std::string>()).string())] = prompt;
  }
}

std::vector<std::string> category_names(const std::string& quantity, const std::vector<int>& categories) {
  std::vector<std::string> names;
  for (const int c : categories)
    names.push_back(quantity == "elements" ? element_symbol(c) : std::to_string(c));
  return names;
}

/// A set beside a reference under one heading.
struct Stage {
  std::string name;
  const std::vector<evaluate::StructureFacts>*set, *reference;
};

std::map<int, double> share_of_each(std::map<int, double> counts) {
  double total = 0;
  for (const auto& [category, count] : counts) total += count;
  for (auto& [category, count] : counts) count /= std::max(1.0, total);
  return counts;
}

/// The commonest categories of all shares together, ascending.
std::vector<int> commonest(const std::vector<std::map<int, double>>& all) {
  std::map<int, double> together;
  for (const auto& shares : all) {
    for (const auto& [category, share] : shares) together[category] += share;
  }
  std::vector<std::pair<double, int>> ranked;
  for (const auto& [category, share] : together) ranked.emplace_back(share, category);
  std::sort(ranked.rbegin(), ranked.rend());
  if (ranked.size() > kMostCategories) ranked.resize(kMostCategories);
  std::vector<int> categories;
  for (const auto& [share, category] : ranked) categories.push_back(category);
  std::sort(categories.begin(), categories.end());
  return categories;
}

std::string bar_plot(const std::string& quantity, const evaluate::PlotText& text,
                     const std::vector<Stage>& stages) {
  std::vector<std::map<int, double>> all;
  for (const Stage& stage : stages) {
    all.push_back(share_of_each(evaluate::counts_of(*stage.set, quantity)));
    all.push_back(share_of_each(evaluate::counts_of(*stage.reference, quantity)));
  }
  const auto categories = commonest(all);
  const auto in_order = [&](const std::map<int, double>& shares) {
    std::vector<double> values;
    for (const int c : categories) values.push_back(shares.count(c) != 0 ? shares.at(c) : 0);
    return values;
  };
  std::vector<evaluate::PlotPanel> panels;
  for (size_t k = 0; k < stages.size(); ++k) {
    const auto& reference = all[2 * k + 1];
    panels.push_back({stages[k].name, in_order(all[2 * k]),
                      reference.empty() ? std::vector<double>() : in_order(reference)});
  }
  return evaluate::svg_bars(text, category_names(quantity, categories), panels);
}

std::string histogram(const std::string& quantity, const evaluate::PlotText& text,
                      const std::vector<Stage>& stages) {
  std::vector<evaluate::PlotPanel> panels;
  for (const Stage& stage : stages) {
    panels.push_back({stage.name, evaluate::values_of(*stage.set, quantity),
                      evaluate::values_of(*stage.reference, quantity)});
  }
  return evaluate::svg_histogram(text, panels);
}

}  // namespace

std::string RunResults::prompt(const std::string& path) const {
  const auto found = prompt_of.find(normalised(path));
  return found == prompt_of.end() ? std::string() : found->second;
}

RunResults read_run_results(const std::vector<std::string>& paths) {
  RunResults results;
  for (const std::string& path : paths) {
    const fs::path file = fs::path(path) / "results.jsonl";
    std::error_code ignored;
    if (!fs::is_regular_file(file, ignored)) continue;
    std::ifstream lines(file);
    int64_t number = 0;
    for (std::string line; std::getline(lines, line);) read_line(line, file, ++number, results);
  }
  return results;
}

MeasurePores pore_measurer(const EvaluateOptions& options) {
  if (options.pores == "none") return [](const Crystal&) { return std::optional<evaluate::Pores>(); };
  if (options.pores == "built-in") {
    return [](const Crystal& crystal) { return std::optional(evaluate::measure_pores(crystal)); };
  }
  if (options.pores != "zeo++") {
    fail_usage(fmt::format("--pores: found '{}', expected built-in, zeo++ or none", options.pores));
  }
  const std::string program = evaluate::find_zeo_program(options.zeo_program);
  return [program](const Crystal& crystal) {
    return std::optional(evaluate::measure_pores_zeo(program, crystal));
  };
}

evaluate::SetReference load_reference(const EvaluateOptions& options, const CommonOptions& common,
                                      const MeasurePores& pores, const RelaxAndJudge& relaxed) {
  const auto dataset = data::Dataset::open(options.reference);
  std::vector<int64_t> indices;
  for (int64_t k = 0; k < dataset.size(); ++k) {
    if (options.reference_split.empty() || dataset.split(k) == options.reference_split) indices.push_back(k);
  }
  if (indices.empty())
    fail(fmt::format("{}: no structure in split '{}'", options.reference, options.reference_split));
  std::vector<int64_t> order = indices;
  Rng rng(derive_seed(common.seed, 1));
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[rng.below(i)]);  // Fisher-Yates
  order.resize(std::min(order.size(), static_cast<size_t>(options.reference_n)));
  const std::set<int64_t> drawn(order.begin(), order.end());

  struct Read {
    evaluate::Fingerprint print;
    std::optional<evaluate::StructureFacts> facts;
    std::optional<RelaxedFacts> relaxed;
  };
  evaluate::SetReference reference;
  size_t next = 0;
  data::OrderedPool<int64_t, Read> pool(
      [&](int64_t& index) {
        if (interrupted() || next == indices.size()) return false;
        index = indices[next++];
        return true;
      },
      [&](int64_t&& index) {
        const Crystal crystal = dataset.read_crystal(index);
        Read read;
        if (drawn.count(index) != 0) {
          read.facts = evaluate::structure_facts(crystal, pores(crystal));
          read.relaxed = relaxed(crystal);
          if (read.relaxed) read.facts->energy_per_atom = read.relaxed->energy_per_atom_before;
          read.print = read.facts->print;
        } else {
          read.print = evaluate::fingerprint(crystal);
        }
        return read;
      },
      [&](Read&& read) {
        reference.index.add(std::move(read.print));
        if (read.facts) reference.facts.push_back(std::move(*read.facts));
        if (read.relaxed) reference.relaxed_facts.push_back(std::move(read.relaxed->facts));
      },
      common.n_threads());
  pool.run();
  return reference;
}

void require_no_plots(const std::string& folder, bool force) {
  for (const char* const name : kPlots) {
    const auto file = fmt::format("{}.svg", name);
    if (!force && fs::exists(fs::path(folder) / file))
      fail_usage(
          fmt::format("--plots {}: {} is there already; give another folder or --force", folder, file));
  }
}

void write_plots(const std::string& folder, const std::vector<evaluate::StructureFacts>& set,
                 const std::vector<evaluate::StructureFacts>* relaxed,
                 const evaluate::SetReference* reference) {
  const std::vector<evaluate::StructureFacts> none;
  std::vector<Stage> stages = {{"", &set, reference != nullptr ? &reference->facts : &none}};
  const std::vector<Stage> as_made = stages;
  if (relaxed != nullptr) {
    stages[0].name = "as they are";
    stages.push_back({"relaxed", relaxed, reference != nullptr ? &reference->relaxed_facts : &none});
  }
  const std::map<std::string, std::string> plots = {
      {"density", histogram("density", {"Density", "g/cm3"}, stages)},
      {"volume_per_atom", histogram("volume_per_atom", {"Volume per atom", "A3"}, stages)},
      {"lcd", histogram("lcd", {"Largest cavity diameter", "A"}, stages)},
      {"pld", histogram("pld", {"Pore-limiting diameter", "A"}, stages)},
      {"coordination",
       bar_plot("coordination", {"Coordination of metals", "bonds to other than metals"}, stages)},
      {"elements", bar_plot("elements", {"Elements", "element"}, as_made)}};  // relaxation keeps them
  fs::create_directories(folder);
  for (const auto& [name, svg] : plots) {
    const auto path = (fs::path(folder) / (name + ".svg")).string();
    write_file_atomically(path, svg);
  }
}

}  // namespace clamp::apps
