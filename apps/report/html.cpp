#include "apps/report/html.h"

#include "core/markup.h"

namespace clamp::apps {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::string formula_html(const std::string& formula) {
  std::string out;
  for (size_t k = 0; k < formula.size();) {
    if (!is_digit(formula[k])) {
      out += markup_text(formula.substr(k++, 1));
      continue;
    }
    const size_t begin = k;
    while (k < formula.size() && is_digit(formula[k])) ++k;
    const std::string count = formula.substr(begin, k - begin);
    if (count != "1") out += "<sub>" + count + "</sub>";
  }
  return out;
}

std::string space_group_html(const std::string& symbol) {
  std::string out;
  for (size_t k = 0; k < symbol.size(); ++k) {
    const bool marked = k + 1 < symbol.size() && is_digit(symbol[k + 1]);
    if (marked && symbol[k] == '_') {
      out += std::string("<sub>") + symbol[++k] + "</sub>";
    } else if (marked && symbol[k] == '-') {
      out += std::string("<span class=\"bar\">") + symbol[++k] + "</span>";
    } else {
      out += markup_text(symbol.substr(k, 1));
    }
  }
  return out;
}

std::string script_json(const std::string& json) {
  std::string out;
  for (const char c : json) {
    if (c == '<') {
      out += "\\u003c";  // '<' stands only within strings of JSON
    } else {
      out += c;
    }
  }
  return out;
}

}  // namespace clamp::apps
