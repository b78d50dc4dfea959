#include "evaluate/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluate/svg_text.h"

namespace clamp::evaluate {
namespace {

constexpr double kWidth = 560, kHeight = 320;
constexpr double kLeft = 60, kRight = 20, kTop = 40, kBottom = 56;
constexpr int kBins = 24;
const char* const kSetColour = "#1b6ca8";
const char* const kReferenceColour = "#d98c21";

double plot_width() { return kWidth - kLeft - kRight; }
double plot_height() { return kHeight - kTop - kBottom; }

std::string bar(double x, double width, double share, double top, const char* colour) {
  const double height = top > 0 ? share / top * plot_height() : 0;
  return fmt::format(
      "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\" "
      "fill-opacity=\"0.75\"/>\n",
      x, kTop + plot_height() - height, width, height, colour);
}

/// Frame, title, legend and the axis of shares up to `top`.
std::string frame(const PlotText& text, double top, bool with_reference) {
  std::string out = svg_begin(kWidth, kHeight);
  out += svg_label(kLeft, 22, text.title, "start", " font-size=\"15\"");
  out += svg_label(kLeft + plot_width() / 2, kHeight - 12, text.axis, "middle");
  double x = kWidth - kRight - 130;
  for (const auto& [name, colour] :
       {std::pair{"set", kSetColour}, std::pair{"reference", kReferenceColour}}) {
    if (colour == kReferenceColour && !with_reference) continue;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"12\" width=\"11\" height=\"11\" fill=\"{}\"/>\n", x, colour);
    out += svg_label(x + 15, 22, name, "start");
    x += 55;
  }
  for (int k = 0; k <= 4; ++k) {
    const double y = kTop + plot_height() * (1 - k / 4.0);
    out += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n",
                       kLeft, y, kLeft + plot_width(), y);
    out += svg_label(kLeft - 6, y + 4, fmt::format("{:.0f} %", 100 * top * k / 4), "end");
  }
  return out;
}

double largest(const std::vector<double>& a, const std::vector<double>& b) {
  double top = 0;
  for (const double v : a) top = std::max(top, v);
  for (const double v : b) top = std::max(top, v);
  // The axis ends on a multiple of four percent, so that its five labels are whole.
  return std::max(0.04, std::ceil(top * 25 - 1e-9) / 25);
}

std::vector<double> binned(const std::vector<double>& values, double low, double high) {
  std::vector<double> shares(kBins, 0);
  for (const double v : values) {
    const int bin = std::clamp(static_cast<int>((v - low) / (high - low) * kBins), 0, kBins - 1);
    shares[bin] += 1.0 / static_cast<double>(values.size());
  }
  return shares;
}

}  // namespace

std::string svg_histogram(const PlotText& text, const std::vector<double>& set,
                          const std::vector<double>& reference) {
  std::vector<double> all = set;
  all.insert(all.end(), reference.begin(), reference.end());
  double low = all.empty() ? 0 : *std::min_element(all.begin(), all.end());
  double high = all.empty() ? 1 : *std::max_element(all.begin(), all.end());
  if (high - low < 1e-9) high = low + 1;
  const auto set_shares = binned(set, low, high);
  const auto reference_shares = binned(reference, low, high);
  const double top = largest(set_shares, reference_shares);
  std::string out = frame(text, top, !reference.empty());
  const double step = plot_width() / kBins;
  for (int k = 0; k < kBins; ++k) {
    if (!reference.empty()) out += bar(kLeft + k * step, step, reference_shares[k], top, kReferenceColour);
    out += bar(kLeft + k * step + step / 4, step / 2, set_shares[k], top, kSetColour);
  }
  for (int k = 0; k <= 4; ++k) {
    out += svg_label(kLeft + plot_width() * k / 4, kTop + plot_height() + 18,
                     fmt::format("{:.3g}", low + (high - low) * k / 4), "middle");
  }
  return out + kSvgEnd;
}

std::string svg_bars(const PlotText& text, const std::vector<std::string>& categories,
                     const std::vector<double>& set, const std::vector<double>& reference) {
  const double top = largest(set, reference);
  std::string out = frame(text, top, !reference.empty());
  const double step = plot_width() / static_cast<double>(std::max<size_t>(1, categories.size()));
  for (size_t k = 0; k < categories.size(); ++k) {
    const double x = kLeft + step * static_cast<double>(k);
    out += bar(x + 0.1 * step, 0.4 * step, set[k], top, kSetColour);
    if (!reference.empty()) out += bar(x + 0.5 * step, 0.4 * step, reference[k], top, kReferenceColour);
    out += svg_label(x + step / 2, kTop + plot_height() + 18, categories[k], "middle");
  }
  return out + kSvgEnd;
}

}  // namespace clamp::evaluate
