#include "evaluate/pareto.h"

#include <algorithm>

namespace clamp::evaluate {
namespace {

bool dominates(const std::vector<double>& a, const std::vector<double>& b) {
  bool larger = false;
  for (size_t k = 0; k < a.size(); ++k) {
    if (a[k] < b[k]) return false;
    larger |= a[k] > b[k];
  }
  return larger;
}

}  // namespace

std::vector<size_t> pareto_set(const std::vector<std::vector<double>>& points) {
  std::vector<size_t> kept;
  for (size_t i = 0; i < points.size(); ++i) {
    const bool beaten = std::any_of(points.begin(), points.end(),
                                    [&](const auto& other) { return dominates(other, points[i]); });
    if (!beaten) kept.push_back(i);
  }
  return kept;
}

}  // namespace clamp::evaluate
