#include "encoders/zero_shot_metrics.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "core/seed.h"

namespace clamp::encoders {
namespace {

/// Chance that the true class is among the `top` highest scores of one structure.
double found_share(const std::vector<double>& scores, int64_t label, int64_t top) {
  const double own = scores[static_cast<size_t>(label)];
  int64_t above = 0, equal = 0;  // equal counts the true class itself
  for (const double score : scores) {
    above += score > own ? 1 : 0;
    equal += score == own ? 1 : 0;
  }
  const int64_t room = std::clamp<int64_t>(top - above, 0, equal);
  return static_cast<double>(room) / static_cast<double>(equal);
}

ScoredLabels chosen(const ScoredLabels& scored, const std::vector<size_t>& rows) {
  ScoredLabels result;
  for (const size_t row : rows) {
    result.scores.push_back(scored.scores[row]);
    result.labels.push_back(scored.labels[row]);
  }
  return result;
}

/// Scores of the texts handed to other classes at random, anew for each structure.
ScoredLabels shuffled(const ScoredLabels& scored, Rng& rng) {
  ScoredLabels result = scored;
  for (auto& row : result.scores) {
    for (size_t i = row.size(); i > 1; --i) std::swap(row[i - 1], row[rng.below(i)]);
  }
  return result;
}

using Measure = std::function<double(const ScoredLabels&)>;

Interval interval(const ScoredLabels& scored, const std::vector<std::vector<size_t>>& samples,
                  const Measure& measure) {
  std::vector<double> values;
  for (const auto& rows : samples) values.push_back(measure(chosen(scored, rows)));
  std::sort(values.begin(), values.end());
  const auto at = [&](double share) {
    const auto last = static_cast<double>(values.size() - 1);
    return values[static_cast<size_t>(share * last + 0.5)];
  };
  Interval result{measure(scored), 0, 0};
  result.low = values.empty() ? result.value : at(0.025);
  result.high = values.empty() ? result.value : at(0.975);
  return result;
}

double balanced(const ScoredLabels& scored) {
  std::vector<double> found(static_cast<size_t>(scored.classes()), 0.0), count(found);
  for (size_t i = 0; i < scored.labels.size(); ++i) {
    const auto label = static_cast<size_t>(scored.labels[i]);
    found[label] += found_share(scored.scores[i], scored.labels[i], 1);
    count[label] += 1;
  }
  double sum = 0, classes = 0;
  for (size_t k = 0; k < found.size(); ++k) {
    if (count[k] == 0) continue;
    sum += found[k] / count[k];
    classes += 1;
  }
  return classes == 0 ? 0 : sum / classes;
}

double majority(const ScoredLabels& scored) {
  std::vector<int64_t> count(static_cast<size_t>(scored.classes()), 0);
  for (const int64_t label : scored.labels) ++count[static_cast<size_t>(label)];
  const int64_t largest = count.empty() ? 0 : *std::max_element(count.begin(), count.end());
  return static_cast<double>(largest) / static_cast<double>(std::max<int64_t>(scored.size(), 1));
}

}  // namespace

double top_accuracy(const ScoredLabels& scored, int64_t top) {
  double sum = 0;
  for (size_t i = 0; i < scored.labels.size(); ++i)
    sum += found_share(scored.scores[i], scored.labels[i], top);
  return sum / static_cast<double>(std::max<int64_t>(scored.size(), 1));
}

double roc_auc(const std::vector<double>& scores, const std::vector<bool>& positive) {
  std::vector<size_t> order(scores.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return scores[a] < scores[b]; });
  double ranks = 0, positives = 0;  // Mann-Whitney: sum of the positives' mean ranks
  for (size_t begin = 0; begin < order.size();) {
    size_t end = begin;
    while (end < order.size() && scores[order[end]] == scores[order[begin]]) ++end;
    const double rank = 0.5 * static_cast<double>(begin + end + 1);
    for (size_t i = begin; i < end; ++i) {
      if (!positive[order[i]]) continue;
      ranks += rank;
      positives += 1;
    }
    begin = end;
  }
  const double negatives = static_cast<double>(scores.size()) - positives;
  if (positives == 0 || negatives == 0) return 0.5;
  return (ranks - positives * (positives + 1) / 2) / (positives * negatives);
}

double mean_roc_auc(const ScoredLabels& scored) {
  const auto area = [&](const std::function<double(const std::vector<double>&)>& score, int64_t label) {
    std::vector<double> values;
    std::vector<bool> positive;
    for (size_t i = 0; i < scored.labels.size(); ++i) {
      values.push_back(score(scored.scores[i]));
      positive.push_back(scored.labels[i] == label);
    }
    return roc_auc(values, positive);
  };
  if (scored.classes() == 2) return area([](const std::vector<double>& s) { return s[1] - s[0]; }, 1);
  double sum = 0, classes = 0;
  for (int64_t k = 0; k < scored.classes(); ++k) {
    if (std::find(scored.labels.begin(), scored.labels.end(), k) == scored.labels.end()) continue;
    sum += area([k](const std::vector<double>& s) { return s[static_cast<size_t>(k)]; }, k);
    classes += 1;
  }
  return classes == 0 ? 0.5 : sum / classes;
}

std::vector<std::vector<int64_t>> confusion_matrix(const ScoredLabels& scored) {
  const auto k = static_cast<size_t>(scored.classes());
  std::vector<std::vector<int64_t>> matrix(k, std::vector<int64_t>(k, 0));
  for (size_t i = 0; i < scored.labels.size(); ++i) {
    const auto& row = scored.scores[i];
    const auto best = static_cast<size_t>(std::max_element(row.begin(), row.end()) - row.begin());
    ++matrix[static_cast<size_t>(scored.labels[i])][best];
  }
  return matrix;
}

ZeroShotReport zero_shot_report(const ScoredLabels& scored, int64_t rounds, uint64_t seed) {
  Rng rng(seed);
  std::vector<std::vector<size_t>> samples;
  for (int64_t round = 0; round < rounds; ++round) {
    std::vector<size_t> rows;
    for (int64_t i = 0; i < scored.size(); ++i) {
      rows.push_back(static_cast<size_t>(rng.below(static_cast<uint64_t>(scored.size()))));
    }
    samples.push_back(std::move(rows));
  }
  ZeroShotReport report;
  const Measure first = [](const ScoredLabels& s) { return top_accuracy(s, 1); };
  report.accuracy = interval(scored, samples, first);
  report.top3 = interval(scored, samples, [](const ScoredLabels& s) { return top_accuracy(s, 3); });
  report.auc = interval(scored, samples, mean_roc_auc);
  report.balanced_accuracy = balanced(scored);
  report.majority = majority(scored);
  const auto control = shuffled(scored, rng);
  report.shuffled_accuracy = interval(control, samples, first);
  report.shuffled_auc = mean_roc_auc(control);
  return report;
}

}  // namespace clamp::encoders
