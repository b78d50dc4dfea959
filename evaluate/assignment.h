// The linear assignment problem: which row goes with which column so that the sum of costs is least.
#pragma once

#include <vector>

namespace clamp::evaluate {

/// For each row its column. `cost` is [n * n], row after row, finite. O(n^3), by shortest augmenting paths
/// (R. Jonker & A. Volgenant, Computing 1987, 38, 325).
std::vector<int> assign(const std::vector<double>& cost, int n);

}  // namespace clamp::evaluate
