#include "evaluate/svg_lines.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "evaluate/svg_text.h"

namespace clamp::evaluate {
namespace {

constexpr double kWidth = 660, kHeight = 380;
constexpr double kLeft = 64, kRight = 210, kTop = 44, kBottom = 58;
constexpr int kTicks = 5;
const char* const kColours[] = {"#1b6ca8", "#d98c21", "#3a8f5c", "#a23b72"};

/// 1, 2 or 5 times a power of ten, of which at most kTicks reach `top`.
double tick_of(double top) {
  const double power = std::pow(10.0, std::floor(std::log10(top / kTicks)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (power * factor * kTicks >= top * (1 - 1e-9)) return power * factor;
  }
  return 10 * power;
}

struct Axes {
  double low, high, top;
  double x(double value) const { return kLeft + (value - low) / (high - low) * (kWidth - kLeft - kRight); }
  double y(double value) const { return kHeight - kBottom - value / top * (kHeight - kTop - kBottom); }
};

std::string grid(const Axes& axes) {
  std::string out;
  const double y_tick = tick_of(axes.top), x_tick = tick_of(axes.high - axes.low);
  for (int k = 0; k * y_tick <= axes.top * (1 + 1e-9); ++k) {
    const double y = axes.y(k * y_tick);
    out +=
        fmt::format("<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{2:.1f}\" y2=\"{1:.1f}\" stroke=\"#ddd\"/>\n",
                    kLeft, y, kWidth - kRight);
    out += svg_label(kLeft - 6, y + 4, fmt::format("{:.4g}", k * y_tick), "end");
  }
  const double first = std::ceil(axes.low / x_tick) * x_tick;
  for (int k = 0; first + k * x_tick <= axes.high + 1e-9 * (axes.high - axes.low); ++k) {
    const double value = first + k * x_tick;
    out += svg_label(axes.x(value), kHeight - kBottom + 16, fmt::format("{:.4g}", value), "middle");
  }
  return out;
}

std::string line(const LinePlot& plot, size_t k, const Axes& axes) {
  const Curve& curve = plot.curves[k];
  const char* const colour = kColours[std::clamp(curve.colour, 0, 3)];
  const std::string dash = curve.dashed ? " stroke-dasharray=\"5 4\"" : "";
  std::string points;
  for (size_t i = 0; i < plot.x.size(); ++i) {
    if (!std::isfinite(curve.y[i])) continue;
    points +=
        fmt::format("{}{:.1f},{:.1f}", points.empty() ? "" : " ", axes.x(plot.x[i]), axes.y(curve.y[i]));
  }
  const double y = kTop + 12 + 20 * static_cast<double>(k), x = kWidth - kRight + 12;
  return fmt::format(
             "<polyline points=\"{}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{}/>\n"
             "<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"{}\" "
             "stroke-width=\"2\"{}/>\n",
             points, colour, dash, x, y, x + 22, y, colour, dash) +
         svg_label(x + 28, y + 4, curve.name, "start");
}

}  // namespace

std::string svg_lines(const LinePlot& plot) {
  double top = 0;
  for (const Curve& curve : plot.curves) {
    if (curve.y.size() != plot.x.size()) {
      fail(fmt::format("plot '{}': curve '{}' has {} values for {} points", plot.title, curve.name,
                       curve.y.size(), plot.x.size()));
    }
    for (const double v : curve.y) {
      if (std::isfinite(v)) top = std::max(top, v);
    }
  }
  if (plot.x.size() < 2) {
    fail(fmt::format("plot '{}': {} points, a curve needs two or more", plot.title, plot.x.size()));
  }
  if (top <= 0) top = 1;
  const double tick = tick_of(top);
  const Axes axes = {plot.x.front(), plot.x.back(), std::ceil(top / tick - 1e-9) * tick};
  std::string out = svg_begin(kWidth, kHeight);
  out += svg_label(kLeft, 24, plot.title, "start", " font-size=\"15\"");
  const double middle = (kTop + kHeight - kBottom) / 2;
  out += svg_label((kLeft + kWidth - kRight) / 2, kHeight - 14, plot.x_axis, "middle");
  out += svg_label(16, middle, plot.y_axis, "middle",
                   fmt::format(" transform=\"rotate(-90 16 {:.1f})\"", middle));
  out += grid(axes);
  for (size_t k = 0; k < plot.curves.size(); ++k) out += line(plot, k, axes);
  return out + kSvgEnd;
}

}  // namespace clamp::evaluate
