#include "evaluate/distributions.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

namespace clamp::evaluate {

double wasserstein(std::vector<double> a, std::vector<double> b) {
  if (a.empty() || b.empty()) return std::numeric_limits<double>::quiet_NaN();
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  double area = 0;
  double last = std::min(a[0], b[0]);
  size_t i = 0, j = 0;
  while (i < a.size() || j < b.size()) {
    const bool from_a = j == b.size() || (i < a.size() && a[i] <= b[j]);
    const double next = from_a ? a[i] : b[j];
    const double difference = static_cast<double>(i) / static_cast<double>(a.size()) -
                              static_cast<double>(j) / static_cast<double>(b.size());
    area += std::abs(difference) * (next - last);
    last = next;
    ++(from_a ? i : j);
  }
  return area;
}

double total_variation(const std::map<int, double>& a, const std::map<int, double>& b) {
  double total_a = 0, total_b = 0;
  std::set<int> categories;
  for (const auto& [category, count] : a) {
    total_a += count;
    categories.insert(category);
  }
  for (const auto& [category, count] : b) {
    total_b += count;
    categories.insert(category);
  }
  if (total_a <= 0 || total_b <= 0) return std::numeric_limits<double>::quiet_NaN();
  const auto share = [](const std::map<int, double>& counts, int category, double total) {
    const auto found = counts.find(category);
    return found == counts.end() ? 0.0 : found->second / total;
  };
  double sum = 0;
  for (const int category : categories)
    sum += std::abs(share(a, category, total_a) - share(b, category, total_b));
  return sum / 2;
}

}  // namespace clamp::evaluate
