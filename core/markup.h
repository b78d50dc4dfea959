// Text in HTML and SVG.
#pragma once

#include <string>

namespace clamp {

/// `text` as the content of an element or of a quoted attribute.
std::string markup_text(const std::string& text);

}  // namespace clamp
