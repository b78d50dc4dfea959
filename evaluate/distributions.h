// Distances between distributions of a sample and of a reference.
#pragma once

#include <map>
#include <vector>

namespace clamp::evaluate {

/// Wasserstein-1 distance of two samples on a line, in their unit: the area between their distribution
/// functions. NaN where one is empty.
double wasserstein(std::vector<double> a, std::vector<double> b);

/// Total variation distance of two counts by category: half the sum of the differences of the shares, 0 to 1.
/// NaN where one is empty.
double total_variation(const std::map<int, double>& a, const std::map<int, double>& b);

}  // namespace clamp::evaluate
