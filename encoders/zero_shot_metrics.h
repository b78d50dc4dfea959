// How good scores of classes are against known labels, with bootstrap intervals and a control.
#pragma once

#include <cstdint>
#include <vector>

namespace clamp::encoders {

/// Scores of n structures for k classes and the class that each structure has.
struct ScoredLabels {
  std::vector<std::vector<double>> scores;  ///< [n][k], higher is likelier
  std::vector<int64_t> labels;              ///< [n], each in [0, k)
  int64_t size() const { return static_cast<int64_t>(labels.size()); }
  int64_t classes() const { return scores.empty() ? 0 : static_cast<int64_t>(scores[0].size()); }
};

/// An estimate with the 95 % interval of its bootstrap distribution (resampled structures).
struct Interval {
  double value = 0, low = 0, high = 0;
};

/// Share of structures whose class is among the `top` highest scores. Ties count by chance.
double top_accuracy(const ScoredLabels& scored, int64_t top);

/// Area under the ROC curve of `scores` for `positive`; ties count half. 0.5 where one kind is missing.
double roc_auc(const std::vector<double>& scores, const std::vector<bool>& positive);

/// Mean over the classes that occur of one-against-rest areas; for two classes the area of the second one's
/// score minus the first one's.
double mean_roc_auc(const ScoredLabels& scored);

/// Rows: true class, columns: class with the highest score (the first of equal ones).
std::vector<std::vector<int64_t>> confusion_matrix(const ScoredLabels& scored);

struct ZeroShotReport {
  Interval accuracy, top3, auc;
  double balanced_accuracy = 0;  ///< mean over the classes that occur of the share found
  double majority = 0;           ///< share of the most frequent class: what a constant answer reaches
  Interval shuffled_accuracy;    ///< the classes' scores permuted at random for each structure
  double shuffled_auc = 0;
};

/// @param rounds  bootstrap samples
ZeroShotReport zero_shot_report(const ScoredLabels& scored, int64_t rounds, uint64_t seed);

}  // namespace clamp::encoders
