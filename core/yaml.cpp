#include "core/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <set>
#include <sstream>

#include "core/atomic_file.h"
#include "core/error.h"

namespace clamp {
namespace {

std::string quoted_list(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

// What a person would call the kind of a node.
std::string describe(const YAML::Node& node) {
  switch (node.Type()) {
    case YAML::NodeType::Map:
      return "a map";
    case YAML::NodeType::Sequence:
      return "a list";
    case YAML::NodeType::Scalar:
      return "'" + node.Scalar().substr(0, 60) + "'";
    default:
      return "empty";
  }
}

// Whole-string number; false for anything else, quoted text included.
template <typename T>
bool parse_number(const YAML::Node& node, T& value) {
  if (!node.IsScalar() || node.Tag() == "!") return false;
  const std::string& text = node.Scalar();
  const char* begin = text.data() + (text.size() > 1 && text[0] == '+' && text[1] != '-' ? 1 : 0);
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(begin, end, value);
  return error == std::errc() && stop == end;
}

class IgnoreEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t,
                       YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {
  }
  void OnMapEnd() override {}
};

// Instead of YAML::LoadAll, which in 0.7 makes empty documents without end of text such as ",a: 1".
bool has_second_document(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  IgnoreEvents ignore;
  return parser.HandleNextDocument(ignore) && parser.HandleNextDocument(ignore);
}

template <typename T>
std::string range_text(T min, T max) {
  const bool below = min != std::numeric_limits<T>::lowest() && min != -std::numeric_limits<T>::infinity();
  const bool above = max != std::numeric_limits<T>::max() && max != std::numeric_limits<T>::infinity();
  if (below && above) return fmt::format(" in {}..{}", min, max);
  if (below) return fmt::format(" of at least {}", min);
  if (above) return fmt::format(" of at most {}", max);
  return "";
}

}  // namespace

struct YamlMap::Impl {
  YAML::Node node;
  std::string source;
  std::string path;  // "train." for a section, empty at the top
  mutable std::set<std::string> asked;

  [[noreturn]] void fail_at(const YAML::Mark& mark, const std::string& key, const std::string& what) const {
    const std::string line = mark.is_null() ? "" : fmt::format(":{}", mark.line + 1);
    fail_usage(fmt::format("{}{}: {}{}: {}", source, line, path, key, what));
  }

  YAML::Node find(const std::string& key) const {
    asked.insert(key);
    // A fresh lookup by iteration: operator[] on a missing key makes an invalid node that throws when
    // touched.
    for (const auto& entry : node)
      if (entry.first.Scalar() == key) return entry.second;
    return YAML::Node(YAML::NodeType::Undefined);
  }

  [[noreturn]] void fail_type(const YAML::Node& found, const std::string& key,
                              const std::string& expected) const {
    YAML::Mark mark = found.Mark();
    if (found.IsNull())  // the mark of an empty value is where the next token starts
      for (const auto& entry : node)
        if (entry.first.Scalar() == key) mark = entry.first.Mark();
    fail_at(mark, key, fmt::format("is {}, expected {}", describe(found), expected));
  }

  void check_keys() const {
    std::set<std::string> seen;
    for (const auto& entry : node) {
      if (!entry.first.IsScalar()) fail_at(entry.first.Mark(), "", "a key is not plain text");
      if (!seen.insert(entry.first.Scalar()).second)
        fail_at(entry.first.Mark(), entry.first.Scalar(), "given twice");
    }
  }

  static std::unique_ptr<Impl> make(YAML::Node node, std::string source, std::string path) {
    auto impl = std::make_unique<Impl>();
    impl->node.reset(node);
    impl->source = std::move(source);
    impl->path = std::move(path);
    impl->check_keys();
    return impl;
  }
};

YamlMap::YamlMap(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
YamlMap::YamlMap(YamlMap&&) noexcept = default;
YamlMap& YamlMap::operator=(YamlMap&&) noexcept = default;
YamlMap::~YamlMap() = default;

YamlMap YamlMap::from_file(const std::string& path) {
  std::string text;
  try {
    text = read_file(path);
  } catch (const Error& error) {
    fail_usage(error.what());
  }
  return from_text(text, path);
}

YamlMap YamlMap::from_text(const std::string& text, const std::string& source) {
  try {
    if (has_second_document(text))
      fail_usage(
          fmt::format("{}: holds more than one document or text outside of any, expected one map", source));
    const YAML::Node root = YAML::Load(text);
    // A file in which everything is commented out asks for nothing.
    if (root.IsNull()) return YamlMap(Impl::make(YAML::Node(YAML::NodeType::Map), source, ""));
    if (!root.IsMap())
      fail_usage(fmt::format("{}: is {}, expected a map of keys and values", source, describe(root)));
    return YamlMap(Impl::make(root, source, ""));
  } catch (const YAML::Exception& error) {
    fail_usage(fmt::format("{}:{}: no valid YAML: {}", source, error.mark.line + 1, error.msg));
  }
}

void YamlMap::get(const std::string& key, int64_t& value, int64_t min, int64_t max) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  int64_t parsed = 0;
  if (!parse_number(found, parsed) || parsed < min || parsed > max)
    impl_->fail_type(found, key, "an integer" + range_text(min, max));
  value = parsed;
}

void YamlMap::get(const std::string& key, double& value, double min, double max) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  double parsed = 0;
  if (!parse_number(found, parsed) || !std::isfinite(parsed) || parsed < min || parsed > max)
    impl_->fail_type(found, key, "a number" + range_text(min, max));
  value = parsed;
}

void YamlMap::get(const std::string& key, bool& value) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  const bool plain = found.IsScalar() && found.Tag() != "!";
  if (!plain || (found.Scalar() != "true" && found.Scalar() != "false"))
    impl_->fail_type(found, key, "true or false");
  value = found.Scalar() == "true";
}

void YamlMap::get(const std::string& key, std::string& value) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  if (!found.IsScalar()) impl_->fail_type(found, key, "text");
  value = found.Scalar();
}

void YamlMap::get_choice(const std::string& key, std::string& value,
                         const std::vector<std::string>& choices) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  if (!found.IsScalar() || std::find(choices.begin(), choices.end(), found.Scalar()) == choices.end())
    impl_->fail_type(found, key, "one of " + quoted_list(choices));
  value = found.Scalar();
}

void YamlMap::get(const std::string& key, std::vector<std::string>& value) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  if (!found.IsSequence()) impl_->fail_type(found, key, "a list of texts");
  std::vector<std::string> items;
  for (const auto& item : found) {
    if (!item.IsScalar()) impl_->fail_type(item, fmt::format("{}[{}]", key, items.size()), "text");
    items.push_back(item.Scalar());
  }
  value = std::move(items);
}

void YamlMap::get(const std::string& key, std::vector<double>& value) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  if (!found.IsSequence()) impl_->fail_type(found, key, "a list of numbers");
  std::vector<double> items;
  for (const auto& item : found) {
    double parsed = 0;
    if (!parse_number(item, parsed) || !std::isfinite(parsed))
      impl_->fail_type(item, fmt::format("{}[{}]", key, items.size()), "a number");
    items.push_back(parsed);
  }
  value = std::move(items);
}

void YamlMap::section(const std::string& key, const std::function<void(YamlMap&)>& read) {
  const YAML::Node found = impl_->find(key);
  if (!found.IsDefined()) return;
  if (!found.IsMap()) impl_->fail_type(found, key, "a map (leave the key out to keep the defaults)");
  YamlMap map(Impl::make(found, impl_->source, impl_->path + key + "."));
  read(map);
  map.finish();
}

bool YamlMap::has(const std::string& key) const { return impl_->find(key).IsDefined(); }

void YamlMap::finish() const {
  for (const auto& entry : impl_->node) {
    const std::string& key = entry.first.Scalar();
    if (impl_->asked.count(key) != 0) continue;
    std::string nearest;
    size_t nearest_distance = std::max<size_t>(2, key.size() / 3) + 1;
    for (const std::string& known : impl_->asked) {
      const size_t distance = edit_distance(key, known);
      if (distance < nearest_distance) {
        nearest = known;
        nearest_distance = distance;
      }
    }
    const std::string remedy = nearest.empty()
                                   ? "known are " + quoted_list({impl_->asked.begin(), impl_->asked.end()})
                                   : "did you mean " + nearest + "?";
    impl_->fail_at(entry.first.Mark(), key, "unknown key; " + remedy);
  }
}

}  // namespace clamp
