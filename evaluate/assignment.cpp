#include "evaluate/assignment.h"

#include <limits>

namespace clamp::evaluate {

std::vector<int> assign(const std::vector<double>& cost, int n) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  // Row and column 0 are a sentinel; row_of[column] is the row that has the column, 0 for none.
  std::vector<double> row_price(n + 1, 0), column_price(n + 1, 0);
  std::vector<int> row_of(n + 1, 0), before(n + 1, 0);
  for (int row = 1; row <= n; ++row) {
    std::vector<double> slack(n + 1, kInfinity);
    std::vector<char> done(n + 1, 0);
    int column = 0;
    row_of[0] = row;
    while (row_of[column] != 0) {
      done[column] = 1;
      const int current = row_of[column];
      double least = kInfinity;
      int next = 0;
      for (int c = 1; c <= n; ++c) {
        if (done[c] != 0) continue;
        const double reduced = cost[(current - 1) * n + (c - 1)] - row_price[current] - column_price[c];
        if (reduced < slack[c]) {
          slack[c] = reduced;
          before[c] = column;
        }
        if (slack[c] < least) {
          least = slack[c];
          next = c;
        }
      }
      for (int c = 0; c <= n; ++c) {
        if (done[c] != 0) {
          row_price[row_of[c]] += least;
          column_price[c] -= least;
        } else {
          slack[c] -= least;
        }
      }
      column = next;
    }
    for (; column != 0; column = before[column]) row_of[column] = row_of[before[column]];
  }
  std::vector<int> column_of(n, -1);
  for (int c = 1; c <= n; ++c) column_of[row_of[c] - 1] = c - 1;
  return column_of;
}

}  // namespace clamp::evaluate
