#include "evaluate/svg_lines.h"

#include <gtest/gtest.h>

#include <limits>

#include "core/error.h"

namespace clamp::evaluate {
namespace {

LinePlot small_plot() { return {"a < b", "x", "y", {0, 1, 2}, {{"one", {0, 2, 4}, 0, false}}}; }

// The frame is 386 wide and 278 high, its lower left corner at (64, 322); the axis ends at 4.
TEST(SvgLines, PointsLieWhereTheirValuesSay) {
  const auto svg = svg_lines(small_plot());
  EXPECT_NE(svg.find("points=\"64.0,322.0 257.0,183.0 450.0,44.0\""), std::string::npos) << svg;
  EXPECT_NE(svg.find(">a &lt; b<"), std::string::npos);
  EXPECT_NE(svg.find(">4</text>"), std::string::npos);
}

TEST(SvgLines, ValuesThatAreNotFiniteAreLeftOut) {
  auto plot = small_plot();
  plot.curves[0].y[1] = std::numeric_limits<double>::quiet_NaN();
  EXPECT_NE(svg_lines(plot).find("points=\"64.0,322.0 450.0,44.0\""), std::string::npos);
}

TEST(SvgLines, WrongLengthsAreNamed) {
  auto plot = small_plot();
  plot.curves[0].y.pop_back();
  try {
    svg_lines(plot);
    FAIL() << "no exception";
  } catch (const Error& error) {
    EXPECT_STREQ(error.what(), "plot 'a < b': curve 'one' has 2 values for 3 points");
  }
}

}  // namespace
}  // namespace clamp::evaluate
