// Which of several options no other one beats.
#pragma once

#include <cstddef>
#include <vector>

namespace clamp::evaluate {

/// Indices, ascending, of the points that no other point dominates: as large in every coordinate and larger
/// in one. `points` are of one length.
std::vector<size_t> pareto_set(const std::vector<std::vector<double>>& points);

}  // namespace clamp::evaluate
