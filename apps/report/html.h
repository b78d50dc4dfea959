// Pieces of HTML text.
#pragma once

#include <string>

namespace clamp::apps {

/// "C16 H8 Zn2" or "N1O4" with the numbers lowered and ones left out.
std::string formula_html(const std::string& formula);

/// "P2_1/c" and "P-1" with the screw axis lowered and the bar above.
std::string space_group_html(const std::string& symbol);

/// JSON as the content of a script element: it cannot end the element or open a comment.
std::string script_json(const std::string& json);

}  // namespace clamp::apps
