// Known labels of structures, and what clamp-zeroshot reports against them.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "encoders/zero_shot_metrics.h"

namespace clamp::apps {

/// Structure -> label from a CSV table with a column id, path or structure and the column `label_column`.
/// Empty labels are left out. Throws clamp::Error naming the file and the columns that it has.
std::map<std::string, std::string> read_ground_truth(const std::string& path,
                                                     const std::string& label_column);

/// The distinct labels, sorted.
std::vector<std::string> labels_of(const std::map<std::string, std::string>& truth);

/// The structures that have a label among `labels`; `used` gets their rows. A structure is found by its name
/// or by its file name with and without the extension.
encoders::ScoredLabels score_against(const std::map<std::string, std::string>& truth,
                                     const std::vector<std::string>& names,
                                     const std::vector<std::vector<double>>& scores,
                                     const std::vector<std::string>& labels, std::vector<size_t>& used);

/// The report as a JSON object.
std::string to_json_text(const encoders::ZeroShotReport& report);
std::string to_text(const encoders::ZeroShotReport& report);

}  // namespace clamp::apps
