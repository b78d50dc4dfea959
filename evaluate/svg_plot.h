// Small plots as SVG text: sets beside their references.
#pragma once

#include <string>
#include <vector>

namespace clamp::evaluate {

struct PlotText {
  std::string title;
  std::string axis;  ///< of the values or categories
};

/// A set beside a reference, which may be empty. The panels of one plot lie under one another with the same
/// axes.
struct PlotPanel {
  std::string name;  ///< empty: no heading
  std::vector<double> set, reference;
};

/// Histograms of the panels' samples over one range, as shares of each sample.
std::string svg_histogram(const PlotText& text, const std::vector<PlotPanel>& panels);

/// Bars of shares, one pair a category. The sets and references are as long as `categories`.
std::string svg_bars(const PlotText& text, const std::vector<std::string>& categories,
                     const std::vector<PlotPanel>& panels);

}  // namespace clamp::evaluate
