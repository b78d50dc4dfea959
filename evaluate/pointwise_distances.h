// Pointwise distance distributions: an isometry invariant of periodic point sets that is finer than average
// minimum distances (evaluate/duplicates.h), and the distance between two of them.
//
// D. Widdowson & V. Kurlin, arXiv:2108.04798, definitions 3.1 (PDD) and 4.1 (earth mover's distance with
// the largest difference of two rows as its ground distance); elements are ignored, as there. The mean of the
// rows is the AMD, and two AMDs never differ by more than the distance of the PDDs.
#pragma once

#include <cstdint>
#include <vector>

#include "core/crystal.h"

namespace clamp::evaluate {

struct PointwiseDistances {
  std::vector<std::vector<double>>
      rows;                    ///< [n_rows, k] Å, distances to the 1st ... k-th neighbour, ascending
  std::vector<int64_t> atoms;  ///< [n_rows] atoms of the cell with this row
};

/// Rows that differ by at most `tolerance` Å in every distance are counted as one; the first of them stays.
PointwiseDistances pointwise_distances(const Crystal& crystal, int k, double tolerance = 1e-4);

/// Earth mover's distance in Å; 0 where either has no atoms. Both must have the same k. Independent of the
/// cells that were chosen.
double pointwise_distance(const PointwiseDistances& a, const PointwiseDistances& b);

}  // namespace clamp::evaluate
