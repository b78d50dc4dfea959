#include "apps/zeroshot_plots.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "core/markup.h"
#include "evaluate/svg_text.h"

namespace clamp::apps {
namespace {

std::string document(double width, double height, const std::string& body) {
  return evaluate::svg_begin(width, height) + body + evaluate::kSvgEnd;
}

/// Hues spread by the golden angle: neighbouring classes differ.
std::string colour(int64_t index) {
  constexpr double kGolden = 137.508;
  const double hue = kGolden * static_cast<double>(index);
  return fmt::format("hsl({:.0f},65%,45%)",
                     hue - 360.0 * static_cast<double>(static_cast<int64_t>(hue / 360.0)));
}

}  // namespace

std::string confusion_svg(const std::vector<std::vector<int64_t>>& matrix,
                          const std::vector<std::string>& labels) {
  constexpr double kCell = 34, kLeft = 170, kTop = 150;
  const auto k = static_cast<double>(labels.size());
  std::string body;
  for (size_t row = 0; row < labels.size(); ++row) {
    const auto total =
        std::max<int64_t>(1, std::accumulate(matrix[row].begin(), matrix[row].end(), int64_t{0}));
    const double y = kTop + kCell * static_cast<double>(row);
    body += fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"end\">{}</text>\n", kLeft - 6, y + 22,
                        markup_text(labels[row]));
    body += fmt::format("<text transform=\"translate({:.0f},{:.0f}) rotate(-60)\">{}</text>\n",
                        kLeft + kCell * static_cast<double>(row) + 20, kTop - 8, markup_text(labels[row]));
    for (size_t column = 0; column < labels.size(); ++column) {
      const double share = static_cast<double>(matrix[row][column]) / static_cast<double>(total);
      const double x = kLeft + kCell * static_cast<double>(column);
      body += fmt::format(
          "<rect x=\"{:.0f}\" y=\"{:.0f}\" width=\"{:.0f}\" height=\"{:.0f}\" "
          "fill=\"rgba(20,80,160,{:.3f})\" "
          "stroke=\"#ccc\"/>\n",
          x, y, kCell, kCell, share);
      if (matrix[row][column] == 0) continue;
      body += fmt::format(
          "<text x=\"{:.0f}\" y=\"{:.0f}\" text-anchor=\"middle\" font-size=\"10\" fill=\"{}\">{}"
          "</text>\n",
          x + kCell / 2, y + 21, share > 0.5 ? "white" : "black", matrix[row][column]);
    }
  }
  body += fmt::format("<text x=\"10\" y=\"20\">rows: true class, columns: class found</text>\n");
  return document(kLeft + kCell * k + 120, kTop + kCell * k + 20, body);
}

std::string map_svg(const torch::Tensor& crystals, const std::vector<int64_t>& classes,
                    const torch::Tensor& texts, const std::vector<std::string>& labels) {
  constexpr double kSize = 620, kMargin = 20, kLegend = 190;
  const auto centre = crystals.mean(0, /*keepdim=*/true);
  const auto centred = (crystals - centre).to(torch::kFloat64);
  const auto [values, vectors] = at::linalg_eigh(at::matmul(centred.t(), centred));
  const auto axes = vectors.narrow(1, vectors.size(1) - 2, 2).flip({1});  // [dim, 2]
  // Texts lie in another part of the sphere: their own mean is taken off, so that directions can be compared.
  const auto text_rows = (texts - texts.mean(0, /*keepdim=*/true)).to(torch::kFloat64);
  const auto points =
      at::cat({at::matmul(centred, axes), at::matmul(text_rows, axes)}).contiguous();  // [n + k, 2]
  const double reach = std::max(points.abs().max().item<double>(), 1e-9);
  const auto place = [&](int64_t row, int64_t axis) {
    const double x = points[row][axis].item<double>() / reach * (axis == 0 ? 1 : -1);
    return kMargin + (x + 1) / 2 * (kSize - 2 * kMargin);
  };
  std::string body;
  const int64_t n = crystals.size(0);
  for (int64_t i = 0; i < n; ++i) {
    body += fmt::format("<circle cx=\"{:.1f}\" cy=\"{:.1f}\" r=\"2.2\" fill=\"{}\" fill-opacity=\"0.6\"/>\n",
                        place(i, 0), place(i, 1), colour(classes[static_cast<size_t>(i)]));
  }
  for (size_t k = 0; k < labels.size(); ++k) {
    const auto row = n + static_cast<int64_t>(k);
    const auto shade = colour(static_cast<int64_t>(k));
    body += fmt::format(
        "<path d=\"M{0:.1f} {1:.1f}m-6 0h12m-6 -6v12\" stroke=\"black\" stroke-width=\"3\"/>"
        "<path d=\"M{0:.1f} {1:.1f}m-5 0h10m-5 -5v10\" stroke=\"{2}\" stroke-width=\"1.6\"/>\n",
        place(row, 0), place(row, 1), shade);
    const double y = 24 + 18 * static_cast<double>(k);
    body += fmt::format(
        "<circle cx=\"{:.0f}\" cy=\"{:.0f}\" r=\"5\" fill=\"{}\"/><text x=\"{:.0f}\" y=\"{:.0f}\">{}"
        "</text>\n",
        kSize + 10, y - 4, shade, kSize + 22, y, markup_text(labels[k]));
  }
  return document(kSize + kLegend, std::max(kSize, 30 + 18 * static_cast<double>(labels.size())), body);
}

}  // namespace clamp::apps
