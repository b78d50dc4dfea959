#include "evaluate/set_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluate/distributions.h"
#include "evaluate/prompt_metals.h"
#include "evaluate/svg_plot.h"
#include "tests/support/crystals.h"
#include "tests/support/settings.h"

namespace clamp::evaluate {
namespace {

Share share_of(const SetReport& report, const std::string& name) {
  for (const auto& [key, share] : report.shares) {
    if (key == name) return share;
  }
  ADD_FAILURE() << name;
  return {};
}

StructureFacts facts(const Crystal& crystal, const std::string& prompt) {
  StructureFacts f = structure_facts(crystal, {});
  f.prompt = prompt;
  return f;
}

// Shifted by one: distance one. A point against two: the mean distance to it.
TEST(Wasserstein, MatchesClosedForms) {
  EXPECT_DOUBLE_EQ(wasserstein({1, 2, 3}, {2, 3, 4}), 1);
  EXPECT_DOUBLE_EQ(wasserstein({0}, {-1, 3}), 2);
  EXPECT_DOUBLE_EQ(wasserstein({2, 1}, {1, 2, 2, 1}), 0);
  EXPECT_TRUE(std::isnan(wasserstein({}, {1})));
}

TEST(TotalVariation, MatchesClosedForms) {
  EXPECT_DOUBLE_EQ(total_variation({{1, 1}, {2, 1}}, {{1, 2}, {2, 2}}), 0);
  EXPECT_DOUBLE_EQ(total_variation({{1, 3}}, {{2, 5}}), 1);
  EXPECT_DOUBLE_EQ(total_variation({{1, 1}, {2, 1}}, {{1, 1}}), 0.5);
  EXPECT_TRUE(std::isnan(total_variation({}, {{1, 1}})));
}

TEST(MetalsInPrompt, KnowsNamesAndSymbols) {
  EXPECT_EQ(metals_in_prompt("a Zinc framework with copper paddlewheels"), (std::vector<int>{29, 30}));
  EXPECT_EQ(metals_in_prompt("Zn4O nodes"), (std::vector<int>{30}));
  EXPECT_EQ(metals_in_prompt("Zr-terephthalate, C8H4O4"), (std::vector<int>{40}));
  EXPECT_EQ(metals_in_prompt("ZnO"), (std::vector<int>{30}));
  EXPECT_EQ(metals_in_prompt("V(OH) chains"), (std::vector<int>{23}));
  EXPECT_TRUE(
      metals_in_prompt("In this framework, a porous solid is tuned; No metal is named, I think").empty());
  EXPECT_TRUE(metals_in_prompt("").empty());
}

TEST(SetReport, KeepsFailuresInTheDenominator) {
  const Crystal crystal = tests::load_qmof("qmof-7501cda");
  std::vector<StructureFacts> set = {facts(crystal, ""), facts(tests::another_setting(crystal, 2, true), ""),
                                     facts(tests::load_qmof("qmof-82f44d0"), ""), StructureFacts()};
  SetReference reference;
  reference.index.add(fingerprint(tests::load_qmof("qmof-82f44d0")));
  for (const char* id : {"qmof-82f44d0", "qmof-c26f09c"})
    reference.facts.push_back(facts(tests::load_qmof(id), ""));
  const SetReport report = set_report(set, &reference);
  EXPECT_EQ(report.total, 4);
  EXPECT_EQ(share_of(report, "made").count, 3);
  EXPECT_EQ(share_of(report, "unique").count, 2);
  EXPECT_EQ(share_of(report, "novel").count, 2);
  EXPECT_EQ(share_of(report, "passes_has_metal").count, 3);
  for (const auto& [name, share] : report.shares) {
    if (name.rfind("metals_of", 0) == 0) continue;
    EXPECT_EQ(share.total, 4) << name;
  }
}

TEST(SetReport, MeasuresAdherenceBesideItsControl) {
  const Crystal zinc = tests::load_qmof("qmof-317320a");
  ASSERT_GT(std::count(zinc.atomic_numbers.begin(), zinc.atomic_numbers.end(), 30), 0);
  ASSERT_EQ(std::count(zinc.atomic_numbers.begin(), zinc.atomic_numbers.end(), 47), 0);
  std::vector<StructureFacts> set = {facts(zinc, "zinc framework"), facts(zinc, "silver chain"),
                                     facts(zinc, "no metal named"), StructureFacts()};
  set.back().prompt = "Zn framework";
  const SetReport report = set_report(set, nullptr);
  EXPECT_EQ(share_of(report, "metals_of_prompt").count, 1);
  EXPECT_EQ(share_of(report, "metals_of_prompt").total, 3);
  // The silver one has the zinc of another's prompt; the first lacks silver; the failed one has nothing.
  EXPECT_EQ(share_of(report, "metals_of_other_prompt").count, 1);
  EXPECT_EQ(share_of(report, "metals_of_other_prompt").total, 3);
}

TEST(SetReport, OfTheReferenceItselfHasNoDistance) {
  SetReference reference;
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    reference.facts.push_back(facts(tests::load_qmof(sample.id), ""));
    reference.index.add(reference.facts.back().print);
  }
  const SetReport report = set_report(reference.facts, &reference);
  EXPECT_EQ(share_of(report, "novel").count, 0);
  EXPECT_EQ(share_of(report, "unique").count, 18);
  for (const SetDistance& d : report.distances) {
    if (d.name == "lcd" || d.name == "pld") continue;  // not measured here
    EXPECT_EQ(d.distance, 0) << d.name;
    EXPECT_GT(d.control, 0) << d.name;
  }
  const auto json = nlohmann::json::parse(set_report_json(report));
  EXPECT_EQ(json["shares"]["novel"]["total"], 18);
  EXPECT_TRUE(json["distances"]["lcd"]["distance"].is_null());
  EXPECT_NE(set_report_markdown(report).find("| unique | 18 of 18, 100.0 % |"), std::string::npos);
}

TEST(SvgPlot, HasABarABin) {
  const std::string svg = svg_histogram({"Density <1", "g/cm3"}, {1, 2, 3}, {1, 1.5});
  EXPECT_EQ(svg.rfind("<svg", 0), 0U);
  EXPECT_NE(svg.find("Density &lt;1"), std::string::npos);
  size_t bars = 0;
  for (size_t at = svg.find("fill-opacity"); at != std::string::npos; at = svg.find("fill-opacity", at + 1))
    ++bars;
  EXPECT_EQ(bars, 48U);
  EXPECT_NE(svg_bars({"t", "a"}, {"Zn"}, {1}, {}).find(">Zn</text>"), std::string::npos);
}

}  // namespace
}  // namespace clamp::evaluate
