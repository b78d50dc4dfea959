// Curves over one axis as SVG text.
#pragma once

#include <string>
#include <vector>

namespace clamp::evaluate {

struct Curve {
  std::string name;
  std::vector<double> y;  ///< as long as the plot's x; values that are not finite are left out
  int colour = 0;         ///< 0 to 3
  bool dashed = false;
};

struct LinePlot {
  std::string title, x_axis, y_axis;
  std::vector<double> x;  ///< two or more, ascending
  std::vector<Curve> curves;
};

/// The vertical axis starts at 0. Throws clamp::Error where a curve is not as long as `x`.
std::string svg_lines(const LinePlot& plot);

}  // namespace clamp::evaluate
