#include "sampler/constraints.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <numeric>

#include "core/elements.h"
#include "core/error.h"

namespace clamp::sampler {
namespace {

constexpr int64_t kLargestCount = 1'000'000;

std::string symbols(const std::vector<int>& elements) {
  std::string text;
  for (const int z : elements) text += (text.empty() ? "" : ", ") + std::string(element_symbol(z));
  return text;
}

// A formula read from left to right; groups in parentheses by recursion.
class FormulaReader {
 public:
  /// @param option  that gave the text, for messages
  FormulaReader(const std::string& text, std::string option) : text_(text), option_(std::move(option)) {}

  Composition read() {
    auto composition = group(0);
    if (at_ < text_.size()) refuse(fmt::format("'{}' at position {}", text_[at_], at_ + 1));
    if (composition.empty()) refuse("no element");
    return composition;
  }

 private:
  [[noreturn]] void refuse(const std::string& found) const {
    fail_usage(fmt::format("{} '{}': found {}, expected element symbols with counts such as Zn4C24H12O13",
                           option_, text_, found));
  }

  int64_t count() {
    int64_t value = 1;
    const auto* begin = text_.data() + at_;
    const auto* end = text_.data() + text_.size();
    const auto [stop, error] = std::from_chars(begin, end, value);
    if (stop == begin) return 1;
    if (error != std::errc() || value < 1 || value > kLargestCount) {
      refuse(fmt::format("the count {}", std::string(begin, stop)));
    }
    at_ += static_cast<size_t>(stop - begin);
    return value;
  }

  std::string symbol() {
    std::string name(1, text_[at_++]);
    while (at_ < text_.size() && std::islower(static_cast<unsigned char>(text_[at_]))) name += text_[at_++];
    return name;
  }

  Composition group(int depth) {
    if (depth > 8) refuse("parentheses nested more than eight deep");
    Composition sum;
    while (at_ < text_.size() && text_[at_] != ')') {
      const char c = text_[at_];
      if (c == ' ') {
        ++at_;
      } else if (c == '(') {
        ++at_;
        const auto inner = group(depth + 1);
        if (at_ >= text_.size()) refuse("a parenthesis that is not closed");
        ++at_;
        const auto times = count();
        for (const auto& [z, n] : inner) add(sum, z, n * times);
      } else if (std::isupper(static_cast<unsigned char>(c))) {
        const auto z = parse_element(symbol(), option_ + " '" + text_ + "'");
        add(sum, z, count());
      } else {
        refuse(fmt::format("'{}' at position {}", c, at_ + 1));
      }
    }
    return sum;
  }

  void add(Composition& sum, int z, int64_t n) const {
    sum[z] += n;
    if (sum[z] > kLargestCount)
      refuse(fmt::format("more than {} atoms of {}", kLargestCount, element_symbol(z)));
  }

  const std::string& text_;
  std::string option_;
  size_t at_ = 0;
};

}  // namespace

std::vector<Demand> demands(const Constraints& constraints) {
  std::vector<Demand> list;
  if (constraints.atoms) {
    const auto& range = *constraints.atoms;
    list.push_back({range.min == range.max ? fmt::format("{} atoms", range.min)
                                           : fmt::format("{} to {} atoms", range.min, range.max),
                    [](const Constraints& c, const CandidateFacts& facts) {
                      return facts.n_atoms >= c.atoms->min && facts.n_atoms <= c.atoms->max;
                    }});
  }
  if (!constraints.allowed_elements.empty()) {
    list.push_back({"elements among " + symbols(constraints.allowed_elements),
                    [](const Constraints& c, const CandidateFacts& facts) {
                      const auto& allowed = c.allowed_elements;
                      return std::all_of(
                          facts.composition.begin(), facts.composition.end(), [&](const auto& item) {
                            return std::find(allowed.begin(), allowed.end(), item.first) != allowed.end();
                          });
                    }});
  }
  if (!constraints.required_elements.empty()) {
    list.push_back({"with " + symbols(constraints.required_elements),
                    [](const Constraints& c, const CandidateFacts& facts) {
                      return std::all_of(c.required_elements.begin(), c.required_elements.end(),
                                         [&](int z) { return facts.composition.count(z) > 0; });
                    }});
  }
  if (!constraints.formula.empty()) {
    list.push_back({"formula " + formula_text(constraints.formula),
                    [](const Constraints& c, const CandidateFacts& facts) {
                      return reduced(facts.composition) == reduced(c.formula);
                    }});
  }
  if (constraints.space_group) {
    list.push_back({fmt::format("space group {}", *constraints.space_group),
                    [](const Constraints& c, const CandidateFacts& facts) {
                      return facts.space_group == *c.space_group;
                    }});
  }
  if (constraints.framework_dimension) {
    list.push_back({fmt::format("framework dimension {}", *constraints.framework_dimension),
                    [](const Constraints& c, const CandidateFacts& facts) {
                      return facts.framework_dimension == *c.framework_dimension;
                    }});
  }
  return list;
}

int parse_element(const std::string& symbol, const std::string& option) {
  const int z = atomic_number_of(symbol);
  if (z == 0)
    fail_usage(
        fmt::format("{}: '{}' is no element symbol, expected symbols such as Zn,C,H,O", option, symbol));
  return z;
}

Composition parse_formula(const std::string& text) { return FormulaReader(text, "--formula").read(); }

Composition parse_node(const std::string& text) {
  auto node = FormulaReader(text, "--node").read();
  if (std::none_of(node.begin(), node.end(), [](const auto& item) { return is_metal(item.first); })) {
    fail_usage(
        fmt::format("--node '{}': found no metal, expected its metals and the atoms that bridge them, "
                    "such as Zn4O or Cu2I2",
                    text));
  }
  return node;
}

bool holds_nodes(const std::vector<Composition>& wanted, const std::vector<evaluate::MetalNode>& nodes) {
  return std::all_of(wanted.begin(), wanted.end(), [&](const Composition& node) {
    return std::any_of(nodes.begin(), nodes.end(), [&](const evaluate::MetalNode& there) {
      return FormulaReader(there.formula, "a node").read() == node;
    });
  });
}

std::string formula_text(const Composition& composition) {
  std::string text;
  for (const auto& [z, count] : composition) {
    text += element_symbol(z) + (count == 1 ? std::string() : std::to_string(count));
  }
  return text;
}

AtomRange parse_atom_range(const std::string& text) {
  const auto number = [&](const std::string& part) {
    int64_t value = 0;
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    if (error != std::errc() || stop != part.data() + part.size() || value < 1 || value > kLargestCount) {
      fail_usage(fmt::format("--atoms '{}': found '{}', expected a number of atoms or a range such as 20:64",
                             text, part));
    }
    return value;
  };
  const auto colon = text.find(':');
  AtomRange range;
  range.min = number(text.substr(0, colon));
  range.max = colon == std::string::npos ? range.min : number(text.substr(colon + 1));
  if (range.min > range.max)
    fail_usage(fmt::format("--atoms '{}': the lower limit is above the upper one", text));
  return range;
}

Composition reduced(const Composition& composition) {
  int64_t divisor = 0;
  for (const auto& item : composition) divisor = std::gcd(divisor, item.second);
  Composition result;
  for (const auto& [z, count] : composition) result[z] = count / divisor;
  return result;
}

}  // namespace clamp::sampler
