#include "apps/zeroshot_truth.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "core/error.h"
#include "data/csv_table.h"

namespace clamp::apps {
namespace {

nlohmann::json to_json(const encoders::Interval& interval) {
  return {{"value", interval.value}, {"low", interval.low}, {"high", interval.high}};
}

std::string percent(const encoders::Interval& interval) {
  return fmt::format("{:.1f} % ({:.1f} to {:.1f})", 100 * interval.value, 100 * interval.low,
                     100 * interval.high);
}

}  // namespace

std::map<std::string, std::string> read_ground_truth(const std::string& path,
                                                     const std::string& label_column) {
  const auto table = data::read_csv(path);
  const int name = table.column({"id", "path", "structure"}), label = table.column({label_column});
  if (name < 0 || label < 0) {
    fail(fmt::format("{}: has the columns {}, expected id, path or structure, and {}", path,
                     fmt::join(table.header, ", "), label_column));
  }
  std::map<std::string, std::string> truth;
  for (const auto& row : table.rows) {
    const auto& value = row[static_cast<size_t>(label)];
    if (!value.empty()) truth[row[static_cast<size_t>(name)]] = value;
  }
  if (truth.empty()) fail(fmt::format("{}: no row has a {}", path, label_column));
  return truth;
}

std::vector<std::string> labels_of(const std::map<std::string, std::string>& truth) {
  std::set<std::string> labels;
  for (const auto& [name, label] : truth) labels.insert(label);
  return {labels.begin(), labels.end()};
}

encoders::ScoredLabels score_against(const std::map<std::string, std::string>& truth,
                                     const std::vector<std::string>& names,
                                     const std::vector<std::vector<double>>& scores,
                                     const std::vector<std::string>& labels, std::vector<size_t>& used) {
  encoders::ScoredLabels result;
  for (size_t i = 0; i < names.size(); ++i) {
    const std::filesystem::path path(names[i]);
    auto found = truth.find(names[i]);
    if (found == truth.end()) found = truth.find(path.filename().string());
    if (found == truth.end()) found = truth.find(path.stem().string());
    if (found == truth.end()) continue;
    const auto label = std::find(labels.begin(), labels.end(), found->second);
    if (label == labels.end()) continue;
    result.scores.push_back(scores[i]);
    result.labels.push_back(label - labels.begin());
    used.push_back(i);
  }
  return result;
}

std::string to_json_text(const encoders::ZeroShotReport& report) {
  const nlohmann::json document = {
      {"accuracy", to_json(report.accuracy)},   {"top3_accuracy", to_json(report.top3)},
      {"roc_auc", to_json(report.auc)},         {"balanced_accuracy", report.balanced_accuracy},
      {"majority_class", report.majority},      {"shuffled_accuracy", to_json(report.shuffled_accuracy)},
      {"shuffled_roc_auc", report.shuffled_auc}};
  return document.dump();
}

std::string to_text(const encoders::ZeroShotReport& report) {
  return fmt::format(
      "accuracy             {}\ntop-3 accuracy       {}\nbalanced accuracy    {:.1f} %\n"
      "ROC-AUC              {:.3f} ({:.3f} to {:.3f})\nmajority class       {:.1f} %\n"
      "texts shuffled       {}, ROC-AUC {:.3f}\n",
      percent(report.accuracy), percent(report.top3), 100 * report.balanced_accuracy, report.auc.value,
      report.auc.low, report.auc.high, 100 * report.majority, percent(report.shuffled_accuracy),
      report.shuffled_auc);
}

}  // namespace clamp::apps
