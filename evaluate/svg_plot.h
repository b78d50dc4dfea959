// Small plots as SVG text: a set beside a reference.
#pragma once

#include <string>
#include <vector>

namespace clamp::evaluate {

struct PlotText {
  std::string title;
  std::string axis;  ///< of the values or categories
};

/// Histograms of both samples over one range, as shares of each; the reference may be empty.
std::string svg_histogram(const PlotText& text, const std::vector<double>& set,
                          const std::vector<double>& reference);

/// Bars of shares, one pair a category. `set` and `reference` are as long as `categories`; the reference may
/// be empty.
std::string svg_bars(const PlotText& text, const std::vector<std::string>& categories,
                     const std::vector<double>& set, const std::vector<double>& reference);

}  // namespace clamp::evaluate
