// What is in a dataset: counts, columns and their distributions.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::data {

struct NumberColumn {
  std::string name, unit;
  int64_t n = 0;  ///< structures that have it
  double min = 0, median = 0, mean = 0, max = 0;
  double low = 0, high = 0;  ///< 1 % and 99 % quantiles, the histogram's ends
  std::vector<int64_t>
      histogram;  ///< kHistogramBins equal bins from low to high; values outside are in the end bins
};

struct LabelSummary {
  std::string name;
  int64_t n = 0;
  int64_t n_distinct = 0;
  std::vector<std::pair<std::string, int64_t>> most_frequent;  ///< at most three
};

struct DatasetSummary {
  int64_t n_structures = 0;
  int64_t n_atoms = 0;
  int64_t n_texts = 0;
  std::map<std::string, int64_t> splits, sources;
  std::map<std::string, int64_t> elements;  ///< symbol -> structures with it
  std::vector<NumberColumn> numbers;        ///< the first is the number of atoms of a structure
  std::vector<LabelSummary> labels;
  bool has_symmetry = false;
  double symprec = 0;  ///< Å
  int64_t n_fallback = 0, n_without_unit = 0;
  std::map<int, int64_t> space_groups;
  Provenance provenance;
};

constexpr int kHistogramBins = 24;

/// Reads the whole file once.
DatasetSummary summarise(const Dataset& dataset);

/// Tables with one-line histograms.
std::string summary_text(const DatasetSummary& summary, const std::string& path);
/// A histogram of several lines: range of each bin, bar, count.
std::string histogram_text(const NumberColumn& column, int width);
/// One JSON document (schema_version 1).
std::string summary_json(const DatasetSummary& summary, const std::string& path);

}  // namespace clamp::data
