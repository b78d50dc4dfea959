// Pieces of SVG that the plots share.
#pragma once

#include <string>

namespace clamp::evaluate {

/// The opening of a drawing of this size in pixels, on white.
std::string svg_begin(double width, double height);
constexpr char kSvgEnd[] = "</svg>\n";

/// A text at a point. `anchor`: start, middle or end; `more`: further attributes, beginning with a space.
std::string svg_label(double x, double y, const std::string& text, const char* anchor,
                      const std::string& more = "");

}  // namespace clamp::evaluate
