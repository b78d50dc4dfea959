// The quality table: how many results are chemically and physically sane, with confidence intervals.
//
// One row a set of structures (raw, polished, real, random control ...), the same columns for all.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/crystal.h"
#include "evaluate/checks.h"

namespace clamp::evaluate {

/// A structure and what it should have been.
struct QualityInput {
  Crystal crystal;
  int intended_dimension = 3;
  double reference_volume = 0;       ///< Å^3 of the same cell content
  std::optional<Crystal> reference;  ///< the real structure of this chemistry, for the match rate
  bool match_among_tried = false;    ///< one of the structures that this one was chosen from matches it
};

/// match_rms() with 0.3, 0.5 and 10 degrees on all atoms. Structures too far from any crystal to be compared
/// (atoms on one point, flat cells) match nothing.
bool matches_reference(const Crystal& crystal, const Crystal& reference);

/// A share with its Wilson 95 % interval (E. B. Wilson, J. Am. Stat. Assoc. 1927, 22, 209).
struct Share {
  int64_t count = 0;
  int64_t total = 0;
  double value = 0;
  double low = 0;
  double high = 1;
};
Share wilson_share(int64_t count, int64_t total);

struct QualityRow {
  std::string name;
  int64_t total = 0;
  std::map<std::string, Share> shares;      ///< keys: quality_share_names()
  std::map<std::string, double> quantiles;  ///< keys: quality_quantile_names(); NaN for no structure
};

/// In the order of the table: "no_overlaps", "metals_bonded", "sane_hydrogen", "sane_carbon",
/// "no_lone_molecule", "dimension_as_intended", "contacts", "volume_within_15_percent",
/// "volume_within_25_percent", "valid", "sound", "match" (matches_reference()), "match_among_tried" (this
/// one, or another that it was chosen from); both of the structures that have a reference.
const std::vector<std::string>& quality_share_names();
/// "worst_contact_05", "_25", "_50"; "density_error_50", "_90" (relative, absolute value); "volume_ratio_50".
const std::vector<std::string>& quality_quantile_names();

/// Judges every structure; an empty set gives shares of 0 in 0.
QualityRow quality_row(const std::string& name, const std::vector<QualityInput>& structures);

/// A Markdown table: one line a quantity, one column a row, shares as "75 % (64-84)".
std::string quality_markdown(const std::vector<QualityRow>& rows);
/// {"schema_version": 1, "rows": [{"name", "total", "shares": {name: {count, total, value, low, high}},
/// "quantiles": {name: number or null}}]}
std::string quality_json(const std::vector<QualityRow>& rows);

}  // namespace clamp::evaluate
