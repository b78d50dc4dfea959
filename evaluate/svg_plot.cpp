#include "evaluate/svg_plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "evaluate/svg_text.h"

namespace clamp::evaluate {
namespace {

constexpr double kWidth = 560;
constexpr double kLeft = 60, kRight = 20, kTop = 40, kBottom = 56;
constexpr double kPanelHeight = 224;
constexpr double kBetweenPanels = 52;  // room for the labels of one and the name of the next
constexpr int kBins = 24;
const char* const kSetColour = "#1b6ca8";
const char* const kReferenceColour = "#d98c21";

double plot_width() { return kWidth - kLeft - kRight; }
/// The upper end of a panel's bars.
double top_of(size_t panel) { return kTop + static_cast<double>(panel) * (kPanelHeight + kBetweenPanels); }

/// Shares of each set and reference, the panels in order.
struct PanelShares {
  std::vector<PlotPanel> panels;
  double largest = 0;  ///< where the axis of shares ends

  explicit PanelShares(std::vector<PlotPanel> shares) : panels(std::move(shares)) {
    for (const PlotPanel& panel : panels) {
      for (const double v : panel.set) largest = std::max(largest, v);
      for (const double v : panel.reference) largest = std::max(largest, v);
    }
    // The axis ends on a multiple of four percent, so that its five labels are whole.
    largest = std::max(0.04, std::ceil(largest * 25 - 1e-9) / 25);
  }

  std::string bar(size_t panel, double x, double width, double share, const char* colour) const {
    const double height = share / largest * kPanelHeight;
    return fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" fill=\"{}\" "
        "fill-opacity=\"0.75\"/>\n",
        x, top_of(panel) + kPanelHeight - height, width, height, colour);
  }
};

/// Name of a panel and its axis of shares.
std::string panel_frame(const PanelShares& shares, size_t panel) {
  std::string out;
  const double bottom = top_of(panel) + kPanelHeight;
  for (int k = 0; k <= 4; ++k) {
    const double y = bottom - kPanelHeight * k / 4.0;
    out += fmt::format("<line x1=\"{:.1f}\" y1=\"{:.1f}\" x2=\"{:.1f}\" y2=\"{:.1f}\" stroke=\"#ddd\"/>\n",
                       kLeft, y, kLeft + plot_width(), y);
    out += svg_label(kLeft - 6, y + 4, fmt::format("{:.0f} %", 100 * shares.largest * k / 4), "end");
  }
  const std::string& name = shares.panels[panel].name;
  if (!name.empty()) out += svg_label(kLeft + plot_width(), top_of(panel) - 6, name, "end");
  return out;
}

/// Title, legend, name of the horizontal axis, and the panels' frames.
std::string frame(const PlotText& text, const PanelShares& shares) {
  const size_t n = shares.panels.size();
  const double height = top_of(n - 1) + kPanelHeight + kBottom;
  const bool with_reference = std::any_of(shares.panels.begin(), shares.panels.end(),
                                          [](const PlotPanel& p) { return !p.reference.empty(); });
  std::string out = svg_begin(kWidth, height);
  out += svg_label(kLeft, 22, text.title, "start", " font-size=\"15\"");
  out += svg_label(kLeft + plot_width() / 2, height - 12, text.axis, "middle");
  double x = kWidth - kRight - 130;
  for (const auto& [name, colour] :
       {std::pair{"set", kSetColour}, std::pair{"reference", kReferenceColour}}) {
    if (colour == kReferenceColour && !with_reference) continue;
    out += fmt::format("<rect x=\"{:.1f}\" y=\"8\" width=\"11\" height=\"11\" fill=\"{}\"/>\n", x, colour);
    out += svg_label(x + 15, 18, name, "start");
    x += 55;
  }
  for (size_t panel = 0; panel < n; ++panel) out += panel_frame(shares, panel);
  return out;
}

/// Shares of the bins; nothing for no values.
std::vector<double> binned(const std::vector<double>& values, double low, double high) {
  if (values.empty()) return {};
  std::vector<double> shares(kBins, 0);
  for (const double v : values) {
    const int bin = std::clamp(static_cast<int>((v - low) / (high - low) * kBins), 0, kBins - 1);
    shares[bin] += 1.0 / static_cast<double>(values.size());
  }
  return shares;
}

}  // namespace

std::string svg_histogram(const PlotText& text, const std::vector<PlotPanel>& panels) {
  std::vector<double> all;
  for (const PlotPanel& panel : panels) {
    all.insert(all.end(), panel.set.begin(), panel.set.end());
    all.insert(all.end(), panel.reference.begin(), panel.reference.end());
  }
  double low = all.empty() ? 0 : *std::min_element(all.begin(), all.end());
  double high = all.empty() ? 1 : *std::max_element(all.begin(), all.end());
  if (high - low < 1e-9) high = low + 1;
  std::vector<PlotPanel> binned_panels;
  for (const PlotPanel& panel : panels)
    binned_panels.push_back({panel.name, binned(panel.set, low, high), binned(panel.reference, low, high)});
  const PanelShares shares(std::move(binned_panels));
  std::string out = frame(text, shares);
  const double step = plot_width() / kBins;
  for (size_t p = 0; p < panels.size(); ++p) {
    const PlotPanel& panel = shares.panels[p];
    for (size_t k = 0; k < panel.reference.size(); ++k)
      out += shares.bar(p, kLeft + static_cast<double>(k) * step, step, panel.reference[k], kReferenceColour);
    for (size_t k = 0; k < panel.set.size(); ++k)
      out +=
          shares.bar(p, kLeft + (static_cast<double>(k) + 0.25) * step, step / 2, panel.set[k], kSetColour);
    for (int k = 0; k <= 4; ++k) {
      out += svg_label(kLeft + plot_width() * k / 4, top_of(p) + kPanelHeight + 18,
                       fmt::format("{:.3g}", low + (high - low) * k / 4), "middle");
    }
  }
  return out + kSvgEnd;
}

std::string svg_bars(const PlotText& text, const std::vector<std::string>& categories,
                     const std::vector<PlotPanel>& panels) {
  const PanelShares shares(panels);
  std::string out = frame(text, shares);
  const double step = plot_width() / static_cast<double>(std::max<size_t>(1, categories.size()));
  for (size_t p = 0; p < panels.size(); ++p) {
    const PlotPanel& panel = panels[p];
    for (size_t k = 0; k < categories.size(); ++k) {
      const double x = kLeft + step * static_cast<double>(k);
      out += shares.bar(p, x + 0.1 * step, 0.4 * step, panel.set[k], kSetColour);
      if (!panel.reference.empty())
        out += shares.bar(p, x + 0.5 * step, 0.4 * step, panel.reference[k], kReferenceColour);
      out += svg_label(x + step / 2, top_of(p) + kPanelHeight + 18, categories[k], "middle");
    }
  }
  return out + kSvgEnd;
}

}  // namespace clamp::evaluate
