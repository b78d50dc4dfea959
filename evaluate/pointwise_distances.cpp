#include "evaluate/pointwise_distances.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <limits>
#include <numeric>

#include "evaluate/duplicates.h"

namespace clamp::evaluate {
namespace {

constexpr double kInfinite = std::numeric_limits<double>::infinity();

double largest_difference(const std::vector<double>& a, const std::vector<double>& b) {
  double largest = 0;
  for (size_t k = 0; k < a.size(); ++k) largest = std::max(largest, std::abs(a[k] - b[k]));
  return largest;
}

/// The transportation problem by successive shortest paths with potentials: moves whole units from sources to
/// sinks at the least cost (R. K. Ahuja, T. L. Magnanti, J. B. Orlin, Network Flows, 1993, section 9.7).
class Transport {
 public:
  Transport(std::vector<int64_t> supply, std::vector<int64_t> demand, std::vector<double> cost)
      : n_(supply.size()),
        m_(demand.size()),
        supply_(std::move(supply)),
        demand_(std::move(demand)),
        cost_(std::move(cost)),
        flow_(n_ * m_, 0),
        potential_(n_ + m_, 0) {}

  double least_cost() {
    while (find_path()) send();
    double total = 0;
    for (size_t e = 0; e < flow_.size(); ++e) total += static_cast<double>(flow_[e]) * cost_[e];
    return total;
  }

 private:
  double length(size_t source, size_t sink) const {
    return cost_[source * m_ + sink] + potential_[source] - potential_[n_ + sink];
  }

  /// Shortest path in the residual network from sources with supply to a sink with demand (Dijkstra).
  bool find_path() {
    distance_.assign(n_ + m_, kInfinite);
    before_.assign(n_ + m_, -1);
    std::vector<char> done(n_ + m_, 0);
    for (size_t i = 0; i < n_; ++i) {
      if (supply_[i] > 0) distance_[i] = 0;
    }
    end_ = -1;
    for (;;) {
      size_t next = n_ + m_;
      for (size_t v = 0; v < n_ + m_; ++v) {
        if (!done[v] && distance_[v] < kInfinite && (next == n_ + m_ || distance_[v] < distance_[next]))
          next = v;
      }
      if (next == n_ + m_) return false;
      done[next] = 1;
      if (next >= n_ && demand_[next - n_] > 0) {
        end_ = static_cast<int64_t>(next);
        break;
      }
      relax(next);
    }
    const double last = distance_[static_cast<size_t>(end_)];
    for (size_t v = 0; v < n_ + m_; ++v) potential_[v] += std::min(distance_[v], last);
    return true;
  }

  void relax(size_t v) {
    const auto reach = [&](size_t to, double by) {
      if (distance_[v] + by >= distance_[to]) return;
      distance_[to] = distance_[v] + by;
      before_[to] = static_cast<int64_t>(v);
    };
    if (v < n_) {
      for (size_t j = 0; j < m_; ++j) reach(n_ + j, std::max(0.0, length(v, j)));
      return;
    }
    for (size_t i = 0; i < n_; ++i) {
      if (flow_[i * m_ + v - n_] > 0) reach(i, std::max(0.0, -length(i, v - n_)));
    }
  }

  void send() {
    const auto sink = static_cast<size_t>(end_) - n_;
    int64_t amount = demand_[sink];
    auto v = static_cast<size_t>(end_);
    for (; before_[v] >= 0; v = static_cast<size_t>(before_[v])) {
      if (v < n_) amount = std::min(amount, flow_[v * m_ + static_cast<size_t>(before_[v]) - n_]);
    }
    amount = std::min(amount, supply_[v]);
    supply_[v] -= amount;
    demand_[sink] -= amount;
    for (v = static_cast<size_t>(end_); before_[v] >= 0; v = static_cast<size_t>(before_[v])) {
      const auto u = static_cast<size_t>(before_[v]);
      if (v >= n_) {
        flow_[u * m_ + v - n_] += amount;
      } else {
        flow_[v * m_ + u - n_] -= amount;
      }
    }
  }

  size_t n_, m_;
  std::vector<int64_t> supply_, demand_;
  std::vector<double> cost_;
  std::vector<int64_t> flow_;
  std::vector<double> potential_, distance_;
  std::vector<int64_t> before_;
  int64_t end_ = -1;
};

}  // namespace

PointwiseDistances pointwise_distances(const Crystal& crystal, int k, double tolerance) {
  PointwiseDistances result;
  for (const auto& row : neighbor_distances(crystal, k)) {
    const auto same = std::find_if(result.rows.begin(), result.rows.end(), [&](const auto& other) {
      return largest_difference(row, other) <= tolerance;
    });
    if (same == result.rows.end()) {
      result.rows.push_back(row);
      result.atoms.push_back(1);
    } else {
      ++result.atoms[static_cast<size_t>(same - result.rows.begin())];
    }
  }
  return result;
}

double pointwise_distance(const PointwiseDistances& a, const PointwiseDistances& b) {
  if (a.rows.empty() || b.rows.empty()) return 0;
  assert(a.rows[0].size() == b.rows[0].size());
  const int64_t n_a = std::accumulate(a.atoms.begin(), a.atoms.end(), int64_t{0});
  const int64_t n_b = std::accumulate(b.atoms.begin(), b.atoms.end(), int64_t{0});
  const int64_t common = std::gcd(n_a, n_b);
  std::vector<int64_t> supply = a.atoms, demand = b.atoms;
  for (int64_t& s : supply) s *= n_b / common;
  for (int64_t& d : demand) d *= n_a / common;
  std::vector<double> cost;
  for (const auto& row : a.rows) {
    for (const auto& other : b.rows) cost.push_back(largest_difference(row, other));
  }
  const auto total = static_cast<double>(n_a * (n_b / common));
  return Transport(std::move(supply), std::move(demand), std::move(cost)).least_cost() / total;
}

}  // namespace clamp::evaluate
