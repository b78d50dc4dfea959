#include "core/yaml.h"

#include <gtest/gtest.h>

#include "core/error.h"
#include "core/seed.h"

namespace clamp {
namespace {

std::string error_of(const std::string& text, const std::function<void(YamlMap&)>& read) {
  try {
    YamlMap map = YamlMap::from_text(text, "c.yaml");
    read(map);
    map.finish();
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Yaml, ReadsEveryType) {
  YamlMap map = YamlMap::from_text(
      "n: 12\nx: -1.5e-3\nyes: true\nname: 'a: b'\nkind: two\nwords: [p, 'q r']\nnumbers:\n  - 1\n  - .5\n"
      "inner:\n  n: 0x\n",
      "c.yaml");
  int64_t n = 0;
  double x = 0;
  bool yes = false;
  std::string name;
  std::string kind;
  std::vector<std::string> words;
  std::vector<double> numbers;
  std::string inner;
  map.get("n", n, 0, 12);
  map.get("x", x, -1, 1);
  map.get("yes", yes);
  map.get("name", name);
  map.get_choice("kind", kind, {"one", "two"});
  map.get("words", words);
  map.get("numbers", numbers);
  map.section("inner", [&](YamlMap& section) { section.get("n", inner); });
  map.finish();
  EXPECT_EQ(n, 12);
  EXPECT_DOUBLE_EQ(x, -1.5e-3);
  EXPECT_TRUE(yes);
  EXPECT_EQ(name, "a: b");
  EXPECT_EQ(kind, "two");
  EXPECT_EQ(words, (std::vector<std::string>{"p", "q r"}));
  EXPECT_EQ(numbers, (std::vector<double>{1, 0.5}));
  EXPECT_EQ(inner, "0x");
}

TEST(Yaml, AbsentKeysLeaveValuesAlone) {
  YamlMap map = YamlMap::from_text("# everything is commented out\n", "c.yaml");
  int64_t n = 7;
  std::vector<double> numbers = {1};
  map.get("n", n);
  map.get("numbers", numbers);
  map.section("inner", [&](YamlMap&) { FAIL() << "no section"; });
  map.finish();
  EXPECT_EQ(n, 7);
  EXPECT_EQ(numbers.size(), 1U);
  EXPECT_FALSE(map.has("n"));
}

TEST(Yaml, UnknownKeysNameTheNearest) {
  int64_t n = 0;
  const auto read = [&](YamlMap& map) {
    map.section("train", [&](YamlMap& train) { train.get("n_steps", n); });
  };
  EXPECT_EQ(error_of("train:\n  n_step: 5\n", read),
            "c.yaml:2: train.n_step: unknown key; did you mean n_steps?");
  EXPECT_EQ(error_of("train:\n  n_steps: 5\n  zebra: 5\n", read),
            "c.yaml:3: train.zebra: unknown key; known are n_steps");
  EXPECT_EQ(error_of("trian: {}\n", read), "c.yaml:1: trian: unknown key; did you mean train?");
}

TEST(Yaml, WrongTypesNameLineValueAndExpectation) {
  int64_t n = 0;
  double x = 0;
  bool b = false;
  std::string s;
  std::vector<double> numbers;
  const auto integer = [&](YamlMap& map) { map.get("k", n); };
  const auto number = [&](YamlMap& map) { map.get("k", x); };
  const auto boolean = [&](YamlMap& map) { map.get("k", b); };
  const auto text = [&](YamlMap& map) { map.get("k", s); };
  const auto list = [&](YamlMap& map) { map.get("k", numbers); };
  EXPECT_EQ(error_of("k: 1.5\n", integer), "c.yaml:1: k: is '1.5', expected an integer");
  EXPECT_EQ(error_of("k: 1e3\n", integer), "c.yaml:1: k: is '1e3', expected an integer");
  EXPECT_EQ(error_of("k: '3'\n", integer), "c.yaml:1: k: is '3', expected an integer");
  EXPECT_EQ(error_of("k: 99999999999999999999\n", integer),
            "c.yaml:1: k: is '99999999999999999999', expected an integer");
  EXPECT_EQ(error_of("\n\nk:\n", integer), "c.yaml:3: k: is empty, expected an integer");
  EXPECT_EQ(error_of("k: fast\n", number), "c.yaml:1: k: is 'fast', expected a number");
  EXPECT_EQ(error_of("k: .inf\n", number), "c.yaml:1: k: is '.inf', expected a number");
  EXPECT_EQ(error_of("k: nan\n", number), "c.yaml:1: k: is 'nan', expected a number");
  EXPECT_EQ(error_of("k: yes\n", boolean), "c.yaml:1: k: is 'yes', expected true or false");
  EXPECT_EQ(error_of("k: [1]\n", text), "c.yaml:1: k: is a list, expected text");
  EXPECT_EQ(error_of("k: [1, x]\n", list), "c.yaml:1: k[1]: is 'x', expected a number");
  EXPECT_EQ(error_of("k: {a: 1}\n", list), "c.yaml:1: k: is a map, expected a list of numbers");
}

TEST(Yaml, RangesAreChecked) {
  int64_t n = 0;
  double x = 0;
  std::string s;
  EXPECT_EQ(error_of("k: 5\n", [&](YamlMap& map) { map.get("k", n, 1, 4); }),
            "c.yaml:1: k: is '5', expected an integer in 1..4");
  EXPECT_EQ(error_of("k: 0\n", [&](YamlMap& map) { map.get("k", n, 1); }),
            "c.yaml:1: k: is '0', expected an integer of at least 1");
  EXPECT_EQ(error_of("k: 1.5\n", [&](YamlMap& map) { map.get("k", x, 0, 1); }),
            "c.yaml:1: k: is '1.5', expected a number in 0..1");
  EXPECT_EQ(error_of("k: c\n",
                     [&](YamlMap& map) {
                       map.get_choice("k", s, {"a", "b"});
                     }),
            "c.yaml:1: k: is 'c', expected one of a, b");
}

TEST(Yaml, KeysGivenTwiceAreErrors) {
  EXPECT_EQ(error_of("a: 1\nb: 2\na: 3\n", [](YamlMap&) {}), "c.yaml:3: a: given twice");
}

TEST(Yaml, BrokenTextIsAnErrorWithItsLine) {
  const std::string message = error_of("a: 1\nb: [1, 2\n", [](YamlMap&) {});
  EXPECT_EQ(message.rfind("c.yaml:3: no valid YAML: ", 0), 0U) << message;
  EXPECT_EQ(error_of("- 1\n- 2\n", [](YamlMap&) {}), "c.yaml: is a list, expected a map of keys and values");
  EXPECT_EQ(error_of("a: 1\n---\nb: 1\n", [](YamlMap&) {}),
            "c.yaml: holds more than one document or text outside of any, expected one map");
  EXPECT_EQ(error_of(",a: 1\n", [](YamlMap&) {}),
            "c.yaml: holds more than one document or text outside of any, expected one map");
}

TEST(Yaml, AbsentFileIsAUsageError) {
  try {
    YamlMap::from_file("/no/such.yaml");
    FAIL() << "no exception";
  } catch (const UsageError& error) {
    EXPECT_STREQ(error.what(), "/no/such.yaml: cannot read: No such file or directory");
  }
}

TEST(Yaml, DamagedTextNeverEscapesAsAnotherError) {
  const std::string good = "a: 1\nb: [1, 2.5]\nc: {d: 'x', e: *q}\nf: &q |\n  text\ng: !!int 3\n? [k]\n: v\n";
  for (uint64_t seed = 0; seed < 3000; ++seed) {
    Rng rng(seed);
    std::string text = good;
    for (uint64_t edits = 1 + rng.below(6); edits > 0; --edits) {
      const size_t at = rng.below(text.size());
      if (rng.below(2) == 0) {
        text[at] = static_cast<char>(rng.below(256));
      } else {
        text.insert(at, 1, "[]{}:,&*!|>'\"%@`#-? \n\t"[rng.below(22)]);
      }
    }
    SCOPED_TRACE("seed " + std::to_string(seed));
    try {
      YamlMap map = YamlMap::from_text(text, "c.yaml");
      std::vector<double> numbers;
      double x = 0;
      map.get("b", numbers);
      map.get("a", x);
      map.section("c", [](YamlMap& section) {
        std::string s;
        section.get("d", s);
      });
      map.finish();
    } catch (const UsageError&) {
    }
  }
}

}  // namespace
}  // namespace clamp
